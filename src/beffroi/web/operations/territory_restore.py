"""One territory restored alone from a backup of the instance; the other territories, and what all share, stay as they are.

In: a home, a backup (its file, or the folder of an unpacked one) and a territory. Out: its rows, lakes, received files and ledger as
they were, a line of the ledger that says so, and a safety copy of what was replaced, from which the same call goes back.

One transaction is the moment of commitment, and it writes the line of the host's chain by which a later run knows that it took place.
Before it, only `.restauration-<slug>/` and the safety copy were written; after it, files change places by renaming (`territory_swap`). Cut
short, `settle` drops the first or finishes the second, each time an instance is opened.
"""

import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from beffroi.home import Home, HomeError, write_safely
from beffroi.lake import catalogues, files
from beffroi.lake.catalogue_transfer import transfer
from beffroi.lake.errors import LakeError
from beffroi.ledger import chain, copies
from beffroi.ledger.roots import load_private_key, read_roots
from beffroi.web.platform import gates, ledger, scope
from beffroi.web.platform.ledger import LedgerError, bulk_insert, keys, proofs
from beffroi.web.platform.ledger.replaced import ACT
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql import lakes, owner

from . import ledger_key, territory_rows, territory_safety_copy, territory_source, upgrade
from .lake_checksums import checksums
from .locks import exclusive
from .territory_losses import Losses, losses_of
from .territory_rows import BackupRows, Unrestorable
from .territory_source import TerritorySource
from .territory_swap import BUSY, REPLACING, Journal, drop, finish, is_committed, settle_all

