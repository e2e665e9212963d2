"""The parts of the report that other rooms make: each registers one, under its key; without it the report says so.

A maker gets the territory and the two moments between which it counts; it gives a `Section`, or None for nothing to say.
"""

from collections.abc import Callable
from datetime import datetime

from beffroi.web.territories.models import Territory

from .content import Section

type Maker = Callable[[Territory, datetime, datetime], Section | None]
_makers: dict[str, Maker] = {}

# What a report must speak of, and what it says until a room answers.
EXPECTED: dict[str, tuple[str, str]] = {
    "contestations": (
        "Contestations",
        "Non suivi : cette installation ne compte pas encore les contestations. Elles sont possibles auprès du contact de la "
        "collectivité.",
    )
}


def register_section(key: str, maker: Maker) -> None:
    """Add a part; the same key again replaces it."""
    _makers[key] = maker


def made(territory: Territory, since: datetime, until: datetime) -> tuple[Section, ...]:
    found = [maker(territory, since, until) for maker in _makers.values()]
    said = [section for section in found if section is not None]
    held = {section.key for section in said}
    said += [Section(key, title, (told,)) for key, (title, told) in EXPECTED.items() if key not in held]
    return tuple(sorted(said, key=lambda section: section.key))
