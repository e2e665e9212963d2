"""What the continuity room holds of essential services, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

from beffroi.web.continuity.essential_services import analyses, services
from beffroi.web.continuity.essential_services.impact import CELLS, HOURS
from beffroi.web.guides.services import registers

_OF_A_SERVICE = ("outage-service", "outage-save", "outage-validate")
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(route, "pk"): lambda side: side.essential_service.pk for route in _OF_A_SERVICE},
    ("outage-again", "pk"): lambda side: side.validated_service.pk,
}
SHARED: dict[tuple[str, str], Any] = {}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {f"outage-grid-{form}" for form in ("xlsx", "ods", "csv", "pdf")}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory."""
    word, person, territory = side.words.private, side.people["everything"], side.territory
    for n in range(2 + side.words.more):
        entry = registers.save_entry(
            territory,
            person,
            services.register(),
            {"name": f"Service {n} {word}", "what": f"Il rend {word}", "head": f"Chef {word}"},
        )
        side.facts["validated_service" if n == 0 else "essential_service"] = entry
        answers = dict.fromkeys(CELLS, "1") | {HOURS: "24", "cost_low": "5", "cost_source": f"Régie {word}"}
        analyses.save_cells(entry, person, answers)
    analyses.validate(side.validated_service, person)