SAFETY: Final = "avant-restauration"
_WORK, _JOURNAL = ".restauration-", "journal.json"
_LOCK_NOT_AVAILABLE, _PATIENCE = "55P03", 60
BACKUP_AT_WORK: Final = "Une sauvegarde est en cours : elle mêlerait deux états. Rien n'a été modifié. Recommencez quand elle est finie."
type Progress = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What was done: the safety copy, and what a person should know (French)."""

    territory: Territory
    safety: Path
    seconds: float  # during which the territory was closed
    remarks: list[str] = field(default_factory=list)


def restore_territory(
    home: Home,
    backup_file: Path,
    slug: str,
    *,
    confirm: Callable[[Losses], bool],
    command: str = "",
    reopen: bool = False,
    wait: float = 0,
    progress: Progress = lambda _: None,
) -> Restored | None:
    """Bring one territory of a prepared home back to what a backup has of it. None: `confirm` refused. Raises HomeError.

    `confirm` is given what will be lost. `reopen`: accesses closed since the backup open again. The instance may be serving:
    the territory alone is closed meanwhile, `wait` seconds at most being given to what is under way in it.
    """
    territory = Territory.objects.filter(slug=slug).first()
    if territory is None:
        known = ", ".join(Territory.objects.order_by("slug").values_list("slug", flat=True)) or "aucune"
        raise HomeError(
            f"Cette instance n'a pas de collectivité « {slug} ». Rien n'a été modifié. Collectivités qu'elle a : {known}."
        )
    with exclusive(home, "restore", BUSY):
        settle_all(home)
        journal = Journal(str(uuid.uuid4()), slug, territory.pk, str(_place_of_safety(home, slug)))
        try:
            journal.write(home)
            return _restore(home, journal, territory, backup_file, confirm, command, reopen, wait, progress)
        except (OSError, DatabaseError, sqlite3.Error, LakeError, Unrestorable, LedgerError) as error:
            raise HomeError(_why(error, journal)) from error
        finally:
            with suppress(DatabaseError):  # then it is dropped, or finished, when the instance is opened
                if not is_committed(journal):
                    drop(home, journal)


def _restore(
    home: Home,
    journal: Journal,
    territory: Territory,
    backup_file: Path,
    confirm: Callable[[Losses], bool],
    command: str,
    reopen: bool,
    wait: float,
    progress: Progress,
) -> Restored | None:
    progress("Lecture et vérification de la sauvegarde…")
    work = journal.work(home)
    if backup_file.is_dir():
        source = territory_source.read(backup_file, journal.slug)
    else:
        source = territory_source.unpack(backup_file, work / "source", journal.slug)
    rows_file = _rows_file(source, work)
    if not owner.is_used():
        upgrade.upgrade_copy(rows_file)
    _take_files(source, journal.new(home), inside=work)
    if checksums(work / "root", like=source.checksums) != source.checksums:
        raise HomeError(
            "Les données de cette sauvegarde ne se relisent pas comme elles avaient été sauvegardées. Rien n'a été modifié. "
            "Essayez une sauvegarde antérieure."
        )
    progress("Comparaison avec ce qui est là…")
    with ExitStack() as closed:
        with _as_owner(), territory_rows.opened(rows_file, territory.pk) as rows:
            _check_same(rows, territory, source)
            losses = losses_of(rows, territory, source, reopen=reopen)
            if not confirm(losses):
                return None
            closed.enter_context(exclusive(home, REPLACING, BACKUP_AT_WORK))
            progress("Fermeture de la collectivité : attente de ce qui y est en cours…")
            if not closed.enter_context(gates.closing(territory.pk, seconds=wait)):
                raise HomeError(
                    f"Un travail ou une page de {territory.name} n'a pas fini en {wait:.0f} secondes. Rien n'a été modifié. "
                    "Recommencez plus tard, ou arrêtez l'instance un moment (systemctl stop beffroi)."
                )
            closed.enter_context(gates.passing(territory.pk))
            start = time.monotonic()
            if not reopen:
                losses = replace(losses, closed=rows.closed_since())  # some may have been closed meanwhile
            progress("Copie de sûreté de ce qui est là…")
            journal = _save(home, journal, territory)
            _write_roots(journal.roots(home), territory, source, rows)
            progress("Remplacement…")
            unreadable = _patiently(
                lambda: _replace(home, journal, territory, source, rows, losses, command), progress
            )
        finish(home, journal)
        seconds = time.monotonic() - start
    remarks = losses.remarks
    if unreadable:
        remarks.append(
            f"{unreadable} secret(s) de source ou de connexion ne se lisent plus avec la clé d'aujourd'hui : saisissez-les à nouveau."
        )
    return Restored(territory, Path(journal.safety), seconds, remarks)


def _as_owner() -> AbstractContextManager[None]:
    return owner.as_owner() if owner.is_used() else nullcontext()


def _place_of_safety(home: Home, slug: str) -> Path:
    """Folder of the safety copy, on the disk of the territories, where a folder changes places by its name alone."""
    territories = home.path / "territories"
    try:
        # Where no town has data yet, and after a restore, they are not there.
        for folder in (home.backups, territories):
            folder.mkdir(mode=0o700, exist_ok=True)
        own = territories.stat().st_dev
    except OSError as error:
        raise HomeError(
            f"Le dossier {error.filename} ne peut pas être écrit : {error.strerror}. Rien n'a été modifié. Vérifiez à qui il est et la "
            "place libre, puis recommencez."
        ) from error
    if home.path.stat().st_dev != own:
        raise HomeError(
            f"{territories} est sur un autre disque que {home.path}. Rien n'a été modifié. Une collectivité ne se "
            "restaure seule que si les deux sont sur le même."
        )
    name = f"{SAFETY}-{slug}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    # A hidden folder of the home is in no backup.
    return home.backups / name if home.backups.stat().st_dev == own else home.path / f".{name}"


# Before the commitment


def _rows_file(source: TerritorySource, work: Path) -> Path:
    """A file of rows that may be changed: an SQLite one is opened, and upgraded when it is older."""
    if owner.is_used() or source.folder.is_relative_to(work):
        return source.rows
    return Path(shutil.copyfile(source.rows, work / source.rows.name))


def _take_files(source: TerritorySource, target: Path, *, inside: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.town.is_dir():
        target.mkdir()
    elif source.town.is_relative_to(inside):
        source.town.rename(target)
    else:
        shutil.copytree(source.town, target)


def _check_same(rows: BackupRows, territory: Territory, source: TerritorySource) -> None:
    """Raise HomeError unless the backup is of this instance, of this territory and of this version."""
    if rows.territories().get(territory.slug) != territory.pk:
        raise HomeError(
            f"Dans cette sauvegarde, « {territory.slug} » n'est pas {territory.name} de cette instance. Rien n'a été modifié. "
            "Prenez une sauvegarde de cette instance-ci."
        )
    for of in (None, territory.pk):
        first = rows.first_line(of, backup=True)
        if (first is not None or of) and first != rows.first_line(of, backup=False):
            raise HomeError(
                "Cette sauvegarde vient d'une autre instance : son registre ne commence pas comme celui d'ici. Rien n'a été "
                "modifié. Prenez une sauvegarde de cette instance-ci."
            )
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        here = set(cursor.fetchall())
    if rows.migrations() != here:
        raise HomeError(
            "Cette sauvegarde et cette instance ne sont pas de la même version. Rien n'a été modifié. Restaurez-la entière à côté, "
            "dans un dossier et une base vides (« beffroi restore »), ouvrez-la par cette version, sauvegardez-la, puis prenez cette "
            "sauvegarde-là."
        )
    # Before anything is closed or locked: a long chain takes seconds.
    found = chain.verify(rows.lines())
    if not found.ok:
        raise HomeError(
            f"Le registre de cette sauvegarde a été modifié à partir de la ligne {found.first_bad}. Rien n'a été modifié. Prenez une "
            "autre sauvegarde."
        )
    if missing := [change for change in _key_changes_since(territory, rows) if change.stolen]:
        raise HomeError(
            f"La clé du registre a été déclarée volée le {missing[0].at}, après cette sauvegarde : les empreintes d'avant ne "
            "pourraient plus être tenues pour sûres. Rien n'a été modifié. Prenez une sauvegarde plus récente."
        )
    if _key_changes_since(territory, rows) and not (source.folder / "ledger.key").is_file():
        raise HomeError(
            "La clé du registre a été remplacée depuis cette sauvegarde, qui n'a pas l'ancienne. Rien n'a été modifié. Prenez une "
            "sauvegarde plus récente."
        )


def _key_changes_since(territory: Territory, rows: BackupRows) -> list[keys.KeyChange]:
    """Exchanges of the ledger's key that the backup's chain does not record."""
    with scope.nowhere():
        changes = keys.changes_of(territory)
    lines = rows.line_hashes(change.line for change in changes)
    with ledger.opened(territory):
        today = dict(ledger.lines_of(territory).filter(seq__in=lines).values_list("seq", "hash"))
    return [change for change in changes if lines.get(change.line, "") != today.get(change.line)]


def _save(home: Home, journal: Journal, territory: Territory) -> Journal:
    """Copy what will be replaced, but for the files, which will be moved there; what the catalogues need of it."""
    safety = Path(journal.safety)
    safety.mkdir(mode=0o700)
    territory_safety_copy.save(territory.pk, safety)
    place = safety / "roots" / "territory"
    place.mkdir(parents=True, mode=0o700)
    roots = proofs.file_of(territory)
    if roots.is_file():
        shutil.copyfile(roots, place / roots.name)
    for key in (home.secret_key, home.ledger_key):
        shutil.copy2(key, safety / key.name)
    shutil.copy2(home.identity_file, safety / home.identity_file.name)
    with (safety / "registre.jsonl").open("wb") as out:
        out.writelines(map(copies.encode_line, ledger.sealed_lines(territory)))
    with suppress(LedgerError):  # a chain that was harmed has no root; its lines are there
        (safety / "empreinte.json").write_bytes(proofs.signed_now(territory).as_json() + b"\n")
    moved = False
    for kind in lakes.KINDS:
        folder = home.lake(territory.slug, kind)
        if (folder / catalogues.POSTGRESQL).is_file():
            moved = True
            file = safety / f"{kind}-{catalogues.SQLITE}"
            try:
                transfer(catalogues.catalogue_of(folder), catalogues.SQLite(file), folder)
            except LakeError:
                for left in catalogues.SQLite(file).files():
                    left.unlink(missing_ok=True)
    if moved:
        journal = Journal(**{**asdict(journal), "catalogues": True})
        journal.write(home)
    return journal


def _write_roots(target: Path, territory: Territory, source: TerritorySource, rows: BackupRows) -> None:
    """Write the daily roots of the chain as it will be: the backup's, and those signed since of lines that stand."""
    content = source.roots.read_bytes() if source.roots.is_file() else b""
    known = set(content.splitlines())
    file = proofs.file_of(territory)
    lines = [line for line in (file.read_bytes() if file.is_file() else b"").splitlines() if line.strip()]
    roots = []
    for line in lines:
        try:
            roots += [(line, root) for root in read_roots(line)]
        except ValueError:
            continue  # harmed: it goes away with the rest
    hashes = rows.line_hashes(root.size for _, root in roots)
    added = [line for line, root in roots if line not in known and hashes.get(root.size) == root.last]
    if content and added and not content.endswith(b"\n"):
        content += b"\n"
    write_safely(target, content + b"".join(line + b"\n" for line in added))


