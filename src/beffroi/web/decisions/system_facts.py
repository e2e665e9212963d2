"""What the room of systems, above, says of a system on the page of a day: what closed it, what people note of it.

In: a person, a territory, a system, a day. Out: `SystemFacts`, empty where nobody knows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from beffroi.web.platform.models import Person, Territory


@dataclass(frozen=True)
class SystemFacts:
    """`closed`: why nothing of it is decided any more, empty where all is well.

    `records`: the pages where results are noted. `priority`: the identities of what has no day, what matters most first.
    """

    closed: str = ""
    records: tuple[tuple[str, str], ...] = ()  # what the page is called, its address
    morning_url: str = ""
    priority: tuple[str, ...] = ()


type Provider = Callable[[Person, Territory, str, date | None], SystemFacts | None]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def of(person: Person, territory: Territory, system: str, day: date | None) -> SystemFacts:
    found = (provider(person, territory, system, day) for provider in _providers)
    return next((facts for facts in found if facts is not None), SystemFacts())
