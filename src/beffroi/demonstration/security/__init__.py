"""Security in the demonstration: a commune of five computers, its agglomeration of sixty, a CSIRT, an incident under way.

In: the invented town and its members. Out: two more territories with their people (`admit`), everything done by the services of the
pages (`show`); each text says that it is an example. `addresses`: those that open without an account.
"""

from dataclasses import dataclass

from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory

from ..members import Members
from ..town import Town
from . import agglomeration, commune, incident, offers
from .cast import Cast, admit_cast, found_territories

__all__ = ["Cast", "Security", "admit", "incident", "show"]


@dataclass(frozen=True)
class Security:
    """Who walks its pages; `addresses`: what opens without an account, by what it is."""

    cast: Cast
    addresses: dict[str, str]


def show(seat: Territory, members: Members, cast: Cast) -> Security:
    """Do it all; called once, in no territory. The incident is opened by who tells its night."""
    with scope.inside(seat):
        agglomeration.fill_in(seat, cast.security_officer)
    with scope.inside(cast.commune):
        addresses = commune.fill_in(cast)
    offers.propose(cast)
    with scope.inside(cast.commune):
        offers.answer(cast)
        commune.follow_the_plan(cast)
        offers.share(cast.commune, cast.mayor, "answers")
    with scope.inside(seat):
        offers.share(seat, members.decider, "progress")
    return Security(cast, addresses)


def admit(seat: Territory, town: Town) -> Cast:
    """The commune and the CSIRT, and who walks their pages."""
    return admit_cast(seat, *found_territories(town))
