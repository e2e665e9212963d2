"""Readings of a copy and proofs of its restore, written down: what a job does, without a person.

In: a copy. Out: its state, a line of reading, a proof where one was due; people are told when it turns bad. A copy that could not
be reached proves nothing, for or against.
"""

import secrets as random_words
import shutil
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from beffroi.home import HomeError
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.ui.formats import french_date

from ..errors import ContinuityError
from ..models import BackupCopy, CopyReading, ExpectedFiles, RememberedFile, RestoreProof
from . import backup_alerts
from .reading import addresses, own_backups, sample_restore, secrets
from .reading.borg_repository import BorgRepository
from .reading.readable_repository import Damaged, Latest, Repository, Unreachable
from .reading.restic_repository import ResticRepository
from .reading.sample_restore import Remembered, ReportProgress, Trial

WEEK: Final = timedelta(days=6, hours=12)
"""A week, less what a night may come early."""
READ_EVERY: Final = timedelta(hours=23)
TRY_AGAIN: Final = timedelta(hours=6)
PLUGGED_IN: Final = timedelta(hours=1)
"""How often a disk that is usually unplugged is looked for."""
MOST_REMEMBERED: Final = 2000
FIRST_YEAR: Final = 2000
LONGEST_FAULT: Final = 600
Kind, Origin = BackupCopy.Kind, RestoreProof.Origin
_PROGRAMS: Final[dict[str, Any]] = {Kind.RESTIC: ResticRepository, Kind.BORG: BorgRepository}


class UnpluggedDisk(Unreachable):
    """The disk of an offline copy is not there: as it should be."""


def look(
    copy: BackupCopy,
    *,
    by: Person | None = None,
    report_progress: ReportProgress = lambda percent, message: None,
) -> RestoreProof | None:
    """Read a copy, and try its restore when it is due or when a person asks. The proof, if one was made. Raises Unreachable."""
    try:
        if copy.kind == Kind.OWN:
            return _look_at_own(copy, by, report_progress)
        return _look_at_repository(copy, by, report_progress)
    except UnpluggedDisk:
        _update(copy, next_at=timezone.now() + PLUGGED_IN)
        raise
    except Unreachable as error:
        _record_trouble(copy, str(error))
        raise


def is_due(copy: BackupCopy, now: datetime) -> bool:
    """Whether its restore is to be tried: each week, each day until every part of a large repository was read, or after a failure."""
    proofs = RestoreProof.objects.of(copy.territory).filter(copy=copy, origin=Origin.READ)
    last = proofs.first()
    if last is None or not last.ok:
        return True
    if last.parts > 1:
        recent = proofs.filter(at__gt=now - timedelta(days=7), ok=True, parts=last.parts)
        return len(set(recent.values_list("part", flat=True))) < last.parts
    return now - last.at >= WEEK


def _look_at_repository(
    copy: BackupCopy, by: Person | None, report_progress: ReportProgress
) -> RestoreProof | None:
    staging = Path(settings.HOME.staging(copy.territory.slug))
    staging.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=staging) as folder:
        scratch = Path(folder)
        repository = _opened(copy, scratch)
        try:
            report_progress(5, "Liste des sauvegardes…")
            latest = _plausible(repository.latest())
            if by is None and not is_due(copy, timezone.now()) and not _went_back(copy, latest):
                _record_reading(copy, latest)
                return None
            trial = _try(copy, repository, latest, scratch, report_progress)
        except Damaged as error:
            _require_at_rest(repository)
            return _record_failure(copy, str(error), by)
        if trial.faults:
            _require_at_rest(repository)
        return _record_trial(copy, trial, by)


def _opened(copy: BackupCopy, scratch: Path) -> Repository:
    try:
        address = addresses.guard(copy.territory, addresses.parse(copy.kind, copy.address))
    except addresses.FolderAbsent as error:
        raise (UnpluggedDisk if copy.offline else Unreachable)(str(error)) from error
    except ContinuityError as error:
        raise Unreachable(str(error)) from error
    opened: Repository = _PROGRAMS[copy.kind].opened(
        address, secrets.access_of(copy), scratch, copy.series, addresses.network_of(copy.territory)
    )
    return opened


