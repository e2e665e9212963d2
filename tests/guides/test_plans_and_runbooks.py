"""Plans, runbooks and papers: what comes next, what is late, which step may begin, and slots that have no value."""

from datetime import date
from typing import Any

import pytest

from beffroi.guides.paper_model import Paper, fill
from beffroi.guides.plan import Followed, Plan, PlannedAction, due_day, next_states, next_steps, progress
from beffroi.guides.runbook import Runbook, open_steps

TODAY = date(2026, 11, 29)
COMMON: dict[str, Any] = {
    "id": "essai",
    "title": "Un guide d'essai",
    "edition": "1",
    "valid_from": date(2026, 1, 1),
    "sources": ({"title": "Proposé par Beffroi", "licence": "EUPL-1.2", "read_on": date(2026, 1, 1)},),
}


def action(key: str, **more: Any) -> PlannedAction:
    return PlannedAction.model_validate({"key": key, "title": f"Faire {key}", **more})


def test_a_plan_says_what_is_late_what_comes_next_and_what_it_costs():
    followed = [
        Followed(
            action("late", cost_low=100, cost_high=300), "accepted", due_on=date(2026, 11, 28), spent=50
        ),
        Followed(action("due"), "accepted", due_on=TODAY),
        Followed(action("begun", cost_low=200), "begun"),
        Followed(action("first", priority=1), "proposed"),
        Followed(action("second", priority=2), "proposed"),
        Followed(action("done", cost_low=1000, cost_high=1000), "done", due_on=date(2026, 1, 1), spent=900),
        Followed(action("refused", cost_low=5000), "refused"),
    ]
    found = progress(followed, TODAY)
    assert [each.action.key for each in found.late] == ["late"]
    assert (found.cost_low, found.cost_high, found.spent) == (1300, 1500, 950)
    assert found.counts == {"proposed": 2, "accepted": 2, "begun": 1, "done": 1, "refused": 1}
    assert [each.action.key for each in next_steps(followed, 4)] == ["begun", "late", "due", "first"]
    assert due_day(action("a", due_days=30), TODAY) == date(2026, 12, 29)
    assert next_states("proposed") == ("accepted", "refused")


def test_a_plan_is_fed_by_its_own_actions_or_by_a_guide():
    with pytest.raises(ValueError, match="quels guides lui en donnent"):
        Plan.model_validate(COMMON)
    with pytest.raises(ValueError, match="la conséquence"):
        Plan.model_validate({**COMMON, "actions": (action("a", reduces=("feu",)),)})


RUNBOOK = {
    **COMMON,
    "facts": ({"key": "encrypted", "label": "Des fichiers sont-ils chiffrés ?", "kind": "yes_no"},),
    "roles": ({"key": "secretary", "title": "Secrétaire"},),
    "steps": (
        {"key": "isolate", "title": "Débrancher le réseau", "role": "secretary"},
        {"key": "evidence", "title": "Garder les preuves", "when": ({"question": "encrypted", "is": "yes"},)},
        {"key": "complain", "title": "Porter plainte", "after": ("isolate", "evidence")},
    ),
    "injects": (
        {"key": "first", "minute": 0, "medium": "call", "title": "Appel", "text": "Rien ne s'ouvre."},
        {"key": "second", "minute": 10, "medium": "mail", "title": "Courriel", "text": "Une rançon est demandée."},
    ),
}  # fmt: skip


def test_a_step_begins_when_those_before_it_are_done_or_not_called_for():
    runbook = Runbook.model_validate(RUNBOOK)

    def open_now(done: set[str], facts: dict[str, str]) -> list[str]:
        return [step.key for step in open_steps(runbook, done, facts, TODAY)]

    # A fact that is not known yet spares no step.
    assert open_now(set(), {}) == ["isolate", "evidence"]
    assert open_now({"isolate"}, {"encrypted": "yes"}) == ["evidence"]
    assert open_now({"isolate"}, {"encrypted": "no"}) == ["complain"]
    assert open_now({"isolate", "evidence", "complain"}, {"encrypted": "yes"}) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"steps": ({"key": "a", "title": "Une étape", "after": ("b",)}, {"key": "b", "title": "Une autre"})}, "n'est pas une étape d'avant"),
        ({"steps": ({"key": "a", "title": "Une étape", "role": "maire"},)}, "le rôle « maire »"),
        ({"injects": RUNBOOK["injects"][::-1]}, "rangés par minute"),
    ],
)  # fmt: skip
def test_a_runbook_that_does_not_hold_together_is_refused(changed: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        Runbook.model_validate({**RUNBOOK, **changed})


def test_a_paper_says_what_is_missing_and_leaves_no_slot_blank():
    paper = Paper.model_validate(
        {**COMMON, "blocks": ({"kind": "heading", "text": "Qui appeler"},
                              {"kind": "text", "text": "Le maire : {contacts.mayor}, {contacts.phone}."},
                              {"kind": "table", "guide": "outils"})}
    )  # fmt: skip
    assert paper.guides() == {"contacts", "outils"}
    _, text, _ = fill(
        paper, lambda guide, question: {("contacts", "mayor"): "Mme Petit"}.get((guide, question))
    )
    assert text.text == "Le maire : Mme Petit, [à compléter]."
    assert text.missing == ("contacts.phone",)
