"""What people do about backups: declare and withdraw copies, give their secret, attest, list what must be there, try now.

The only writers of declarations, with one ledger line an act. No address, name or secret is in the ledger.
"""

import uuid
from datetime import date, timedelta
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.models import Evidence, RegisterEntry
from beffroi.web.guides.services import evidence
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import BackupCopy, CopyReading, CopySecret, ExpectedFiles, RememberedFile, RestoreProof
from . import board, proving, staleness
from .reading import addresses, sha256_lists
from .reading.secrets import CopyAccess
from .systems import REGISTER, System, register_guide

ACT: Final = "cyber.answer"
MAX_COPIES: Final = 20
JOB: Final = "continuity.backups"
Kind = BackupCopy.Kind


def declare(
    entry: RegisterEntry,
    by: Person,
    *,
    name: str,
    kind: str,
    medium: str,
    place: str,
    offline: bool = False,
    address: str = "",
    series: str = "",
    limit_hours: int | None = None,
    access: CopyAccess | None = None,
) -> BackupCopy:
    """Declare a copy of a system. Raises PermissionDenied, ContinuityError."""
    territory = entry.territory
    require(by, ACT, territory)
    if entry.register != REGISTER or entry.removed_at is not None:
        raise ContinuityError("Ce système n'est plus dans le registre. Rien n'a été déclaré.")
    if not name.strip():
        raise ContinuityError("Donnez un nom à cette copie, par exemple « NAS de la mairie ».", "name")
    address = _checked_address(territory, kind, address, offline=offline)
    if kind in (Kind.RESTIC, Kind.BORG) and (access is None or not access.password):
        raise ContinuityError("Donnez le mot de passe du dépôt : sans lui, rien ne se restaure.", "password")
    with transaction.atomic():
        there = BackupCopy.objects.of(territory).filter(entry=entry, withdrawn_at=None)
        if there.count() >= MAX_COPIES:
            raise ContinuityError(
                f"Ce système a déjà {MAX_COPIES} copies. Retirez celles qui ne servent plus."
            )
        if kind == Kind.OWN and there.filter(kind=kind).exists():
            raise ContinuityError("La sauvegarde de Beffroi est déjà déclarée pour ce système.", "kind")
        copy: BackupCopy = BackupCopy.objects.create(
            territory=territory,
            entry=entry,
            name=name.strip()[:120],
            kind=kind,
            medium=medium,
            place=place,
            offline=offline,
            address=address,
            series=series.strip()[:120],
            limit_hours=limit_hours,
            declared_by=by,
        )
        if access is not None and not access.is_empty:
            CopySecret.objects.create(territory=territory, copy=copy, sealed=access.seal())
        detail = {"system": entry.pk, "kind": kind, "medium": medium, "place": place, "offline": offline}
        _line(copy, "backup.declare", by, detail)
    return copy


def _checked_address(territory: Territory, kind: str, address: str, *, offline: bool) -> str:
    if kind not in (Kind.RESTIC, Kind.BORG):
        return ""
    parsed = addresses.parse(kind, address)
    addresses.guard(territory, parsed, absent=offline)
    return parsed.text


def withdraw(copy: BackupCopy, by: Person) -> None:
    """Follow it no longer: its secret and its keys are forgotten, its history stays. The backup itself is not touched."""
    require(by, ACT, copy.territory)
    with transaction.atomic():
        copy = _followed(copy)
        copy.withdrawn_at, copy.withdrawn_by = timezone.now(), by
        copy.save(update_fields=["withdrawn_at", "withdrawn_by"])
        CopySecret.objects.of(copy.territory).filter(copy=copy).delete()
        copy.keys.filter(revoked_at=None).update(revoked_at=copy.withdrawn_at)
        RememberedFile.objects.of(copy.territory).filter(copy=copy).delete()
        _line(copy, "backup.withdraw", by, {})


def change_secret(copy: BackupCopy, by: Person, access: CopyAccess) -> None:
    """Give what opens the copy again; what was sealed before is overwritten."""
    require(by, ACT, copy.territory)
    if copy.kind not in (Kind.RESTIC, Kind.BORG):
        raise ContinuityError("Cette copie ne s'ouvre pas avec un secret.")
    if not access.password:
        raise ContinuityError("Donnez le mot de passe du dépôt : sans lui, rien ne se restaure.", "password")
    with transaction.atomic():
        copy = _followed(copy)
        CopySecret.objects.update_or_create(
            territory=copy.territory, copy=copy, defaults={"sealed": access.seal()}
        )
        copy.next_at = timezone.now()
        copy.save(update_fields=["next_at"])
        _line(copy, "backup.secret", by, {})


def try_now(copy: BackupCopy, by: Person) -> Job:
    """« Essayer maintenant ». One at a time a copy. Raises ContinuityError, TooManyJobs."""
    require(by, ACT, copy.territory)
    if not copy.is_readable:
        raise ContinuityError(
            "Beffroi ne peut pas lire cette copie lui-même : restaurez-la, puis attestez-le."
        )
    with transaction.atomic():
        copy = _followed(copy)
        running = last_job(copy)
        if running is not None and not running.finished:
            return running
        copy.job_key = f"{JOB}:{copy.pk}:{uuid.uuid4().hex[:12]}"
        copy.save(update_fields=["job_key"])
        _line(copy, "backup.try", by, {})
        return jobs.start(
            copy.territory,
            JOB,
            key=copy.job_key,
            label=f"Essai de restauration de « {copy} »"[:200],
            person=by,
            arguments={"copy": copy.pk},
            back=reverse("backup-copy", args=[copy.territory.slug, copy.pk]),
        )


