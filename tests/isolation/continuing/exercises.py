"""What the continuity room holds of exercises, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

from beffroi.web.continuity.exercises import services
from beffroi.web.continuity.exercises.take_back import take_back
from support.played_exercises import event, played, raw

SCENARIO = "exercise_ransomware_town"
RUNS = (
    "exercise",
    "exercise-act",
    "exercise-player",
    "exercise-observer",
    "exercise-debrief",
    "exercise-export",
)
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    (route, "pk"): (lambda side: side.exercise.pk) for route in RUNS
}
SHARED: dict[tuple[str, str], Any] = {
    ("exercise-scenario", "key"): SCENARIO,
    ("exercise-page", "key"): SCENARIO,
    ("exercise-document", "key"): SCENARIO,
    ("exercise-document", "document"): "joueurs",
    ("exercise-export", "form"): "csv",
}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"exercise-document", "exercise-export", "exercise-page"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """An exercise under way, with what a player wrote, and one taken back; called inside its territory."""
    scenario, person = services.scenario(SCENARIO), side.people["everything"]
    assert scenario is not None
    run = services.begin(side.territory, person, scenario, f"Exercice {side.words.private}")
    services.record(run, person, "start")
    services.record(run, person, "reaction", {"text": f"{side.words.private} : on débranche"})
    side.facts["exercise"] = run
    events = [
        event(0, "start"),
        event(2, "reaction", inject="m01", role="", text=side.words.private),
        event(9, "end"),
    ]
    take_back(side.territory, person, raw(played(side.territory, label=side.words.private, events=events)))
