"""R61. Sovereignty of model and its data; know dependencies.

Accepted when a system that comes from elsewhere has its dependency sheet, with an alternative for each critical component.
"""

import pytest

from beffroi.web.territories.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.sheets import SheetRefused
from life import NEED, SOVEREIGNTY, SUPPLIER, law, step

pytestmark = pytest.mark.django_db


def test_r61_a_component_without_an_alternative_is_refused(measured: SystemUse, supervisor: Person) -> None:
    for line in ("modèle X", "modèle X | "):
        with pytest.raises(SheetRefused, match="solution de rechange"):
            services.answer(measured, supervisor, "sovereignty", SOVEREIGNTY | {"dependencies": line})


def test_r61_nothing_from_elsewhere_is_checked_before_its_dependencies_are_known(
    measured: SystemUse, supervisor: Person
) -> None:
    services.answer(measured, supervisor, "need", NEED)
    services.answer(measured, supervisor, "supplier", SUPPLIER)
    law(measured)
    with pytest.raises(GateClosed, match="Dépendances connues"):
        step(measured, State.CHECKED)
    services.answer(measured, supervisor, "sovereignty", SOVEREIGNTY)
    step(measured, State.CHECKED)
