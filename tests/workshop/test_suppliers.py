"""Suppliers answer every question, and every critical component has an alternative, before anything is checked."""

import pytest

from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.sheets import AnswersError, sheet
from life import NEED, SOVEREIGNTY, SUPPLIER, law, prepare, step
from workshop.test_declared import ROBOT

pytestmark = pytest.mark.django_db
NEEDED = [question.key for question in sheet("supplier").questions if question.required]


@pytest.mark.parametrize("silent", NEEDED)
@pytest.mark.requirement("R63")
@pytest.mark.requirement("R64")
def test_a_questionnaire_with_one_silence_is_not_complete(
    territory: Territory, steward: Person, supervisor: Person, silent: str
) -> None:
    use = services.declare(territory, steward, ROBOT)
    with pytest.raises(AnswersError):
        services.answer(use, supervisor, "supplier", {k: v for k, v in SUPPLIER.items() if k != silent})
    assert not use.sheets.filter(kind="supplier").exists()


@pytest.mark.requirement("R63")
def test_nothing_is_checked_before_the_supplier_answered(territory: Territory, steward: Person) -> None:
    use = services.declare(territory, steward, ROBOT)
    with pytest.raises(GateClosed, match="Questions au fournisseur"):
        step(use, State.CHECKED)
    prepare(use, State.CHECKED)
    step(use, State.CHECKED)


@pytest.mark.requirement("R63")
@pytest.mark.requirement("R64")
def test_the_questions_that_the_report_asks_are_all_there() -> None:
    assert {"how", "who", "training", "verifiable", "retrainable", "labour"} <= set(NEEDED)


@pytest.mark.requirement("R61")
def test_a_component_without_an_alternative_is_refused(measured: SystemUse, supervisor: Person) -> None:
    for line in ("modèle X", "modèle X | "):
        with pytest.raises(AnswersError, match="il manque « rechange »"):
            services.answer(measured, supervisor, "sovereignty", SOVEREIGNTY | {"dependencies": line})


@pytest.mark.requirement("R61")
def test_nothing_from_elsewhere_is_checked_before_its_dependencies_are_known(
    measured: SystemUse, supervisor: Person
) -> None:
    services.answer(measured, supervisor, "need", NEED)
    services.answer(measured, supervisor, "supplier", SUPPLIER)
    law(measured)
    with pytest.raises(GateClosed, match="Dépendances connues"):
        step(measured, State.CHECKED)
    services.answer(measured, supervisor, "sovereignty", SOVEREIGNTY)
    step(measured, State.CHECKED)
