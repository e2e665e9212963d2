"""An objective, its indicator and its starting point are written whole before anything starts, and stay as they were."""

import pytest

from beffroi.web.platform.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.sheets import AnswersError
from life import NEED, carry, step

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "missing",
    [
        "indicator",
        "indicator_unit",
        "indicator_today",
        "indicator_source",
        "indicator_target",
        "indicator_by",
    ],
)
@pytest.mark.requirement("R102")
def test_the_objective_is_whole_or_is_not_kept(use: SystemUse, supervisor: Person, missing: str) -> None:
    with pytest.raises(AnswersError):
        services.answer(use, supervisor, "need", {k: v for k, v in NEED.items() if k != missing})


@pytest.mark.requirement("R102")
def test_an_objective_equal_to_today_is_none(use: SystemUse, supervisor: Person) -> None:
    with pytest.raises(AnswersError, match="rien ne serait mieux"):
        services.answer(use, supervisor, "need", NEED | {"indicator_target": NEED["indicator_today"]})


@pytest.mark.requirement("R102")
def test_nothing_starts_before_it_is_written_and_it_stays_as_it_was(
    measured: SystemUse, supervisor: Person
) -> None:
    with pytest.raises(GateClosed, match="Besoin d'une IA vérifié"):
        step(measured, State.CHECKED)
    use = carry(measured, "sandbox")
    said = {gate["key"]: gate for gate in use.steps.get(state="checked").gates}
    assert "de 8,1 à 6,5 % des repas" in said["need"]["told"].replace("\u00a0", " ")
    first = use.sheets.get(kind="need")
    services.answer(use, supervisor, "need", NEED | {"indicator_target": "7,9"})
    assert use.sheets.get(pk=first.pk).answers["indicator_target"] == 6.5
