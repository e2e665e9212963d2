"""R66: verify first that AI is really needed."""

import pytest

from beffroi.systems.runner import execute, sample
from systems.catalogue import OURS
from systems.reports import canteen_point, canteen_report


def test_r66_the_way_without_ai_is_measured_on_the_same_days() -> None:
    for name in OURS:
        score = execute(name, "backtest", sample(name)).score
        assert score is not None
        assert score.baseline != score.value and score.gain_interval is not None, name
        assert score.verdict.startswith(("Recommandé", "Ne pas utiliser")), name


@pytest.mark.slow
@pytest.mark.xdist_group("canteen_report")
def test_r66_the_gain_over_the_way_without_ai_is_more_than_luck() -> None:
    assert canteen_report().recommended
    assert canteen_point("beats").ok and canteen_point("sure").ok
