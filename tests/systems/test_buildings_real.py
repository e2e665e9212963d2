"""Real meters of the OpenDSM and nmecr projects: the year after, against the published figures of OpenDSM's daily model."""

from pathlib import Path

import pytest

from beffroi.systems.buildings import backtest, run
from support.real_meters import Series, next_year, series, tables

# CV(RMSE) of OpenDSM 1.2's daily model, the same days taught and tried (benchmarks/buildings.py measures both).
_PEER = (0.271, 0.363, 0.362, 0.464, 0.155)
_WITHIN = 1.02


@pytest.fixture(scope="module")
def meters(real_data: Path) -> list[Series]:
    folder = real_data / "systems" / "building-energy"
    if not folder.is_dir():
        pytest.skip(f"real files absent: {folder}")
    return series(folder)


@pytest.mark.long
def test_the_year_after_is_foreseen_as_well_as_by_opendsm(meters: list[Series]) -> None:
    errors = [next_year(one) for one in meters]
    assert all(error <= _WITHIN * published for error, published in zip(errors, _PEER, strict=True)), errors
    assert sum(errors) / len(errors) <= sum(_PEER) / len(_PEER)


@pytest.mark.long
def test_intervals_hold_and_degree_days_are_beaten_on_real_meters(meters: list[Series]) -> None:
    covered: list[float] = []
    for group in (meters[:2], meters[2:4], meters[4:]):
        score = backtest(tables(*group), {}, 0)
        assert score.value < score.baseline
        assert score.interval_coverage is not None
        covered.append(score.interval_coverage)
    assert all(0.87 <= share <= 0.93 for share in covered), covered


def test_a_real_town_of_two_meters_is_judged_without_a_word_too_many(meters: list[Series]) -> None:
    outcome = run(tables(*meters[2:4]), {}, 0)
    assert outcome.table.num_rows == 2
    assert {figure.key for figure in outcome.figures} >= {"month_kwh", "month_gap", "progress"}
