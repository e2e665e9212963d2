"""Full examination of the canteen: required data, reasons, errors, small towns, attack, alternatives.

Whoever asks for it shares the group `canteen_report`. What only the whole examination shows belongs to the long ring; that a
leaky system is caught is proved in `test_membership.py` by the quick one too.
"""

import pytest

from beffroi.systems.check.scale import MAX_ATTACK_AUC
from rings import representatives
from systems.reports import canteen_point, canteen_report

pytestmark = pytest.mark.xdist_group("canteen_report")


@pytest.mark.requirement("R11")
def test_each_declared_column_is_needed_and_no_other_is_passed() -> None:
    for key in representatives(("read", "dropped", "same"), ("dropped", "same")):
        assert canteen_point(key).ok, canteen_point(key).told


@pytest.mark.long
@pytest.mark.requirement("R11")
def test_the_learning_curve_shows_that_less_history_does_worse() -> None:
    curve = dict(canteen_report().learning)
    assert curve.keys() == {0.25, 0.5, 1.0}
    assert curve[0.25] > curve[0.5] > curve[1.0]
    assert "il est nécessaire" in canteen_point("learning").told


@pytest.mark.long
@pytest.mark.requirement("R12")
@pytest.mark.requirement("R49")
def test_membership_in_the_training_data_of_the_canteen_cannot_be_inferred_from_its_outputs() -> None:
    attack = canteen_report().attack
    assert attack is not None
    auc, low, high = attack
    assert low <= auc <= high < MAX_ATTACK_AUC
    detail = canteen_point("membership").told
    assert "AUC" in detail and "le hasard vaut 0,5" in detail


@pytest.mark.requirement("R41")
def test_what_does_not_explain_itself_is_barred() -> None:
    assert canteen_point("reasons").ok
    individual = canteen_point("individual")
    assert individual.ok and individual.blocking


@pytest.mark.requirement("R42")
def test_the_error_is_a_figure_with_its_interval() -> None:
    report = canteen_report()
    assert report.value is not None and report.score is not None
    low, high = report.score["value_interval"]
    assert low < report.value < high
    for key in representatives(("coverage", "planted", "judged"), ("judged",)):
        assert canteen_point(key).ok, key


@pytest.mark.long
@pytest.mark.requirement("R66")
def test_the_gain_over_the_way_without_ai_is_more_than_luck() -> None:
    assert canteen_report().recommended
    assert canteen_point("beats").ok and canteen_point("sure").ok


@pytest.mark.requirement("R67")
def test_two_options_and_one_without_ai_are_measured_on_the_same_data() -> None:
    report = canteen_report()
    assert report.baseline is not None and report.score is not None
    assert len(report.score["without_ai"]) >= 1
    detail = canteen_point("options").told
    assert "sans IA" in detail and "Commande actuelle de la ville" in detail


@pytest.mark.requirement("R101")
def test_the_sample_is_cut_down_to_nothing() -> None:
    point = canteen_point("tiny")
    assert point.ok and "3 lignes : refus" in point.told
