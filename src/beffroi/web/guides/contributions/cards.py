"""What third parties sent and nobody checked, on the home of a territory."""

from typing import Final

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory

from .. import home_state
from ..library import library
from ..services.access import may_answer
from .models import Contribution
from .services import guide_of
from .targets import target_of

TOPIC: Final = "contributions"


def waiting_card(person: Person, territory: Territory) -> HomeCard | None:
    """What third parties sent and nobody checked."""
    if not home_state.waiting(territory).contributions:
        return None
    waiting = waiting_for(person, territory)
    if not waiting:
        return None
    return HomeCard(
        "Envois de vos prestataires",
        "À relire : rien ne compte avant votre accord.",
        target_of(waiting[0].link).addresses(territory.slug),
        count=len(waiting),
        order=61,
        section=Section.TO_DO,
        topic=TOPIC,
    )


def waiting_for(person: Person, territory: Territory) -> list[Contribution]:
    """Contributions that this person may check, the oldest first."""
    rows = Contribution.objects.of(territory).filter(state=Contribution.State.WAITING).order_by("pk")
    found = rows.select_related("link__response__edition", "link__action")[:100]
    return [
        each
        for each in found
        if each.link.guide in library().guides and may_answer(person, guide_of(each.link), territory)
    ]
