"""R63. Ask and demand answers: how, by whom, which data, verifiable, retrainable. R64. Working conditions in training data.

Accepted when the supplier questionnaire is complete before purchase, and the question of labour is recorded in it.
"""

import pytest

from beffroi.web.territories.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.sheets import SUPPLIER as SHEET
from beffroi.web.workshop.sheets import SheetRefused
from life import SUPPLIER, prepare, step
from workshop.test_declared import ROBOT

pytestmark = pytest.mark.django_db
NEEDED = [question.key for question in SHEET.questions if question.required]


@pytest.mark.parametrize("silent", NEEDED)
def test_r63_r64_a_questionnaire_with_one_silence_is_not_complete(
    territory: Territory, steward: Person, supervisor: Person, silent: str
) -> None:
    use = services.declare(territory, steward, ROBOT)
    with pytest.raises(SheetRefused):
        services.answer(use, supervisor, "supplier", {k: v for k, v in SUPPLIER.items() if k != silent})
    assert not use.sheets.filter(kind="supplier").exists()


def test_r63_nothing_is_checked_before_the_supplier_answered(territory: Territory, steward: Person) -> None:
    use = services.declare(territory, steward, ROBOT)
    with pytest.raises(GateClosed, match="Questions au fournisseur"):
        step(use, State.CHECKED)
    prepare(use, State.CHECKED)
    step(use, State.CHECKED)


def test_r63_r64_the_questions_that_the_report_asks_are_all_there() -> None:
    assert {"how", "who", "training", "verifiable", "retrainable", "labour"} <= set(NEEDED)