def _replace(
    home: Home,
    journal: Journal,
    territory: Territory,
    source: TerritorySource,
    rows: BackupRows,
    losses: Losses,
    command: str,
) -> int:
    """The one transaction; how many secrets cannot be opened any more."""
    with scope.nowhere(), transaction.atomic():
        _lock(territory, rows, journal)
        replaced, common = _state_of_chain(territory), rows.common_lines()
        changes = _key_changes_since(territory, rows)
        rows.replace()
        rows.close_again(losses.closed)
        unreadable = rows.seal_again(_secret_keys(home, source))
        size, last = rows.last_line()
        if changes:
            former, new = load_private_key(source.folder / "ledger.key"), keys.signing_key()
            with ledger.opened(territory):
                ledger_key.record_on(territory, former, new, stolen=False, upto=None)
        payload = {
            "id": journal.id,
            "made_at": source.manifest["made_at"],
            "command": command,
            "restored": {"size": size, "last": last},
            "common": common,
            "replaced": replaced,
        }
        for of in (territory, None):
            ledger.append(of, ACT, None, f"territory:{territory.slug}", payload)
    return unreadable


def _patiently(work: Callable[[], int], progress: Progress) -> int:
    """Do it again as long as other territories hold what it must lock: it gives way before PostgreSQL would stop one of theirs."""
    for pause in range(1, _PATIENCE):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            progress("Attente d'une écriture des autres collectivités…")
            time.sleep(min(5.0, 0.2 * pause))
    return work()


