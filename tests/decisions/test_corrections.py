"""Labels and rules on Arrow tables and acts: typed comparisons, values that fit, reasons that cite the rule."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from beffroi.systems.contract import ProposedAct
from beffroi.web.decisions.corrections import CorrectionError, Label, Rule, apply_labels, apply_rules, is_met

MEALS = pa.table(
    {
        "site": ["07", "07", "8"],
        "date": pa.array([date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 5)]),
        "meals": pa.array([29, 88, 41], pa.int64()),
        "rate": [0.5, None, 0.7],
        "open": [True, False, None],
    }
)


def one(column: str, value: Any, keys: dict[str, Any], input: str = "attendance") -> pa.Table:
    return apply_labels({"attendance": MEALS}, [Label(1, input, keys, column, value)])["attendance"]


def test_the_true_value_is_put_in_the_rows_that_the_keys_name() -> None:
    corrected = one("meals", 92, {"site": "07", "date": "2026-10-05"})
    assert corrected["meals"].to_pylist() == [92, 88, 41]
    assert corrected.schema == MEALS.schema
    assert MEALS["meals"].to_pylist() == [29, 88, 41], "what was given is not changed"


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("meals", "92", 92),
        ("meals", 92.0, 92),
        ("rate", "0.25", 0.25),
        ("rate", 1, 1.0),
        ("rate", None, None),
        ("open", "false", False),
        ("date", "2026-10-12", date(2026, 10, 12)),
        ("site", "09", "09"),
    ],
)
def test_a_value_takes_the_type_of_its_column(column: str, value: Any, expected: Any) -> None:
    assert one(column, value, {"site": "07", "date": "2026-10-05"})[column][0].as_py() == expected


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("meals", "beaucoup"),
        ("meals", 2.5),
        ("meals", True),
        ("site", 7),
        ("date", "5 octobre"),
        ("open", "x"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(column: str, value: Any) -> None:
    with pytest.raises(CorrectionError):
        one(column, value, {"site": "07"})


def test_keys_are_compared_by_their_type_a_code_is_no_number() -> None:
    with pytest.raises(CorrectionError):
        one("meals", 1, {"site": 7})
    assert one("meals", 1, {"site": "7"}) == MEALS
    assert one("meals", 1, {"open": True})["meals"].to_pylist() == [1, 88, 41], (
        "an empty cell matches nothing"
    )


def test_what_is_not_given_is_left_alone() -> None:
    assert one("meals", 1, {"site": "07"}, input="other") == MEALS
    assert one("unknown", 1, {"site": "07"}) == MEALS
    assert one("meals", 1, {"unknown": "07"}) == MEALS
    assert one("meals", 1, {}) == MEALS, "a label without keys would change everything"


def test_labels_apply_in_their_order() -> None:
    labels = [Label(n, "attendance", {"site": "8"}, "meals", value) for n, value in ((1, 50), (2, 60))]
    assert apply_labels({"attendance": MEALS}, labels)["attendance"]["meals"][2].as_py() == 60


def act(value: float = 120.0, **evidence: Any) -> ProposedAct:
    told = {"menu": "poisson", "rank": 7, "holiday": False} | evidence
    return ProposedAct(
        "Repas du lundi", value, "repas", value - 10, value + 10, ("Les lundis.",), told, place="Jean-Moulin"
    )


@pytest.mark.parametrize(
    ("action", "value", "expected"),
    [
        ("at_least", 130, 130),
        ("at_least", 100, 120),
        ("at_most", 100, 100),
        ("at_most", 130, 120),
        ("set", 0, 0),
        ("set", 120, 120),
    ],
)
def test_a_rule_bounds_an_act_and_its_reasons_cite_it(action: str, value: float, expected: float) -> None:
    (changed,), notes = apply_rules([act()], [Rule(3, {"menu": "poisson"}, action, value)])
    assert changed.value == expected
    assert changed.low <= changed.value <= changed.high
    cited = [
        reason
        for reason in changed.reasons
        if reason.startswith("Règle n° 3, ajoutée après une contestation")
    ]
    assert len(cited) == len(notes) == (expected != 120)


def test_a_rule_may_hold_for_one_day() -> None:
    monday = replace(act(), day=date(2026, 11, 30))
    rule = Rule(2, {"day": "2026-11-30"}, "never_propose")
    assert apply_rules([monday], [rule])[0] == ()
    assert apply_rules([replace(monday, day=date(2026, 12, 1)), act()], [rule])[1] == ()


def test_a_rule_keeps_an_act_back_and_a_note_says_so() -> None:
    kept, notes = apply_rules([act()], [Rule(2, {"place": "Jean-Moulin"}, "never_propose")])
    assert kept == ()
    assert "Règle n° 2" in notes[0] and "Repas du lundi" in notes[0]


@pytest.mark.parametrize(
    ("where", "concerned"),
    [
        ({"rank": 7}, True),
        ({"rank": 7.0}, True),
        ({"rank": "7"}, False),
        ({"rank": True}, False),
        ({"holiday": False}, True),
        ({"holiday": 0}, False),
        ({"menu": "Poisson"}, False),
        ({"absent": None}, False),
        ({"subject": "Repas du lundi", "menu": "poisson"}, True),
        ({"subject": "Repas du lundi", "menu": "frites"}, False),
        ({}, False),
    ],
)
def test_a_rule_concerns_exactly_the_acts_that_it_names(where: dict[str, Any], concerned: bool) -> None:
    kept, _ = apply_rules([act()], [Rule(1, where, "never_propose")])
    assert (kept == ()) is concerned


def test_a_rule_that_came_without_a_contestation_says_so() -> None:
    (changed,), _ = apply_rules([act()], [Rule(1, {"rank": 7}, "set", 1, contested=False)])
    assert changed.reasons[-1].startswith("Règle n° 1, ajoutée par une personne")


@pytest.mark.parametrize("rule", [Rule(1, {"rank": 7}, "set"), Rule(1, {"rank": 7}, "double", 2)])
def test_a_rule_without_sense_is_refused(rule: Rule) -> None:
    with pytest.raises(CorrectionError):
        apply_rules([act()], [rule])


def test_a_regression_case_says_whether_it_comes_out_right() -> None:
    acts = [act(100)]
    assert is_met({"kind": "between", "low": 90, "high": 110}, acts, "Repas du lundi")
    assert not is_met({"kind": "between", "low": 101, "high": 110}, acts, "Repas du lundi")
    assert not is_met({"kind": "between", "low": 90, "high": 110}, acts, "Autre")
    assert is_met({"kind": "not_proposed"}, acts, "Autre")
    assert not is_met({"kind": "not_proposed"}, acts, "Repas du lundi")


def test_a_decimal_column_keeps_its_type() -> None:
    table = pa.table({"k": ["a"], "v": pa.array([Decimal("1.20")], pa.decimal128(6, 2))})
    corrected = apply_labels({"t": table}, [Label(1, "t", {"k": "a"}, "v", Decimal("2.50"))])["t"]
    assert corrected["v"].to_pylist() == [Decimal("2.50")]
