"""Every address, tried as everyone: with one's own things, with another territory's, and with what does not exist."""

from itertools import product
from typing import Any

import pytest

from rings import LONG, representatives

from . import routes
from .answers import Answer
from .parameters import BODIES, NARROWER, UNKNOWN
from .routes import Route
from .visitors import EVERYONE, NOBODY, Attempts, by_turns, holds_for_all, strongest, visitors_of

METHODS = ("GET", "POST")
OTHER_METHODS = ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
SIGN_IN = "/compte/login/"
MEMBERS = routes.of_space("t")
DEEP = [route for route in MEMBERS if route.swappable]


def named(route: Route) -> str:
    return route.name


def test_every_route_says_the_right_it_needs_and_the_suite_knows_its_parameters():
    assert routes.faults() == []


def test_the_resolver_was_walked_whole():
    assert {"territory", "catalogue", "board", "system", "proposal", "ledger", "portal-territory"} <= {
        route.name for route in routes.all_routes()
    }


def kept_at_the_door(route: Route, answer: Answer) -> bool:
    """Who is not known is led to sign-in; a program is told that it needs a token."""
    return answer.status == 401 if route.api else answer.headers.get("location", "").startswith(SIGN_IN)


def answering_method(attempts: Attempts, route: Route) -> str:
    """The first method that one's own address of this route answers, as who holds every right there opened it."""
    answers = attempts.opened(route)
    return next(method for method in METHODS if answers[method].status not in (404, 405))


def refused_like_unknown(
    attempts: Attempts, route: Route, visitor: str, method: str, theirs: str, unknown: str, without: list[Any]
) -> int:
    """Both answers are the same refusal; its state."""
    forbidden = attempts.attempt(visitor, method, theirs)
    absent = attempts.attempt(visitor, method, unknown)
    assert forbidden.bare([theirs, *without]) == absent.bare([unknown, *without]), (
        f"{visitor} {method} {theirs} tells another territory's thing from an unknown one"
    )
    what = f"{visitor} {method} {theirs}: {forbidden.status}"
    if not attempts.enters(visitor, route):
        assert forbidden.status == 405 or kept_at_the_door(route, forbidden), what
    else:
        # A program's request is read before its territory is looked for: ill-formed, it is so wherever it is sent.
        assert forbidden.status in (404, 405) or (route.api and forbidden.status == 422), what
    return forbidden.status


@pytest.mark.parametrize("route", MEMBERS, ids=named)
def test_ones_own_territory_opens_to_those_who_hold_the_right_and_to_nobody_else(
    attempts: Attempts, route: Route
):
    url = route.at(route.values(attempts.world.a))
    posted = {"POST": BODIES[route.name](attempts.world.a)} if route.name in BODIES else {}
    answers = attempts.opened(route)
    served = {method: answer.status for method, answer in answers.items()}
    assert set(served.values()) - {404, 405}, (
        f"{url} answers {served} to who holds every role: not in the world?"
    )
    # A page that reads a form no more than it is asked for is tried once a visitor.
    methods = METHODS[: 1 if answers["GET"].bare() == answers["POST"].bare() else 2]
    answering = answering_method(attempts, route)
    for visitor in visitors_of(route):
        for method in representatives(methods, [answering] if attempts.may(visitor, route) else methods):
            again = visitor != strongest(route.name)
            answer = attempts.attempt(visitor, method, url, posted.get(method)) if again else answers[method]
            what = f"{visitor} {method} {url}: {answer.status}"
            if served[method] == 405 and answer.status == 405:
                continue
            if not attempts.enters(visitor, route):
                assert kept_at_the_door(route, answer), what
            elif not attempts.may(visitor, route):
                refused = (404, 422) if route.api and method == "POST" else (404,)
                assert answer.status in refused, f"{what}, without the right « {route.declares} »"
            elif route.name not in NARROWER or holds_for_all(visitor, NARROWER[route.name]):
                assert answer.status != 404, f"{what}, with the right « {route.declares} »"


