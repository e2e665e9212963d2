"""R10. Data quality before AI ("no AI without data").

Accepted when a card cannot move to a trial without a readiness report on its tables.
"""

import pytest

from beffroi.web.catalogue import services as catalogue
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.territories.models import Person
from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import carry, prepare, step

pytestmark = pytest.mark.django_db


def test_r10_no_trial_on_data_that_are_not_there(measured: SystemUse, steward: Person) -> None:
    use = carry(measured, "checked")
    prepare(use, State.SANDBOX)
    catalogue.undo(Snapshot.objects.get(), steward)
    with pytest.raises(GateClosed, match="Données prêtes"):
        step(use, State.SANDBOX)


def test_r10_the_report_on_the_tables_is_frozen_with_the_step(measured: SystemUse) -> None:
    use = carry(measured, "sandbox")
    said = {gate["key"]: gate["evidence"] for gate in use.steps.get(state="sandbox").gates}
    (line,) = said["data"]["tables"]
    assert (line["rows"], line["aside"], line["number"]) == (40, 0, 1)
    assert line["on"]
