"""The rules of small counts: the figures that the house promised, each with a source, read as of a day."""

from dataclasses import replace
from datetime import date

import pytest

from beffroi.lake import protections
from beffroi.lake.protections import KEYS, RULES, counted, rule_of, rules_on

TODAY = date(2026, 11, 25)


def test_the_floors_and_the_dominance_are_those_promised() -> None:
    in_force = {key: (rule.floor, rule.dominance) for key, rule in rules_on(TODAY).items()}
    assert in_force == {
        "households": (11, None),
        "persons": (11, None),
        "reduced": (5, None),
        "firms": (3, 0.85),
    }


def test_each_rule_has_its_source_and_what_is_left_to_check() -> None:
    for rule in RULES:
        assert rule.source.endswith(".")
        assert "Manuel de protection" in rule.source or rule.to_check.startswith("À vérifier")


def test_changed_rule_applies_from_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    stricter = replace(rule_of("firms", TODAY), floor=5, since=date(2027, 1, 1))
    monkeypatch.setattr(protections, "RULES", (*RULES, stricter))
    assert rule_of("firms", date(2026, 12, 31)).floor == 3
    assert rule_of("firms", date(2027, 1, 1)).floor == 5


def test_a_class_that_is_not_known_has_no_rule() -> None:
    with pytest.raises(KeyError):
        rule_of("chats", TODAY)


def test_rows_are_counted_without_a_unit_column() -> None:
    assert counted("households", "foyer", TODAY).several == "ménages"
    assert counted("households", None, TODAY).several == "lignes"
    assert all(counted(key, "n", TODAY).one for key in KEYS)
