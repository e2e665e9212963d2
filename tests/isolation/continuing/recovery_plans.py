"""What the continuity room holds of recovery plans, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from beffroi.web.continuity.recovery_plans import continuity_tests, plan_editions
from beffroi.web.continuity.recovery_plans.plan_drafts import draft_of
from beffroi.web.guides.services import registers

PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("plan-edition-html", "pk"): lambda side: side.plan_edition.pk,
    ("plan-edition-pdf", "pk"): lambda side: side.plan_edition.pk,
    ("continuity-test", "pk"): lambda side: side.continuity_test.pk,
}
SHARED: dict[tuple[str, str], Any] = {
    (route, "kind"): "pra" for route in ("recovery-plan", "recovery-plan-sign", "recovery-plan-draft")
}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"recovery-plan-draft", "plan-edition-html", "plan-edition-pdf"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory."""
    word, person, territory = side.words.private, side.people["everything"], side.territory
    day = date(2026, 9, 1)
    for n in range(1 + side.words.more):
        values = {"name": f"Essai {n} {word}", "who": f"Meneur {word}", "next_on": day.isoformat()}
        entry = registers.save_entry(territory, person, continuity_tests.register(), values)
    continuity_tests.record_result(
        entry,
        person,
        last_on=day,
        result="gaps",
        next_on=day + timedelta(365),
        findings=[f"Corriger {word}"],
        owner=f"Chef {word}",
        due_on=day + timedelta(60),
    )
    side.facts["continuity_test"] = entry
    for kind in ("pra", "pca")[: 1 + side.words.more]:
        draft = draft_of(territory, kind)
        side.facts["plan_edition"] = plan_editions.sign(territory, person, kind, expected=draft.sha256)
