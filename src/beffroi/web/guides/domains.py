"""Domains of the guides: a subject (security, general), where it is in the navigation, and the acts that open its guides.

Rooms above register theirs. A guide whose domain nobody registered has no page: what is not allowed is refused.
"""

from dataclasses import dataclass

from beffroi.guides import Guide


@dataclass(frozen=True)
class Domain:
    """A subject of guides. `place`: in the navigation; `home`: its page there; `read`, `answer`, `accept`: acts of the permission table."""

    key: str
    title: str
    place: str
    home: str
    read: str
    answer: str
    accept: str


_domains: dict[str, Domain] = {}


def register(domain: Domain) -> None:
    _domains[domain.key] = domain


def all_domains() -> list[Domain]:
    return list(_domains.values())


def domain_of(guide: Guide) -> Domain | None:
    """The domain of this guide; None where its pages are another room's own."""
    return _domains.get(guide.domain)