def _require_at_rest(repository: Repository) -> None:
    """Raise Unreachable while a backup is being written: what is half written is no fault."""
    if repository.under_way():
        raise Unreachable("Une sauvegarde semble en cours dans ce dépôt. La lecture recommencera plus tard.")


def _plausible(latest: Latest) -> Latest:
    """The latest backup, unless it says a day that it cannot be of: one of the future would never be too old. Raises Damaged."""
    if not latest.at.year >= FIRST_YEAR or latest.at > timezone.now() + timedelta(days=1):
        raise Damaged(
            f"La dernière sauvegarde est datée de {latest.at:%d/%m/%Y}. L'horloge de la machine sauvegardée est fausse, ou ce dépôt ment. "
            "Corrigez l'heure de cette machine, faites une sauvegarde, et effacez celle-là."
        )
    return latest


def _went_back(copy: BackupCopy, latest: Latest) -> bool:
    """Whether the last backup that was seen is no longer there: no cleaning removes the last one."""
    return copy.last_backup_at is not None and latest.at < copy.last_backup_at


def _try(
    copy: BackupCopy, repository: Repository, latest: Latest, scratch: Path, report_progress: ReportProgress
) -> Trial:
    rows = RememberedFile.objects.of(copy.territory).filter(copy=copy)
    remembered = {
        row.path: Remembered(row.size, row.mtime, row.sha256, row.seen_at.timestamp()) for row in rows
    }
    listed = ExpectedFiles.objects.of(copy.territory).filter(copy=copy).first()
    trial = sample_restore.run(
        repository,
        latest,
        scratch,
        seed=random_words.token_hex(8),
        part=copy.part,
        remembered=remembered,
        expected=listed.files if listed else {},
        room=max(0, shutil.disk_usage(scratch).free - settings.RESERVE),
        report_progress=report_progress,
    )
    if _went_back(copy, latest):
        trial.faults.insert(
            0,
            f"La sauvegarde du {french_date(copy.last_backup_at)} n'est plus dans le dépôt : elle a été "
            "effacée, ou son fichier manque.",
        )
    return trial


def _record_reading(copy: BackupCopy, latest: Latest, **more: Any) -> None:
    now = timezone.now()
    with transaction.atomic():
        CopyReading.objects.create(
            territory=copy.territory,
            copy=copy,
            at=now,
            origin=CopyReading.Origin.READ,
            ok=True,
            ended_at=latest.at,
            snapshots=latest.count,
            size=more.get("size", copy.size),
        )
        _update(
            copy,
            read_at=now,
            last_backup_at=latest.at,
            snapshots=latest.count,
            trouble="",
            trouble_since=None,
            next_at=now + READ_EVERY,
            **more,
        )


def _record_trouble(copy: BackupCopy, message: str) -> None:
    """It could not be read: said on its page. Its age goes on."""
    message = _legible(message)
    now = timezone.now()
    with transaction.atomic():
        CopyReading.objects.create(
            territory=copy.territory,
            copy=copy,
            at=now,
            origin=CopyReading.Origin.READ,
            ok=False,
            ended_at=copy.last_backup_at,
            message=message,
        )
        _update(
            copy,
            trouble=message,
            trouble_since=copy.trouble_since or now,
            next_at=now + TRY_AGAIN,
        )


def _record_failure(copy: BackupCopy, message: str, by: Person | None) -> RestoreProof:
    """Nothing could be restored at all."""
    now = timezone.now()
    with transaction.atomic():
        _update(copy, read_at=now, trouble="", trouble_since=None, next_at=now + READ_EVERY)
        return write_proof(
            copy, by=by, origin=Origin.READ, ok=False, at=now, faults=[message], parts=copy.parts
        )


def _record_trial(copy: BackupCopy, trial: Trial, by: Person | None) -> RestoreProof:
    now = timezone.now()
    with transaction.atomic():
        _record_reading(
            copy, trial.latest, size=trial.size, parts=trial.parts, part=(trial.part + 1) % trial.parts
        )
        _remember(copy, trial, now)
        return write_proof(
            copy,
            by=by,
            at=now,
            origin=Origin.READ,
            ok=not trial.faults,
            snapshot=_legible(trial.latest.id)[:120],
            files=trial.files,
            bytes=trial.bytes,
            compared=trial.compared,
            share=round(trial.share, 4),
            part=trial.part,
            parts=trial.parts,
            faults=trial.faults,
            seed=trial.seed,
            seconds=trial.seconds,
        )


