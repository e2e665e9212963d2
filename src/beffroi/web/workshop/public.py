"""What the public site may say of the systems of a territory.

In comes a territory (and a system's id); out go cards without any agent's name, good results and bad alike.
"""

from beffroi.web.platform.models import Territory

from .cards import Card, card, use_of
from .models import SystemUse


def public_card(territory: Territory, system: str) -> Card | None:
    """The card for everyone; None when the system is unknown, not in use here, or kept off the public site."""
    use = use_of(territory, system)
    if use is None or not use.public:
        return None
    return card(territory, system, with_names=False)


def public_cards(territory: Territory) -> list[Card]:
    """The cards that the public site shows, in the order of their titles."""
    found = [public_card(territory, use.system) for use in SystemUse.objects.of(territory)]
    return sorted((c for c in found if c is not None), key=lambda c: c.title)
