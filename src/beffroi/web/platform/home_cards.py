"""Cards of the home page of a territory: what waits for this person, what changed, the rest. Rooms above register them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from . import feature_switches
from .models import Person, Territory
from .rights import may_somewhere


class Section(StrEnum):
    """Where a card stands on the home page, in this order."""

    TO_DO = "to_do"
    CHANGED = "changed"
    REST = "rest"


@dataclass(frozen=True)
class HomeCard:
    """One card: `count` is displayed large; `drops`: where files dropped on the home go; `topic`: what it is announced under.

    `about`: the stored thing that it is about; of two cards about the same one, the home shows the first.
    A card of `Section.TO_DO` is something that its reader may do now. Its title goes into mails: it names no person.
    """

    title: str
    text: str
    url: str
    count: int | None = None
    order: int = 100
    drops: str = ""
    section: Section = Section.REST
    topic: str = ""
    about: str = ""


@dataclass(frozen=True)
class Topic:
    """What cards are announced under: its label, and the acts of those who may meet them."""

    label: str
    acts: tuple[str, ...]


type CardMaker = Callable[[Person, Territory], HomeCard | list[HomeCard] | None]
"""What a room has to say: nothing, one card or several."""

_makers: list[CardMaker] = []
_topics: dict[str, Topic] = {}


def register(maker: CardMaker) -> None:
    if maker not in _makers:
        _makers.append(maker)


def register_topic(topic: str, label: str, *acts: str) -> None:
    """Declare a topic that people may be notified of: its name on their page of choices, the acts that it is for."""
    _topics[topic] = Topic(label, acts)


def topics_for(person: Person, territory: Territory) -> dict[str, str]:
    """The topics of what this person may do here, with their labels."""
    return {
        name: topic.label
        for name, topic in _topics.items()
        if any(may_somewhere(person, act, territory) for act in topic.acts)
    }


def cards_for(person: Person, territory: Territory) -> list[HomeCard]:
    here = [maker for maker in _makers if feature_switches.card_is_open(territory, maker.__module__)]
    cards: list[HomeCard] = []
    for maker in here:
        made = maker(person, territory)
        cards += made if isinstance(made, list) else [made] if made is not None else []
    return sorted(cards, key=lambda card: card.order)


def sections_for(person: Person, territory: Territory) -> dict[str, list[HomeCard]]:
    """The cards by section, each in its order; every section is there, empty or not."""
    first: dict[object, HomeCard] = {}
    for card in cards_for(person, territory):
        first.setdefault(card.about or card, card)
    cards = list(first.values())
    return {section.value: [card for card in cards if card.section == section] for section in Section}
