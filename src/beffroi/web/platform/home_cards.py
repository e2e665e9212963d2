"""Cards of the home page of a territory: what changed, what waits. Rooms above register them."""

from collections.abc import Callable
from dataclasses import dataclass

from . import feature_switches
from .models import Person, Territory


@dataclass(frozen=True)
class HomeCard:
    """One card: `count` is shown large when it says how many things wait; `drops`: where files dropped on the home go."""

    title: str
    text: str
    url: str
    count: int | None = None
    order: int = 100
    drops: str = ""


type CardMaker = Callable[[Person, Territory], HomeCard | list[HomeCard] | None]
"""What a room has to say: nothing, one card or several."""

_makers: list[CardMaker] = []


def register(maker: CardMaker) -> None:
    if maker not in _makers:
        _makers.append(maker)


def cards_for(person: Person, territory: Territory) -> list[HomeCard]:
    here = [maker for maker in _makers if feature_switches.card_is_open(territory, maker.__module__)]
    cards: list[HomeCard] = []
    for maker in here:
        made = maker(person, territory)
        cards += made if isinstance(made, list) else [made] if made is not None else []
    return sorted(cards, key=lambda card: card.order)
