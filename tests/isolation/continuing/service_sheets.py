"""What the continuity room holds of service sheets, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from beffroi.web.continuity.models import SheetApproval
from beffroi.web.continuity.service_sheets import services, sheets
from beffroi.web.guides.services import registers

PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    (route, "pk"): lambda side: side.sheet.pk
    for route in ("sheet", "sheet-edit", "sheet-approve", "sheet-trial", "sheet-pdf")
}
SHARED: dict[tuple[str, str], Any] = {}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"sheet-pdf"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory."""
    person, word = side.people["everything"], side.words.private
    for n in range(1 + side.words.more):
        values = {"service": f"Service {word} {n}", "minimum": [f"Servir {word}"], "who": f"Fonction {word}"}
        entry = registers.save_entry(side.territory, person, sheets.register(), values)
        # The word is that of people too, whom no sheet that is approved today may name: an approval of before that rule.
        sha256 = sheets.sheet_of(entry).sha256
        SheetApproval.objects.create(
            territory=side.territory, entry=entry, sha256=sha256, role=f"responsable {word}", by=person
        )
        services.note_trial(entry, person, timezone.localdate(), f"équipe {word}", f"il manquait {word}")
    side.facts["sheet"] = entry
