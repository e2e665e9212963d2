"""Cards of the systems as the public sees them."""

from typing import Any

from beffroi.web.territories.models import Territory

from .models import SystemUse


def public_cards(territory: Territory) -> list[Any]:
    names = SystemUse.objects.of(territory).filter(public=True).values_list("system", flat=True)
    return [card for name in names if (card := public_card(territory, name)) is not None]


def public_card(territory: Territory, system: str) -> Any:
    from . import cards

    return cards.public_card(territory, system)
