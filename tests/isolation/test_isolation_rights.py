"""The table of rights, role by role and act by act: what the visitors that the quick ring leaves out would meet."""

import pytest

from beffroi.web.platform import scope
from beffroi.web.platform.rights import ACTS, active_roles, may, may_somewhere

from . import routes
from .visitors import (
    EVERYONE,
    NOBODY,
    ROLES_HERE,
    WITHOUT_RIGHT,
    Attempts,
    holds,
    holds_for_all,
    strongest,
    visitors_of,
)
from .world import Side

MEMBERS = routes.of_space("t")


def granted(attempts: Attempts, visitor: str, side: Side) -> tuple[set[str], set[str]]:
    """The acts that a visitor has in a territory for something, and for everything."""
    person = attempts.person(visitor)
    with scope.inside(side.territory), active_roles.cache_for_request():
        somewhere = {act for act in ACTS if may_somewhere(person, act, side.territory)}
        return somewhere, {act for act in ACTS if may(person, act, side.territory)}


@pytest.mark.parametrize("visitor", EVERYONE)
def test_a_visitor_has_the_acts_of_their_roles_and_no_other(attempts: Attempts, visitor: str):
    somewhere, everywhere = granted(attempts, visitor, attempts.world.a)
    assert somewhere == {act for act in ACTS if holds(visitor, act)}
    assert everywhere == {act for act in ACTS if holds_for_all(visitor, act)}


@pytest.mark.parametrize("visitor", [v for v in EVERYONE if v not in ("neighbour", "both")])
def test_a_visitor_has_no_act_in_the_other_territory(attempts: Attempts, visitor: str):
    assert granted(attempts, visitor, attempts.world.b) == (set(), set())


def test_over_the_routes_each_role_that_lacks_an_act_and_each_outsider_is_tried():
    tried = {visitor for route in MEMBERS for visitor in visitors_of(route)}
    assert tried == set(EVERYONE)


def test_a_route_is_tried_by_the_strongest_by_a_role_without_its_act_by_an_outsider_and_by_nobody():
    for route in MEMBERS:
        tried = set(visitors_of(route))
        assert {strongest(route.name), "both", NOBODY} <= tried, route.name
        assert tried & set(WITHOUT_RIGHT), route.name
        lacking = {role for role in ROLES_HERE if not holds(role, route.declares)}
        assert not lacking or tried & lacking, route.name
