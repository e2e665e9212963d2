"""What is stored: the integrity of everything that must be there, and the backups that would bring it back."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.utils import timezone

from beffroi.home import Home, HomeError
from beffroi.lake.sampling import Sample
from beffroi.web.platform.storage import usage
from beffroi.web.ui.formats import counted

from .. import backup_log, integrity
from ..finding import Finding
from ..repository import restic
from .report import HealthReport, State, Verdict, first_of

LATE: Final = timedelta(hours=36)
VERY_LATE: Final = timedelta(days=4)
OLD_COPY: Final = timedelta(days=40)
OLD_TRIAL: Final = timedelta(days=8)
MOST: Final = 3


def of_findings(home: Home, found: list[Finding], made: HealthReport, *, full: bool = False) -> Verdict:
    """What the integrity check found. `made`: says when files were seen, when and how much was read; `full`: everything was."""
    verdict, new = Verdict(), integrity.unaccepted(home, found)
    if new:
        verdict.add(
            State.BAD,
            first_of((each.what for each in new), MOST),
            integrity.advice(home, new),
        )
        return verdict
    known = len(found) - len(new)
    rest = f" {counted(known, 'perte connue', 'pertes connues')}." if known else ""
    seen, read = timezone.localtime(made.seen_at), timezone.localtime(made.read_at)
    day = "ce jour" if timezone.localdate() == read.date() else f"le {read:%d/%m}"
    amount = "chaque octet relu, base, catalogues et registre compris" if full else share_text(made.share)
    verdict.add(State.GOOD, f"Tout y est (vu à {seen:%H h %M}) ; {amount} {day}.{rest}")
    return verdict


def share_text(share: float) -> str:
    if share >= 1:
        return "chaque fichier relu"
    percent = 100 * share
    amount = f"{percent:.0f}" if percent >= 1 or not percent else f"{percent:.1f}".replace(".", ",")
    return f"{amount} % des octets relus"


def check_files(home: Home, *, full: bool = False) -> tuple[list[Finding], float | None]:
    """Findings, and the share of the bytes of files that was read again; None: every byte of everything. Raises HomeError."""
    if full:
        return integrity.check(home, full=True), None
    sample = Sample.of(datetime.now(UTC).date(), usage.size_of(home.path / "territories"))
    return integrity.check(home, sample=sample), sample.share


def backups(home: Home) -> Verdict:
    found, log, now = Verdict(), backup_log.read(home), datetime.now(UTC)
    _repository(found, home)
    if log.failed is not None:
        found.add(
            State.BAD,
            f"La sauvegarde {_moment(log.failed.at)} a échoué : {log.failed.why}",
            "Réglez cela, puis « beffroi backup » : elle dit le détail.",
        )
    if log.made is None:
        young = now - _born(home) < VERY_LATE
        found.add(
            State.WATCH if young else State.BAD,
            "Aucune sauvegarde n'a été faite.",
            "Faites-en une : la page « Sauvegarde », ou « beffroi backup ». La minuterie beffroi-backup.timer fait les suivantes.",
        )
        return found
    age = now - log.made.at
    message = f"La dernière a été faite il y a {_duration(age)}."
    if age > LATE:
        found.add(
            State.BAD if age > VERY_LATE else State.WATCH,
            message,
            "Regardez pourquoi : « systemctl status beffroi-backup », puis « beffroi backup ».",
        )
    elif log.failed is not None:
        found.add(State.GOOD, message)
    if not log.made.whole:
        found.add(
            State.BAD,
            f"Il manque quelque chose à la dernière{_named(log.made.lacking)}.",
            "« beffroi backup » dit quoi, et où c'est encore.",
        )
    remote = "elle est dans un dépôt hors de cette machine" if log.made.outside else ""
    if not log.made.outside and log.copied is None:
        found.add(
            State.WATCH,
            "Aucune copie hors de cette machine n'est connue.",
            "Réglez un dépôt de sauvegarde hors d'elle, ou copiez-la ailleurs et notez-le sur la page « Sauvegarde ».",
            guide="6-sauvegarder-et-lessayer",
        )
    elif not log.made.outside and log.copied is not None:
        remote = f"une copie est ailleurs ({log.copied.where})"
        if now - log.copied.at > OLD_COPY:
            found.add(
                State.WATCH,
                f"La copie dite ailleurs a {(now - log.copied.at).days} jours.",
                "Copiez la dernière hors de cette machine, et notez-le.",
            )
    if not found.texts:
        found.add(State.GOOD, f"{message} Elle est entière ; {remote}.")
    return found


def _repository(found: Verdict, home: Home) -> None:
    """What the settings say of a repository, when the machine does not have it."""
    if not restic.is_configured():
        return
    try:
        repository = restic.configured(home)
    except HomeError as error:
        found.add(
            State.BAD,
            str(error),
            "Corrigez ces réglages (docs/settings.md), puis « beffroi repository list ».",
        )
        return
    if not repository.key_file.is_file():
        found.add(
            State.BAD,
            f"La clé du dépôt de sauvegarde ({restic.KEY_FILE} : {repository.key_file}) n'est pas là : sans elle, rien ne se sauve ni ne se restaure.",
            "Remettez celle que vous aviez gardée à part ; n'en faites pas une autre, le dépôt ne s'ouvrirait plus.",
        )
    if restic.host_of(repository.address) is None and not Path(repository.address).is_dir():
        found.add(
            State.BAD,
            f"Le dépôt de sauvegarde ({restic.REPOSITORY} : {repository.address}) n'est pas là.",
            "Montez son disque, ou corrigez ce réglage ; s'il n'a jamais été fait : « beffroi repository init ».",
        )


def trial(home: Home) -> Verdict:
    """The weekly restore trial of the last backup."""
    found, log, now = Verdict(), backup_log.read(home), datetime.now(UTC)
    again = "Essayez-la : « beffroi repository trial »."
    if log.made is None:
        found.add(State.GOOD, "Sans objet : aucune sauvegarde n'a été faite.")
    elif log.tried is None:
        found.add(State.WATCH, "La restauration n'a jamais été essayée.", again)
    elif log.tried.fault:
        found.add(
            State.BAD,
            f"Le dernier essai a échoué : {log.tried.fault}",
            "Refaites une sauvegarde (« beffroi backup »), puis « beffroi repository trial ». Si cela revient, le disque ou le "
            "dépôt est en cause.",
        )
    else:
        days = (timezone.localdate() - timezone.localdate(log.tried.at)).days
        moment = f"il y a {counted(days, 'jour')}" if days else "aujourd'hui"
        part = f", {log.tried.share * 100:.0f} % de ses octets" if log.tried.share < 1 else ""
        message = f"La dernière sauvegarde essayée, {moment}, est revenue à l'identique{part}."
        found.add(State.WATCH if now - log.tried.at > OLD_TRIAL else State.GOOD, message)
        if found.state is State.WATCH:
            found.action = again
    return found


def _named(lacking: Iterable[str]) -> str:
    """The territories that lack something, in brackets; "" where none is known."""
    names = [slug or "le commun : base, clés, registre" for slug in lacking]
    more = f" et {len(names) - MOST} de plus" if len(names) > MOST else ""
    return f" ({', '.join(names[:MOST])}{more})" if names else ""


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local:de %H h %M}" if local.date() == timezone.localdate() else f"{local:du %d/%m à %H h %M}"


def _duration(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return "moins d'une heure"
    return f"{hours} h" if hours < 48 else f"{age.days} jours"


def _born(home: Home) -> datetime:
    """When the instance was made, as far as its files say."""
    try:
        return datetime.fromtimestamp(home.secret_key.stat().st_mtime, UTC)
    except OSError:
        return datetime.now(UTC)
