"""What the continuity room holds of backups, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from beffroi.web.continuity.backups import keys, proving, reports, services
from beffroi.web.continuity.backups.systems import register_guide
from beffroi.web.continuity.backups.tool_backups import tools_guide
from beffroi.web.continuity.models import CopySecret, ExpectedFiles, RememberedFile, RestoreProof
from beffroi.web.guides.services import registers

_COPIES = (
    "backup-copy",
    "backup-try",
    "backup-attest",
    "backup-secret",
    "backup-expected",
    "backup-forget",
    "backup-withdraw",
    "backup-key",
)
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("backup-system", "pk"): lambda side: side.backed_up_system.pk,
    ("backup-declare", "pk"): lambda side: side.backed_up_system.pk,
    ("backup-take", "pk"): lambda side: side.backup_tool.pk,
    **{(route, "pk"): lambda side: side.backup_copy.pk for route in _COPIES},
    ("backup-key-revoke", "pk"): lambda side: side.backup_key.pk,
}
SHARED: dict[tuple[str, str], Any] = {("backups-export", "form"): "csv"}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"backups-export"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {
    services.JOB: lambda side: [{"copy": side.own_copy.pk}],
}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory."""
    word, person, territory = side.words.private, side.people["everything"], side.territory
    tool = {
        "name": f"Disque {word}",
        "kind": "backup",
        "tested_by": f"Agent {word}",
        "restored_on": "2026-09-13",
    }
    side.facts |= {"backup_tool": registers.save_entry(territory, person, tools_guide(), tool)}
    for n in range(1 + side.words.more):
        values = {"name": f"Serveur {n} {word}", "what": f"Dossiers {word}", "keeper": f"Prestataire {word}"}
        system = registers.save_entry(territory, person, register_guide(), values)
        copy = services.declare(
            system, person, name=f"Copie {n} {word}", kind="report", medium="nas", place="off-site"
        )
        key = keys.create(copy, by=person).key
        now = timezone.now()
        reports.receive(
            copy,
            reports.Report(
                now - timedelta(hours=3), True, 5_000, now - timedelta(days=2), message=f"Fini {word}"
            ),
        )
        copy.refresh_from_db()
        file = SimpleUploadedFile(f"preuve-{word}.txt", b"412 fichiers compares")
        services.attest(
            copy,
            person,
            what="restore",
            day=timezone.localdate(),
            how=f"Restauré par {word}",
            ok=True,
            file=file,
        )
        services.attest(copy, person, what="backup", day=timezone.localdate(), how=f"Bande {word}")
        own = services.declare(
            system, person, name=f"Beffroi {n} {word}", kind="own", medium="disk", place="same"
        )
        proving.write_proof(
            own, by=None, ok=False, origin=RestoreProof.Origin.READ, faults=[f"« {word}.txt » est abîmé."]
        )
        CopySecret.objects.create(territory=territory, copy=own, sealed="sealed:1:essai")
        RememberedFile.objects.create(
            territory=territory, copy=own, path=f"/{word}.txt", size=1, mtime="", sha256="0" * 64
        )
        ExpectedFiles.objects.create(
            territory=territory, copy=own, files={f"{word}.txt": "0" * 64}, by=person
        )
    side.facts |= {"backed_up_system": system, "backup_copy": copy, "backup_key": key, "own_copy": own}
