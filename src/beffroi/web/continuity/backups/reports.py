"""Reports that a script posts on its copy: read, checked, written down. Nothing of them is trusted before it was checked.

A report: {"system", "ended_at", "ok", "size", "restored_at", "message"}; `ended_at` and `ok` are needed. Moments bear their zone.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.text import fold_name

from ..errors import ContinuityError
from ..models import BackupCopy, CopyReading, RestoreProof
from . import proving, staleness
from .systems import System

LARGEST: Final = 16 << 10
OLDEST: Final = timedelta(days=3650)


@dataclass(frozen=True)
class Report:
    """What a machine says of its copy. `ended_at`: when its backup ended; `restored_at`: when it last tried a restore itself."""

    ended_at: datetime
    ok: bool
    size: int | None = None
    restored_at: datetime | None = None
    system: str = ""
    message: str = ""


def parse(body: bytes) -> Report:
    """Raises ContinuityError with what is wrong."""
    if len(body) > LARGEST:
        raise ContinuityError("Ce compte rendu dépasse 16 Ko.")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise ContinuityError("Ce compte rendu n'est pas du JSON.") from None
    if not isinstance(values, dict):
        raise ContinuityError('Ce compte rendu doit être un objet JSON : {"ended_at": …, "ok": …}.')
    if not isinstance(values.get("ok"), bool):
        raise ContinuityError("« ok » manque, ou n'est ni true ni false.")
    size = values.get("size")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 1 << 62):
        raise ContinuityError("« size » doit être un nombre d'octets, entier.")
    ended_at = _moment(values, "ended_at")
    if ended_at is None:
        raise ContinuityError("« ended_at » manque : quand la sauvegarde a-t-elle fini ?")
    return Report(
        ended_at,
        values["ok"],
        size,
        _moment(values, "restored_at"),
        _text(values, "system", 200),
        _text(values, "message", 500),
    )


def _moment(values: dict[str, Any], name: str) -> datetime | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        zoned = at.tzinfo is not None
        now = timezone.now()
        reasonable = zoned and now - OLDEST < at < now + timedelta(hours=1)
    except (TypeError, ValueError, OverflowError):
        raise ContinuityError(
            f"« {name} » n'est pas un moment : écrivez 2026-11-29T02:10:00+01:00."
        ) from None
    if not zoned:
        raise ContinuityError(f"« {name} » ne dit pas son fuseau : écrivez 2026-11-29T02:10:00+01:00.")
    if not reasonable:
        raise ContinuityError(
            f"« {name} » est dans l'avenir, ou il y a plus de dix ans : vérifiez l'horloge de la machine."
        )
    return at


def _text(values: dict[str, Any], name: str, most: int) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise ContinuityError(f"« {name} » doit être un texte.")
    return " ".join(strip_invisible(value).split())[:most]


def receive(copy: BackupCopy, report: Report) -> None:
    """Write down what the machine of this copy says. Raises ContinuityError when it speaks of another system."""
    system = System.of(copy.entry)
    if report.system and fold_name(report.system) not in (fold_name(system.name), fold_name(copy.name)):
        raise ContinuityError(
            f"Cette clé est celle de « {system.name} », pas de « {report.system} ». Rien n'a été noté."
        )
    with transaction.atomic():
        copy = BackupCopy.objects.of(copy.territory).select_for_update().get(pk=copy.pk)
        CopyReading.objects.create(
            territory=copy.territory,
            copy=copy,
            origin=CopyReading.Origin.REPORT,
            ok=report.ok,
            ended_at=report.ended_at,
            size=report.size,
            message=report.message,
        )
        copy.read_at = timezone.now()
        if report.ok:
            copy.last_backup_at = max(report.ended_at, copy.last_backup_at or report.ended_at)
            copy.size, copy.trouble, copy.trouble_since = report.size, "", None
        else:
            copy.trouble = f"La machine dit que la sauvegarde a échoué. {report.message}".strip()[:600]
            copy.trouble_since = copy.trouble_since or timezone.now()
        copy.save(update_fields=["read_at", "last_backup_at", "size", "trouble", "trouble_since"])
        proofs = RestoreProof.objects.of(copy.territory).filter(copy=copy, origin=RestoreProof.Origin.REPORT)
        if report.restored_at is not None and not proofs.filter(at__gte=report.restored_at).exists():
            proving.write_proof(
                copy,
                by=None,
                ok=True,
                at=report.restored_at,
                origin=RestoreProof.Origin.REPORT,
                how=report.message,
            )
    staleness.refresh_copy(copy, system)
