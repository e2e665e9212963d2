"""Bias detection: a gap planted between two groups shows in the backtest and keeps the highest tier out of reach."""

from pathlib import Path

import pytest

from beffroi.systems.check import backtest_checks, platinum
from beffroi.systems.check.report import CheckReport, Point, build_point
from beffroi.systems.check.scale import SCALE
from beffroi.systems.contract import Score
from systems import graded

pytestmark = pytest.mark.requirement("R45")
EVEN = "people = level + 12 * day.weekday() + round(chance.gauss(0, 5))"
POORLY_SERVED = 'people = level + 12 * day.weekday() + round(chance.gauss(0, 40 if place == "Gare" else 5))'


def judged(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, rows: str) -> tuple[Score, Point, Point]:
    """The backtest on a sample whose rows are made so, with the points on groups and on their gap."""
    assert EVEN in graded.CAREFUL
    code = graded.CAREFUL.replace(EVEN, rows)
    monkeypatch.syspath_prepend(graded.install(folder / name, name, code))
    bench = graded.bench(name)
    score = bench.backtest(bench.sample).score
    assert score is not None
    return (
        score,
        backtest_checks.check_groups(bench.manifest, score),
        platinum.check_group_gap(bench.manifest, score),
    )


def tier_with(gap: Point) -> str:
    """The tier reached when all the rest of the scale is met."""
    points = [gap if rule.key == "gap" else build_point(rule.key, True, "…") for rule in SCALE]
    return CheckReport("x", "1", "X", "", tuple(points)).tier


def test_a_planted_gap_between_places_is_measured_named_and_bars_the_highest_tier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score, groups, gap = judged(tmp_path, monkeypatch, "unfair", POORLY_SERVED)
    others = [error for place, error in score.groups.items() if place != "Gare"]
    assert score.groups["Gare"] > 3 * max(others)
    assert "Gare" in groups.told
    assert not gap.ok and "pour 5 acceptés" in gap.told.replace(",0", "")
    assert tier_with(gap) == "gold"


def test_places_that_are_served_alike_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    score, groups, gap = judged(tmp_path, monkeypatch, "fair", EVEN)
    assert len(score.groups) == 4 and groups.ok and gap.ok
    assert tier_with(gap) == "platinum"
