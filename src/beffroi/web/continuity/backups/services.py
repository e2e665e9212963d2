"""Acts on backups: declare and withdraw copies, give their secret, attest, list what must be there, try now.

The only writers of declarations. Raises ContinuityError, PermissionDenied. No address, name or secret is in the ledger.
"""

import uuid
from datetime import date, timedelta
from typing import Final

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils import timezone

from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.models import Evidence, RegisterEntry
from beffroi.web.guides.services import evidence
from beffroi.web.platform import jobs
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Job, Person, Territory

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


def _describe(
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
) -> tuple[BackupCopy, CopyAccess | None]:
    """The copy as it was typed, not yet saved, and what opens it."""
    if not name.strip():
        raise ContinuityError("Donnez un nom à cette copie, par exemple « NAS de la mairie ».", "name")
    address = _checked_address(entry.territory, kind, address, offline=offline)
    if kind in (Kind.RESTIC, Kind.BORG) and (access is None or not access.password):
        raise ContinuityError("Donnez le mot de passe du dépôt : sans lui, rien ne se restaure.", "password")
    copy = BackupCopy(
        territory=entry.territory,
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
    return copy, access


@act("backup.declare", "déclaration d'une copie de sauvegarde", right=ACT, prepare=_describe)
def declare(
    entry: RegisterEntry, by: Person, described: tuple[BackupCopy, CopyAccess | None]
) -> Recorded[BackupCopy]:
    """Declare a copy of a system."""
    copy, access = described
    if entry.register != REGISTER or entry.removed_at is not None:
        raise ContinuityError("Ce système n'est plus dans le registre. Rien n'a été déclaré.")
    there = BackupCopy.objects.of(entry.territory).filter(entry=entry, withdrawn_at=None)
    if there.count() >= MAX_COPIES:
        raise ContinuityError(f"Ce système a déjà {MAX_COPIES} copies. Retirez celles qui ne servent plus.")
    if copy.kind == Kind.OWN and there.filter(kind=copy.kind).exists():
        raise ContinuityError("La sauvegarde de Beffroi est déjà déclarée pour ce système.", "kind")
    copy.save()
    if access is not None and not access.is_empty:
        CopySecret.objects.create(territory=entry.territory, copy=copy, sealed=access.seal())
    details = {name: getattr(copy, name) for name in ("kind", "medium", "place", "offline")}
    return Recorded(copy, {"system": entry.pk, **details}, subject_of(copy))


def _checked_address(territory: Territory, kind: str, address: str, *, offline: bool) -> str:
    if kind not in (Kind.RESTIC, Kind.BORG):
        return ""
    parsed = addresses.parse(kind, address)
    addresses.guard(territory, parsed, absent=offline)
    return parsed.text


@act(
    "backup.withdraw",
    "retrait d'une copie de sauvegarde",
    right=ACT,
    label="Retirer la copie",
    done="« {it} » n'est plus suivie. La sauvegarde elle-même n'a pas été touchée.",
    fresh=True,
)
def withdraw(copy: BackupCopy, by: Person) -> Recorded[BackupCopy] | Unchanged[BackupCopy]:
    """Follow it no longer: its secret and its keys are forgotten, its history stays. The backup itself is not touched."""
    if copy.withdrawn_at is not None:
        return Unchanged(copy)
    copy.withdrawn_at, copy.withdrawn_by = timezone.now(), by
    copy.save(update_fields=["withdrawn_at", "withdrawn_by"])
    CopySecret.objects.of(copy.territory).filter(copy=copy).delete()
    copy.keys.filter(revoked_at=None).update(revoked_at=copy.withdrawn_at)
    RememberedFile.objects.of(copy.territory).filter(copy=copy).delete()
    return Recorded(copy, subject=subject_of(copy))


@act(
    "backup.secret",
    "remplacement du secret d'une copie de sauvegarde",
    right=ACT,
    done="Le secret est remplacé. Une lecture part dans l'heure, ou avec « Essayer maintenant ».",
    fresh=True,
)
def change_secret(copy: BackupCopy, by: Person, access: CopyAccess) -> Recorded[None]:
    """Give what opens the copy again; what was sealed before is overwritten."""
    if copy.kind not in (Kind.RESTIC, Kind.BORG):
        raise ContinuityError("Cette copie ne s'ouvre pas avec un secret.")
    if not access.password:
        raise ContinuityError("Donnez le mot de passe du dépôt : sans lui, rien ne se restaure.", "password")
    _refuse_withdrawn(copy)
    CopySecret.objects.update_or_create(
        territory=copy.territory, copy=copy, defaults={"sealed": access.seal()}
    )
    copy.next_at = timezone.now()
    copy.save(update_fields=["next_at"])
    return Recorded(None, subject=subject_of(copy))


@act("backup.try", "essai de restauration à la demande d'une personne", right=ACT, label="Essayer maintenant")
def try_now(copy: BackupCopy, by: Person) -> Recorded[Job] | Unchanged[Job]:
    """« Essayer maintenant ». One at a time a copy. Raises TooManyJobs."""
    if not copy.is_readable:
        raise ContinuityError(
            "Beffroi ne peut pas lire cette copie lui-même : restaurez-la, puis attestez-le."
        )
    _refuse_withdrawn(copy)
    running = last_job(copy)
    if running is not None and not running.finished:
        return Unchanged(running)
    copy.job_key = f"{JOB}:{copy.pk}:{uuid.uuid4().hex[:12]}"
    copy.save(update_fields=["job_key"])
    job = jobs.start(
        copy.territory,
        JOB,
        key=copy.job_key,
        label=f"Essai de restauration de « {copy} »"[:200],
        person=by,
        arguments={"copy": copy.pk},
        back=reverse("backup-copy", args=[copy.territory.slug, copy.pk]),
    )
    return Recorded(job, subject=subject_of(copy))


def last_job(copy: BackupCopy) -> Job | None:
    """The job that last read this copy, or that is about to."""
    found: Job | None = (
        Job.objects.of(copy.territory).filter(key=copy.job_key).first() if copy.job_key else None
    )
    return found


@act("backup.attest", "sauvegarde attestée par une personne", right=ACT, done="C'est noté, à votre nom.")
def attest(
    copy: BackupCopy,
    by: Person,
    *,
    what: str,
    day: date,
    how: str,
    ok: bool = True,
    file: UploadedFile | None = None,
) -> Recorded[CopyReading] | Unchanged[RestoreProof]:
    """A person says that the backup was made (`what`: backup), or restored (restore), on a day; a restore bears its evidence,
    and has the ledger line of its proof.
    """
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
    _refuse_withdrawn(copy)
    at = staleness.end_of_day(day)
    attached = _attached(copy, by, file) if file is not None else None
    if what == "restore":
        proof = proving.write_proof(
            copy,
            by=by,
            ok=ok,
            at=min(at, timezone.now()),
            origin=RestoreProof.Origin.PERSON,
            how=how.strip()[:2000],
            faults=[] if ok else ["La personne qui l'a essayée dit qu'elle ne se restaure pas."],
            evidence=attached,
        )
        staleness.refresh_copy(copy, System.of(copy.entry))
        return Unchanged(proof)
    reading: CopyReading = CopyReading.objects.create(
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
    staleness.refresh_copy(copy, System.of(copy.entry))
    return Recorded(reading, {"reading": reading.pk, "ok": ok}, subject_of(copy))


def _attached(copy: BackupCopy, by: Person, file: UploadedFile) -> Evidence:
    try:
        return evidence.attach(copy.entry, by, register_guide(), file, f"restore:{copy.pk}")
    except GuideError as error:
        raise ContinuityError(str(error), "file") from error


@act(
    "backup.expected",
    "liste des fichiers qu'une copie doit contenir",
    right=ACT,
    done="La liste est notée. Les prochains essais s'y comparent.",
)
def list_expected(copy: BackupCopy, by: Person, files: str) -> Recorded[ExpectedFiles]:
    """Give the list of files that this copy must have, with their SHA-256; it takes the place of the one before."""
    if copy.kind not in (Kind.RESTIC, Kind.BORG):
        raise ContinuityError("Beffroi ne lit pas les fichiers de cette copie : une liste n'y servirait pas.")
    _refuse_withdrawn(copy)
    listed = sha256_lists.parse_list(files)
    row: ExpectedFiles = ExpectedFiles.objects.create(
        territory=copy.territory, copy=copy, files=listed, by=by
    )
    return Recorded(row, {"files": len(listed)}, subject_of(copy))


@act(
    "backup.forget_checksums",
    "oubli des empreintes d'une copie, à la demande d'une personne",
    right=ACT,
    label="C'est un changement voulu\u00a0: oublier les empreintes d'avant",
    done="Les empreintes d'avant sont oubliées. Essayez de nouveau.",
)
def forget_checksums(copy: BackupCopy, by: Person) -> Recorded[int] | Unchanged[int]:
    """« C'est voulu » : forget the checksums of earlier readings, after a change that bore no new date; how many."""
    _refuse_withdrawn(copy)
    count: int = RememberedFile.objects.of(copy.territory).filter(copy=copy).delete()[0]
    return Recorded(count, {"files": count}, subject_of(copy)) if count else Unchanged(0)


def subject_of(copy: BackupCopy) -> str:
    """What the ledger calls a copy."""
    return f"backup-copy:{copy.pk}"


def _refuse_withdrawn(copy: BackupCopy) -> None:
    if copy.withdrawn_at is not None:
        raise ContinuityError("Cette copie a été retirée. Déclarez-la à nouveau pour la suivre.")


def known_ages(territory: Territory) -> dict[str, float]:
    """Hours since the last backup of each system, by its name: what the restart order compares with the loss that is bearable."""
    return {line.system.name: line.age for line in board.lines(territory) if line.age is not None}
