"""A system that forecasts nothing says why, and is taken at its word only where its outputs hold no forecast."""

from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems import registry
from beffroi.systems.check import backtest_checks, future, platinum
from beffroi.systems.check.bench import Bench
from beffroi.systems.check.report import Point
from beffroi.systems.contract import Figure, Outcome, ProposedAct, Score
from beffroi.systems.manifest import Manifest, OutputColumn
from beffroi.systems.runner import DEFAULT_LIMITS
from systems import graded

REASON = "Une règle votée est appliquée : rien n’est prévu."
SCORE = Score(4.0, 6.0, None, None, True, "Bon.", "tout", 50, gain_interval=(0.5, 3.0))
ACT = ProposedAct("Annexe", 3.0, "places", 3.0, 3.0, ("C’est la règle votée.",), {"days": 1})


@pytest.fixture(scope="module")
def rule(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The bench of a system that says why it forecasts nothing; its table has one value a place."""
    manifest = graded.CAREFUL_MANIFEST.replace(
        'licence = "EUPL-1.2"', f'licence = "EUPL-1.2"\nforecast_why_not = "{REASON}"'
    ).replace('  {{ name = "day", label = "Jour", type = "date", role = "day" }},\n', "")
    folder = graded.install(tmp_path_factory.mktemp("rule"), manifest=manifest)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        return Bench(registry.get("careful"), {}, 0, DEFAULT_LIMITS, False)


def _coverage(manifest: Manifest, outcome: Outcome, score: Score = SCORE) -> Point:
    points = backtest_checks.check_score(manifest, score, own_data=False, outcome=outcome)
    return next(point for point in points if point.key == "coverage")


def _with_column(manifest: Manifest, **column: str) -> Manifest:
    first = manifest.outputs[0]
    more = OutputColumn.model_validate({"name": "more", "label": "Un de plus", "type": "number"} | column)
    return manifest.model_copy(
        update={"outputs": (first.model_copy(update={"columns": (*first.columns, more)}),)}
    )


def test_intervals_do_not_apply_to_a_system_that_forecasts_nothing_and_says_why(rule: Bench) -> None:
    outcome = Outcome(None, (ACT,))
    found = _coverage(rule.manifest, outcome)
    over_time = platinum.check_rolling_coverage(rule, {}, SCORE, outcome)
    assert found.ok and over_time.ok and found.told == over_time.told == f"sans objet : {REASON}"


def test_without_a_reason_intervals_are_missing(rule: Bench) -> None:
    mute = rule.manifest.model_copy(update={"forecast_why_not": ""})
    found = _coverage(mute, Outcome(None, (ACT,)))
    assert not found.ok and not found.blocking and "forecast_why_not" in found.told


@pytest.mark.parametrize(
    ("column", "sign"),
    [
        ({"role": "low"}, "une borne basse : « Un de plus »"),
        ({"role": "high"}, "une borne haute : « Un de plus »"),
        ({"role": "actual"}, "comparer à ce qui fut mesuré : « Un de plus »"),
        ({"role": "day", "type": "date"}, "une valeur par jour, apprise de valeurs datées : « Visites »"),
    ],
)
def test_outputs_that_hold_a_forecast_refuse_the_reason(
    rule: Bench, column: dict[str, str], sign: str
) -> None:
    found = _coverage(_with_column(rule.manifest, **column), Outcome(None, (ACT,)))
    assert not found.ok and found.blocking and sign in found.told


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(None, (ProposedAct("Annexe", 3.0, "places", 2.0, 4.0, (), {}),)),
        Outcome(None, (), figures=(Figure("all", "Annexe", 3.0, "places", "tout", low=2.0, high=4.0),)),
    ],
)
def test_an_interval_in_a_proposal_or_a_figure_refuses_the_reason(rule: Bench, outcome: Outcome) -> None:
    found = _coverage(rule.manifest, outcome)
    assert not found.ok and found.blocking and "un intervalle : « Annexe »" in found.told


def test_intervals_that_are_measured_are_judged_whatever_the_reason(rule: Bench) -> None:
    narrow = Score(4.0, 6.0, 0.5, 0.9, True, "Bon.", "tout", 500)
    assert not _coverage(rule.manifest, Outcome(None, (ACT,)), narrow).ok


def test_the_future_does_not_apply_where_nothing_is_foreseen_and_is_tried_where_it_can_be(
    rule: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = future.check_future(rule, {"visits": pa.table({"people": [1]})}, backtest=False)
    assert found.ok and found.told == f"sans objet : {REASON}"
    peeking = graded.CAREFUL.replace('abs(row["people"] - mean)', '0.1 * abs(row["people"] - mean) / 100')
    says_so = graded.CAREFUL_MANIFEST.replace("bias_gap", f'forecast_why_not = "{REASON}"\nbias_gap')
    monkeypatch.syspath_prepend(graded.install(tmp_path, "peeking", peeking, says_so))
    bench = graded.bench("peeking")
    try:
        assert not future.check_future(bench, bench.sample).ok
    finally:
        bench.close()