def _remember(copy: BackupCopy, trial: Trial, now: datetime) -> None:
    """Checksums for next time; a file in which a fault was seen stays as it was known."""
    rows = RememberedFile.objects.of(copy.territory).filter(copy=copy)
    for at in range(0, len(trial.missing), 500):
        rows.filter(path__in=trial.missing[at : at + 500]).delete()
    new = [
        RememberedFile(
            territory=copy.territory, copy=copy, path=each.node.path, size=each.node.size, mtime=each.node.mtime,
            sha256=each.sha256, seen_at=now,
        )
        for each in trial.restored
    ]  # fmt: skip
    RememberedFile.objects.bulk_create(
        new,
        batch_size=100,
        update_conflicts=True,
        unique_fields=["copy", "path"],
        update_fields=["size", "mtime", "sha256", "seen_at"],
    )
    if rows.count() > MOST_REMEMBERED:
        recent = rows.order_by("-seen_at", "pk").values_list("pk", flat=True)[:MOST_REMEMBERED]
        rows.exclude(pk__in=list(recent)).delete()


def write_proof(copy: BackupCopy, *, by: Person | None, ok: bool, **values: Any) -> RestoreProof:
    """Append a proof and its ledger line. The restore tried last decides whether the copy is bad; people are told when it turns so."""
    values["faults"] = [_legible(each) for each in values.get("faults", [])]
    with transaction.atomic():
        proof: RestoreProof = RestoreProof.objects.create(
            territory=copy.territory, copy=copy, ok=ok, by=by, **values
        )
        last = copy.proofs.first()
        turned_bad = not last.ok and copy.failed_since is None
        _update(copy, failed_since=None if last.ok else copy.failed_since or last.at)
        ledger.append(
            copy.territory,
            "backup.proof",
            by,
            f"backup-copy:{copy.pk}",
            {
                "proof": proof.pk,
                "origin": proof.origin,
                "ok": ok,
                "files": proof.files,
                "faults": len(proof.faults),
            },
        )
        if turned_bad:
            transaction.on_commit(partial(backup_alerts.write, copy, "failed"))
    return proof


def _legible(text: str) -> str:
    """Words of a program or a repository as a page may show them: no sign of control, of no endless length."""
    return strip_invisible(text.encode("utf-8", "replace").decode())[:LONGEST_FAULT]


def _update(copy: BackupCopy, **values: Any) -> None:
    for name, value in values.items():
        setattr(copy, name, value)
    copy.save(update_fields=list(values))


def _look_at_own(copy: BackupCopy, by: Person | None, report_progress: ReportProgress) -> RestoreProof | None:
    """Beffroi's own backups: the trial that the instance makes each week, read in its log; made now when a person asks."""
    own = own_backups.provider()
    if own is None:
        raise Unreachable("Cette instance ne dit rien de ses propres sauvegardes. Demandez à l'exploitant.")
    known = own.read(copy.territory)
    if by is not None and (known.trial is None or timezone.now() - known.trial.at > timedelta(hours=1)):
        report_progress(20, "Restauration de la dernière sauvegarde de Beffroi à côté…")
        try:
            own.try_now()
        except HomeError as error:
            raise Unreachable(str(error)) from error
        known = own.read(copy.territory)
    if known.last_at is None:
        raise Unreachable(
            known.trouble or "Aucune sauvegarde de Beffroi n'a encore été faite. Demandez à l'exploitant."
        )
    since = copy.trouble_since or timezone.now()
    with transaction.atomic():
        _record_reading(copy, Latest("", known.last_at, 1))
        if known.trouble:
            _update(copy, trouble=known.trouble[:600], trouble_since=since)
        tried = known.trial
        done = RestoreProof.objects.of(copy.territory).filter(copy=copy, origin=Origin.READ)
        if tried is None or done.filter(at__gte=tried.at).exists():
            return None
        return write_proof(
            copy,
            by=by,
            at=tried.at,
            origin=Origin.READ,
            ok=not tried.fault,
            snapshot=tried.source[:120],
            compared=tried.tables,
            share=round(tried.share, 4),
            faults=[tried.fault] if tried.fault else [],
            seconds=tried.seconds,
            how=f"{tried.tables} tables comparées octet par octet",
        )