def last_job(copy: BackupCopy) -> Job | None:
    """The job that last read this copy, or that is about to."""
    found: Job | None = (
        Job.objects.of(copy.territory).filter(key=copy.job_key).first() if copy.job_key else None
    )
    return found


def attest(
    copy: BackupCopy,
    by: Person,
    *,
    what: str,
    day: date,
    how: str,
    ok: bool = True,
    file: UploadedFile | None = None,
) -> CopyReading | RestoreProof:
    """A person says that the backup was made (`what`: backup), or restored (restore), on a day; a restore bears its evidence."""
    require(by, ACT, copy.territory)
    today = timezone.localdate()
    if not today - timedelta(days=730) <= day <= today:
        raise ContinuityError("Donnez un jour passé, des deux dernières années.", "day")
    if not how.strip():
        raise ContinuityError("Dites qui l'a fait et comment : c'est ce qui fait foi.", "how")
    if what != "restore" and copy.is_readable:
        raise ContinuityError(
            "Beffroi lit lui-même l'âge de cette copie : attestez seulement une restauration.", "what"
        )
    if what == "restore" and file is None:
        raise ContinuityError(
            "Joignez une preuve : capture d'écran, compte rendu du prestataire, liste d'empreintes.", "file"
        )
    at = staleness.end_of_day(day)
    with transaction.atomic():
        copy = _followed(copy)
        attached = _attached(copy, by, file) if file is not None else None
        if what == "restore":
            made: CopyReading | RestoreProof = proving.write_proof(
                copy,
                by=by,
                ok=ok,
                at=min(at, timezone.now()),
                origin=RestoreProof.Origin.PERSON,
                how=how.strip()[:2000],
                faults=[] if ok else ["La personne qui l'a essayée dit qu'elle ne se restaure pas."],
                evidence=attached,
            )
        else:
            made = CopyReading.objects.create(
                territory=copy.territory,
                copy=copy,
                origin=CopyReading.Origin.PERSON,
                ok=ok,
                ended_at=at,
                message=how.strip()[:600],
                by=by,
            )
            if ok:
                copy.last_backup_at = max(at, copy.last_backup_at or at)
                copy.read_at, copy.trouble, copy.trouble_since = timezone.now(), "", None
                copy.save(update_fields=["last_backup_at", "read_at", "trouble", "trouble_since"])
            _line(copy, "backup.attest", by, {"reading": made.pk, "ok": ok})
    staleness.refresh_copy(copy, System.of(copy.entry))
    return made


def _attached(copy: BackupCopy, by: Person, file: UploadedFile) -> Evidence:
    try:
        return evidence.attach(copy.entry, by, register_guide(), file, f"restore:{copy.pk}")
    except GuideError as error:
        raise ContinuityError(str(error), "file") from error


def list_expected(copy: BackupCopy, by: Person, text: str) -> ExpectedFiles:
    """Give the list of files that this copy must have, with their SHA-256; it takes the place of the one before."""
    require(by, ACT, copy.territory)
    if copy.kind not in (Kind.RESTIC, Kind.BORG):
        raise ContinuityError("Beffroi ne lit pas les fichiers de cette copie : une liste n'y servirait pas.")
    files = sha256_lists.parse_list(text)
    with transaction.atomic():
        copy = _followed(copy)
        row: ExpectedFiles = ExpectedFiles.objects.create(
            territory=copy.territory, copy=copy, files=files, by=by
        )
        _line(copy, "backup.expected", by, {"files": len(files)})
    return row


def forget_checksums(copy: BackupCopy, by: Person) -> int:
    """« C'est voulu » : forget the checksums of earlier readings, after a change that bore no new date; how many."""
    require(by, ACT, copy.territory)
    with transaction.atomic():
        copy = _followed(copy)
        count: int = RememberedFile.objects.of(copy.territory).filter(copy=copy).delete()[0]
        _line(copy, "backup.forget_checksums", by, {"files": count})
    return count


def _followed(copy: BackupCopy) -> BackupCopy:
    found: BackupCopy = (
        BackupCopy.objects.of(copy.territory)
        .select_for_update(of=("self",))
        .select_related("entry", "territory")
        .get(pk=copy.pk)
    )
    if found.withdrawn_at is not None:
        raise ContinuityError("Cette copie a été retirée. Déclarez-la à nouveau pour la suivre.")
    return found


def _line(copy: BackupCopy, act: str, by: Person, detail: dict[str, Any]) -> None:
    ledger.append(copy.territory, act, by, f"backup-copy:{copy.pk}", detail)


def known_ages(territory: Territory) -> dict[str, float]:
    """Hours since the last backup of each system, by its name: what the restart order compares with the loss that is bearable."""
    return {line.system.name: line.age for line in board.lines(territory) if line.age is not None}