@pytest.mark.parametrize("route", DEEP, ids=named)
def test_another_territorys_identifiers_do_not_exist_in_ones_own(attempts: Attempts, route: Route):
    a, b = attempts.world.a, attempts.world.b
    for theirs, unknown, places in route.mixed(a, b):
        echoed = [theirs[p] for p in places] + [unknown[p] for p in places]
        # Those who lack the right are stopped before anything is looked for: one of them, by turns, by a method that this
        # route answers.
        other = by_turns(route, "everything", *(v for v in visitors_of(route) if v != "both"))
        for visitor in representatives(EVERYONE, ["both", other]):
            one = METHODS if visitor == "both" else [answering_method(attempts, route)]
            states = {
                refused_like_unknown(
                    attempts, route, visitor, method, route.at(theirs), route.at(unknown), echoed
                )
                for method in representatives(METHODS, one)
            }
            assert not attempts.enters(visitor, route) or states & {404, 422}, (
                f"{visitor} {route.at(theirs)}: {states}"
            )


@pytest.mark.parametrize("route", MEMBERS, ids=named)
def test_another_territorys_space_is_as_if_it_were_not(attempts: Attempts, route: Route):
    theirs = route.values(attempts.world.b)
    unknown = theirs | {"slug": "nulle-part"}
    elsewhere = [visitor for visitor in EVERYONE if visitor not in ("neighbour", "both")]
    one, other = by_turns(route, METHODS, METHODS[::-1])
    for visitor, method in representatives(
        product(elsewhere, METHODS), [("everything", one), (NOBODY, other)]
    ):
        echoed = [theirs["slug"], "nulle-part"]
        refused_like_unknown(attempts, route, visitor, method, route.at(theirs), route.at(unknown), echoed)


@pytest.mark.parametrize("route", representatives(MEMBERS, DEEP), ids=named)
def test_the_identifiers_tried_are_those_of_things_that_do_exist_there(attempts: Attempts, route: Route):
    """Without this, a refusal would prove nothing."""
    url = route.at(route.values(attempts.world.b))
    states = {attempts.page("neighbour", url, may_change_b=True).status}
    if LONG or states <= {404, 405}:
        with attempts.undone(url, may_change_b=True):
            body = BODIES[route.name](attempts.world.b) if route.name in BODIES else None
            states.add(attempts.send("neighbour", "POST", url, body).status)
    assert states - {404, 405}, f"{url} answers {states} to who holds every role there"


@pytest.mark.parametrize("route", MEMBERS, ids=named)
def test_other_methods_open_nothing_and_break_nothing(attempts: Attempts, route: Route):
    a, b = attempts.world.a, attempts.world.b
    mixed = [route.at(theirs) for theirs, _, _ in route.mixed(a, b)]
    for method in representatives(OTHER_METHODS, [by_turns(route, *OTHER_METHODS)]):
        for visitor in representatives(("everything", "stranger", NOBODY), ["everything"]):
            attempts.attempt(visitor, method, route.at(route.values(a)))
            for url in [*mixed, route.at(route.values(b))]:
                answer = attempts.attempt(visitor, method, url)
                refused = (401, 404, 405, 422) if route.api else (302, 404, 405)
                assert answer.status in refused, f"{visitor} {method} {url}: {answer.status}"


HOSTS_PAGES = [route for route in routes.of_space("host") if route.hosts]


@pytest.mark.parametrize("route", HOSTS_PAGES, ids=named)
def test_the_hosts_pages_are_shut_to_the_people_of_territories(attempts: Attempts, route: Route):
    for side in (attempts.world.a, attempts.world.b):
        values = route.values(side)
        unknown = {name: UNKNOWN[converter] for name, converter in route.parameters}
        for visitor in visitors_of(route):
            for method in METHODS:
                known, absent = (attempts.attempt(visitor, method, route.at(v)) for v in (values, unknown))
                echoed = [route.at(values), route.at(unknown), *values.values(), *unknown.values()]
                assert known.bare(echoed) == absent.bare(echoed), f"{visitor} {method} {route.at(values)}"
                assert known.status in (404, 405) or (visitor == NOBODY and kept_at_the_door(route, known)), (
                    f"{visitor} {method} {route.at(values)}: {known.status}"
                )
