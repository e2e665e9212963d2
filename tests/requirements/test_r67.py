"""R67: compare with and without AI, and several ways."""

import pytest

from systems.reports import canteen_point, canteen_report

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("canteen_report")]


def test_r67_two_options_and_one_without_ai_are_measured_beside_the_system() -> None:
    report = canteen_report()
    assert report.baseline is not None and report.score is not None
    assert len(report.score["peers"]) >= 1
    told = canteen_point("options").told
    assert "sans IA" in told and "Commande actuelle de la ville" in told
