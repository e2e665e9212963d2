"""R52. Committee composed of experts, independents and citizens.

Accepted when the composition is checked before each opinion, and conflicts of interest are declared.
"""

import pytest

from beffroi.web.territories.models import Territory
from beffroi.web.trust.committee import services
from beffroi.web.trust.errors import TrustError
from beffroi.web.workshop.models import SystemUse
from life import somebody
from trust.committee import WHY, declared, held, seated

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("but", ["expert", "independent", "citizen"])
def test_r52_no_opinion_without_experts_independents_and_citizens(
    use: SystemUse, territory: Territory, but: str
) -> None:
    seats = seated(territory, but=but)
    declared(use, seats, somebody(territory, "administrator"))
    session = held(territory, seats, somebody(territory, "administrator"))
    with pytest.raises(TrustError, match=r"Il manque|au moins 5"):
        services.opine(
            use,
            somebody(territory, "committee_member"),
            session,
            verdict="favourable",
            text=WHY,
            votes=(len(seats), 0, 0),
        )


def test_r52_no_opinion_before_every_member_present_has_declared_their_interests(
    use: SystemUse, territory: Territory
) -> None:
    seats = seated(territory)
    session = held(territory, seats, somebody(territory, "administrator"))
    with pytest.raises(TrustError, match="chacun déclare"):
        services.opine(
            use,
            somebody(territory, "committee_member"),
            session,
            verdict="favourable",
            text=WHY,
            votes=(5, 0, 0),
        )