def _lock(territory: Territory, rows: BackupRows, journal: Journal) -> None:
    """Keep everybody else from writing in the tables that change, briefly; on SQLite the transaction does so by itself."""
    if not owner.is_used():
        return
    tables = ", ".join(connection.ops.quote_name(table.name) for table in rows.tables)
    with connection.cursor() as cursor:
        # Shorter than `deadlock_timeout`.
        cursor.execute("SET LOCAL lock_timeout = '500ms'")
        for of in (territory.pk, None):
            bulk_insert.lock_chain(of)
        cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        if journal.catalogues:
            _give_up_schemas(territory, Path(journal.safety))
        cursor.execute("SET LOCAL lock_timeout = 0")


def _state_of_chain(territory: Territory) -> dict[str, Any]:
    """Where the chain that is replaced stands; a harmed one has no root."""
    with ledger.opened(territory):
        last = ledger.lines_of(territory).last()
        try:
            root = proofs.mark_of(territory, last).root
        except LedgerError:
            root = ""
    return {"size": last.seq if last else 0, "last": last.hash if last else "", "root": root}


def _secret_keys(home: Home, source: TerritorySource) -> dict[str, str]:
    new, former = home.secret_key.read_text("ascii"), source.folder / home.secret_key.name
    return {"new": new, "former": former.read_text("ascii") if former.is_file() else new}


def _give_up_schemas(territory: Territory, safety: Path) -> None:
    """Drop the catalogues that the safety copy has; one that could not be copied gets another name."""
    with connection.cursor() as cursor:
        for kind in lakes.KINDS:
            schema = connection.ops.quote_name(f"lake_{kind}_{territory.pk}")
            if (safety / f"{kind}-{catalogues.SQLITE}").is_file():
                cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            else:
                renamed = connection.ops.quote_name(f"lake_{kind}_{territory.pk}_{safety.name[-15:]}")
                cursor.execute(
                    "SELECT 1 FROM pg_namespace WHERE nspname = %s", [f"lake_{kind}_{territory.pk}"]
                )
                if cursor.fetchone():
                    cursor.execute(f"ALTER SCHEMA {schema} RENAME TO {renamed}")


def _why(error: Exception, journal: Journal) -> str:
    if is_committed(journal):
        return (
            f"La restauration de {journal.slug} est faite, mais elle n'a pas pu être rangée : {error}. Relancez la même commande, "
            "ou ouvrez l'instance : elle se finit seule."
        )
    if files.disk_full(error):
        why = "le disque est plein : libérez de la place"
    elif isinstance(error, IntegrityError):
        why = f"une ligne de la sauvegarde ne va plus avec celles des autres collectivités ({error})"
    else:
        why = str(error)
    return f"La collectivité « {journal.slug} » n'a pas été restaurée : {why}. Rien n'a été modifié."
