"""What the public site may say of the systems of a territory.

In comes a territory (and a system's id); out go cards without any agent's name, good results and bad alike, or titles alone.
"""

from operator import itemgetter

from beffroi.web.platform.models import Territory

from . import manifests
from .cards import Card, card, use_of
from .models import SystemUse


def public_card(territory: Territory, system: str) -> Card | None:
    """The card for everyone; None when the system is unknown, not in use here, or kept off the public site."""
    use = use_of(territory, system)
    if use is None or not use.public:
        return None
    return card(territory, system, with_names=False)


def public_titles(territory: Territory) -> list[tuple[str, str]]:
    """The id and the title of each system whose card is public, in the order of the titles. One query."""
    manifests_of = map(manifests.readable, SystemUse.objects.of(territory).filter(public=True))
    return sorted(((found.id, found.title) for found in manifests_of if found), key=itemgetter(1))
