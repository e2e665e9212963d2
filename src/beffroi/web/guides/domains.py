"""Domains of the guides: a subject (security, general), where it is in the navigation, and the acts that open its guides.

Rooms above register theirs. A guide whose domain nobody registered has no page: what is not allowed is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from beffroi.guides import Guide
from beffroi.web.platform.models import Territory

GENERAL: Final = "general"
"""The domain of a guide that says none. Whoever reads another domain reads this one too."""

type Figures = Callable[[Territory, bool], dict[str, Any]]
"""How far a territory is in a domain; with the answers, where it shares them."""


@dataclass(frozen=True)
class Domain:
    """A subject of guides. `place`: in the navigation; `home`: its page there; `read`, `answer`, `accept`: acts of the permission table.

    `figures`: what a territory may share with its helper.
    """

    key: str
    title: str
    place: str
    home: str
    read: str
    answer: str
    accept: str
    figures: Figures | None = None


_domains: dict[str, Domain] = {}


def register(domain: Domain) -> None:
    _domains[domain.key] = domain


def all_domains() -> list[Domain]:
    return list(_domains.values())


def domain_of(guide: Guide) -> Domain | None:
    """The domain whose pages show this guide; None where nobody registered it, or where its pages are another room's own."""
    return registered_domain(guide) if guide.listed else None


def registered_domain(guide: Guide) -> Domain | None:
    """The domain whose acts open this guide, wherever it is filled in; None where nobody registered it."""
    return _domains.get(guide.domain)
