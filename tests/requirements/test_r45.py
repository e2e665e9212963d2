"""R45: bias is measured by group, or why it cannot be; where training comes from is recorded."""

from beffroi.systems import registry
from beffroi.systems.runner import execute, sample
from systems.catalogue import OURS


def test_r45_every_system_of_the_catalogue_measures_groups_or_says_why_not() -> None:
    for name in OURS:
        score = execute(name, "backtest", sample(name)).score
        assert score is not None
        assert len(score.groups) >= 2 or len(registry.get(name).manifest.bias_why_not.split()) >= 3, name


def test_r45_the_origin_of_training_and_the_gap_accepted_are_written() -> None:
    for name in OURS:
        manifest = registry.get(name).manifest
        assert len(manifest.training_origin.split()) >= 3, name
        assert manifest.bias_gap is not None or manifest.bias_why_not, name
