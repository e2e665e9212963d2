"""Who may read, fill in and accept a guide: the acts of its domain. A guide without a domain here is refused."""

from django.core.exceptions import PermissionDenied

from beffroi.guides import Guide
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, require

from ..domains import Domain, registered_domain


def may_read(person: object, guide: Guide, territory: Territory) -> bool:
    domain = registered_domain(guide)
    return domain is not None and may(person, domain.read, territory)


def may_answer(person: object, guide: Guide, territory: Territory) -> bool:
    domain = registered_domain(guide)
    return domain is not None and may(person, domain.answer, territory)


def require_answer(person: Person, guide: Guide, territory: Territory, act: str = "") -> None:
    """Raises PermissionDenied. `act`: the one that is asked for instead, where it includes filling in this guide."""
    own = _domain(guide).answer
    require(person, act or own, territory)


def require_accept(person: Person, guide: Guide, territory: Territory) -> None:
    """Raises PermissionDenied."""
    require(person, _domain(guide).accept, territory)


def _domain(guide: Guide) -> Domain:
    domain = registered_domain(guide)
    if domain is None:
        raise PermissionDenied("Ce guide ne se remplit pas ici.")
    return domain
