"""What the continuity room holds of restart, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

from beffroi.guides import Register, Runbook
from beffroi.web.continuity.restart import services
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers, responses

RUNS = ("restart-run", "restart-run-pdf", "restart-run-step")
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(route, "pk"): lambda side: side.restart.pk for route in RUNS},
    ("restart-run-step", "step"): lambda side: side.restart_step,
}
SHARED: dict[tuple[str, str], Any] = {("restart-file", "form"): "csv"}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"restart-file", "restart-run-pdf"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory."""
    word, person, territory = side.words.private, side.people["everything"], side.territory
    essential, applications = guide(Register, "essential_services"), guide(Register, "applications")
    registers.save_entry(territory, person, essential, {"name": f"Service {word}"})
    for n in range(1 + side.words.more):
        values = {"name": f"Application {n} {word}", "services": f"Service {word}", "restore_hours": "1"}
        registers.save_entry(territory, person, applications, values | {"knows": f"Technicien {word}"})
    run = services.begin(territory, person, label=f"Remise en route {word}")
    runbook = run.edition.read()
    assert isinstance(runbook, Runbook)
    responses.note_step(run, person, runbook.steps[0].key, {"what": f"Fait pour {word}"})
    side.facts |= {"restart": run, "restart_step": runbook.steps[0].key}
