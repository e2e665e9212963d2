"""R29. No AI deployed by the public service without supervision by public agents.

Accepted when a system without named, trained supervisor cannot be switched on, and stops proposing when its supervisor leaves.
"""

import pytest

from beffroi.web.decisions.models import Proposal
from beffroi.web.territories.models import Membership, Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed, NotAllowedToRun
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import carry, prepare, step

pytestmark = pytest.mark.django_db


def test_r29_nothing_is_switched_on_without_a_named_supervisor(measured: SystemUse) -> None:
    use = carry(measured, "checked")
    prepare(use, State.SANDBOX)
    SystemUse.objects.filter(pk=use.pk).update(supervisor=None)
    with pytest.raises(GateClosed, match="Superviseur nommé"):
        step(use, State.SANDBOX)


def test_r29_the_day_its_supervisor_leaves_it_proposes_nothing_more(
    tried: SystemUse, supervisor: Person, steward: Person
) -> None:
    services.execute(tried, supervisor, "run")
    held = Proposal.objects.count()
    Membership.objects.filter(person=supervisor).delete()
    with pytest.raises(NotAllowedToRun, match="superviser"):
        services.execute(tried, steward, "run")
    assert Proposal.objects.count() == held
