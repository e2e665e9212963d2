"""The public addresses: only what a territory publishes, only under its own name; the host's pages hold nothing of it."""

import json

import pytest
from django.urls import reverse
from django.utils.html import escape

from rings import representatives

from . import routes
from .answers import Answer
from .parameters import ASKED, HOSTS, SAID_IN_PUBLIC, UNKNOWN, UNPUBLISHED
from .routes import Route
from .visitors import NOBODY, Attempts, by_turns

METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
VISITORS = representatives((NOBODY, "stranger", "everything", "neighbour"), (NOBODY, "everything"))
PUBLIC = routes.of_space("p")
DEEP = [route for route in PUBLIC if route.inner]


def named(route: Route) -> str:
    return route.name


@pytest.mark.parametrize("route", PUBLIC, ids=named)
def test_what_is_published_is_shown_to_anyone_and_nothing_private_with_it(attempts: Attempts, route: Route):
    for side, other in ((attempts.world.a, attempts.world.b), (attempts.world.b, attempts.world.a)):
        url = route.at(route.values(side)) + ASKED.get(route.name, "")
        for visitor in VISITORS:
            with attempts.undone(url):
                answer = attempts.send(visitor, "GET", url)
            assert answer.status == 200, f"{visitor} {url}: {answer.status}"
            said = SAID_IN_PUBLIC.get(route.name)
            shown = without(answer, said(side)) if said else answer.text.lower()
            for word in (side.words.private_word, other.words.private_word, other.words.public_word):
                assert word.encode() not in shown, f"{visitor} {url} shows « {word} »: {context(shown, word)}"


def without(answer: Answer, title: str) -> bytes:
    """The answer without what it may say, as a page, a table or a program would write it."""
    shown = answer.text.lower()
    for written in (
        title,
        escape(title),
        json.dumps(title, ensure_ascii=False)[1:-1],
        title.replace('"', '""'),
    ):
        shown = shown.replace(written.lower().encode(), b"*")
    return shown


def context(text: bytes, word: str) -> str:
    at = text.index(word.encode())
    return text[max(0, at - 200) : at + 80].decode(errors="replace")


@pytest.mark.parametrize("route", DEEP, ids=named)
def test_a_published_thing_is_not_under_another_name(attempts: Attempts, route: Route):
    for own, other in ((attempts.world.a, attempts.world.b), (attempts.world.b, attempts.world.a)):
        for theirs, unknown, places in route.mixed(own, other):
            if own is attempts.world.b and places == ["rank"]:
                continue  # A's ranks are all ranks of B
            for visitor in VISITORS:
                answers = []
                for values in (theirs, unknown):
                    with attempts.undone(route.at(values)):
                        answers.append(attempts.send(visitor, "GET", route.at(values)))
                echoed = [
                    route.at(theirs),
                    route.at(unknown),
                    *(v[p] for v in (theirs, unknown) for p in places),
                ]
                assert answers[0].status == 404, route.at(theirs)
                assert answers[0].bare(echoed) == answers[1].bare(echoed), route.at(theirs)


@pytest.mark.parametrize("route", DEEP, ids=named)
def test_what_is_not_published_is_as_if_it_were_not(attempts: Attempts, route: Route):
    tried = 0
    for side in (attempts.world.a, attempts.world.b):
        for name, converter in route.inner:
            for hidden in UNPUBLISHED.get(name, []):
                values = route.values(side)
                theirs, unknown = values | {name: hidden(side)}, values | {name: UNKNOWN[converter]}
                for visitor in VISITORS:
                    for method in ("GET", "POST"):
                        with attempts.undone(route.at(theirs)):
                            closed = attempts.send(visitor, method, route.at(theirs))
                            absent = attempts.send(visitor, method, route.at(unknown))
                        echoed = [*map(route.at, (theirs, unknown)), theirs[name], unknown[name]]
                        refused = (404, 405) if method == "POST" else (404,)
                        assert closed.status in refused, f"{visitor} {method} {route.at(theirs)}"
                        assert closed.bare(echoed) == absent.bare(echoed), route.at(theirs)
                        tried += 1
    assert tried, f"say in UNPUBLISHED what {route.name} must not show"


@pytest.mark.parametrize("route", PUBLIC, ids=named)
def test_an_unknown_territory_has_no_public_page_and_no_method_breaks_one(attempts: Attempts, route: Route):
    url = route.at(route.values(attempts.world.a) | {"slug": "nulle-part"})
    for visitor in VISITORS:
        assert attempts.attempt(visitor, "GET", url).status == 404
    few = by_turns(route, ("POST", "HEAD"), ("PUT", "OPTIONS"), ("PATCH", "DELETE"))
    for method in representatives(METHODS, few):
        attempts.attempt(NOBODY, method, route.at(route.values(attempts.world.a)))


@pytest.mark.parametrize(
    "name", sorted({route.name for route in routes.all_routes() if not route.parameters} & HOSTS)
)
def test_the_hosts_own_pages_hold_nothing_of_a_territory_but_its_name(attempts: Attempts, name: str):
    for visitor in (*VISITORS, "agent", "former"):
        own = attempts.person(visitor)
        for method in METHODS:
            with attempts.undone(name):
                answer = attempts.send(visitor, method, reverse(name))
            for side in (attempts.world.a, attempts.world.b):
                for word in (side.words.private_word, side.words.public_word):
                    shown = without(answer, side.people["everything"].name)
                    for written in (escape(own.name), own.email) if own else ():  # in the account menu
                        shown = shown.replace(written.lower().encode(), b"*")
                    assert word.encode() not in shown, f"{visitor} {method} {name}: {context(shown, word)}"


def test_home_offers_each_visitor_their_own_territories_only(attempts: Attempts):
    a, b = attempts.world.a.territory, attempts.world.b.territory
    expected = {
        "agent": {a.slug},
        "neighbour": {b.slug},
        "both": {a.slug, b.slug},
        "stranger": set(),
        "former": set(),
    }
    for visitor, slugs in expected.items():
        with attempts.undone("home"):
            answer = attempts.send(visitor, "GET", reverse("home"))
        text = answer.text.decode()
        assert {t.slug for t in (a, b) if f"/t/{t.slug}/" in text} == slugs, visitor


def test_a_link_lets_its_holder_into_their_own_territory_only(attempts: Attempts):
    b = attempts.world.b
    for visitor in (NOBODY, "everything"):
        with attempts.undone("entry", may_change_b=True):
            url = reverse("entry", args=[b.secret])
            attempts.send(visitor, "POST", url)
            known = attempts.client(visitor)
            # A role that decides is first asked for its second factor.
            own = known.get(f"/t/{b.territory.slug}/")
            assert own.status_code == 200 or "/second-facteur/" in own.headers["location"]
            assert known.get(f"/t/{attempts.world.a.territory.slug}/").status_code == 404
