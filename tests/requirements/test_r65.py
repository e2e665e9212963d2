"""R65. Keep the upper hand ("garde la main"), built or bought.

Accepted when the authority can stop, correct, export and replace a system.
"""

import pytest

from beffroi.web.decisions.models import Proposal
from beffroi.web.territories.models import Person, Territory
from beffroi.web.workshop import cards, services
from beffroi.web.workshop.errors import NotAllowedToRun
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import WHY, somebody
from workshop.test_declared import ROBOT

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "role", ["administrator", "data_officer", "security_officer", "supervisor", "decider"]
)
def test_r65_any_of_those_who_answer_for_it_stops_it_at_once(
    tried: SystemUse, supervisor: Person, role: str
) -> None:
    services.execute(tried, supervisor, "run")
    services.advance(tried, somebody(tried.territory, role), State.STOPPED, reason=WHY)
    tried.refresh_from_db()
    held = Proposal.objects.count()
    with pytest.raises(NotAllowedToRun, match="arrêté"):
        services.execute(tried, supervisor, "run")
    assert Proposal.objects.count() == held > 0  # what was proposed is not lost


def test_r65_a_bought_one_too_is_stopped_and_its_file_leaves_whole(
    territory: Territory, steward: Person
) -> None:
    use = services.declare(territory, steward, ROBOT)
    services.advance(use, steward, State.STOPPED, reason=WHY)
    use.refresh_from_db()
    assert use.state == State.STOPPED
    card = cards.card(territory, use.system)
    assert card is not None and card.to_dict()["supplier"] == "Éditeur d'essai, Robot 3"
