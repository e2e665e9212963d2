"""Every form and every query: each identifier of one's own replaced by the other territory's, one at a time."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from rings import LONG, representatives

from . import routes
from .pages import Form, Offer, unknown_like
from .parameters import FILL, HIDDEN_QUERIES, HIDDEN_VALUES
from .routes import Route
from .visitors import Attempts
from .world import Side

VISITORS = representatives(("both", "everything"), ["both"])
MOST_VALUES = 4 if LONG else 1
MEMBERS = routes.of_space("t")
WORDS = ("gnurfet", "plistrame")  # which no guide of the site holds
# What the pages of this version offer at least: a page that stopped showing its form would stop being tried.
MUST_BE_TRIED = {
    ("decisions-accept", "proposal"),
    ("delivery", "t0-dataset"),
    ("drafts", "jeu"),
    ("draft-save", "board"),
    ("draft-step", "avec"),
    ("new-analysis", "jeu"),
    ("new-analysis", "board"),
    ("system-bind", "attendance"),
    ("system-run", "key"),
    ("system-supervise", "supervisor"),
    ("upload", "jeu"),
}
# The pages that one searches by words of one's own (a dataset, by a day).
SEARCHES = {
    "billing-statement",
    "catalogue",
    "crisis-journal",
    "dataset",
    "decisions-history",
    "exercise-page",  # its forms are sent nowhere
    "people",
    "recommendations",
    "register",
    "search",
    "sources",
    "trust-law",
    "trust-register",
}
MUST_BE_ASKED = {
    ("dataset", "finalite"),
    ("draft-step", "avec"),
    ("new-analysis", "jeu"),
    ("run", "lieu"),
    ("upload", "jeu"),
}


type Swaps = dict[tuple[str, str], list[str]]  # by route and field, values of the other territory


def theirs(offers: tuple[Offer, Offer], b: Side) -> Swaps:
    """By form's route and field, the values that B's pages offer and A's do not."""
    own, other = offers[0].values(), offers[1].values()
    found = {key: sorted(values - own.get(key, set()))[:MOST_VALUES] for key, values in other.items()}
    for key, values in HIDDEN_VALUES.items():
        found[key] = found.get(key, []) + [str(value(b)) for value in values]
    return {key: values for key, values in found.items() if values}


def asked_theirs(offers: tuple[Offer, Offer], b: Side) -> Swaps:
    own, other = offers[0].asked(), offers[1].asked()
    found = {key: sorted(values - own.get(key, set()))[:MOST_VALUES] for key, values in other.items()}
    for key, values in HIDDEN_QUERIES.items():
        found[key] = found.get(key, []) + [str(value(b)) for value in values]
    return {key: values for key, values in found.items() if values}


@pytest.fixture(scope="package")
def swaps(everyone: Attempts, offers: tuple[Offer, Offer]) -> Swaps:
    return theirs(offers, everyone.world.b)


@pytest.fixture(scope="package")
def asked_swaps(everyone: Attempts, offers: tuple[Offer, Offer]) -> Swaps:
    return asked_theirs(offers, everyone.world.b)


def files(form: Form) -> dict[str, Any]:
    content = "Lieu;Jour;Nombre\nici;01/02/2026;3\nlà;02/02/2026;4\n".encode()
    return {
        name: SimpleUploadedFile("essai.csv", content)
        for name, each in form.fields.items()
        if each.kind == "file"
    }


def send(attempts: Attempts, visitor: str, url: str, data: dict[str, Any] | None, echoed: list[str]) -> Any:
    """One submission, undone; a redirection must lead to a page that this visitor may see."""
    method = "GET" if data is None else "POST"
    what = f"{visitor} {method} {url} {data or ''}"
    with attempts.undone(what):
        answer = attempts.send(visitor, method, url, data)
        then = answer.headers.get("location", "")
        if answer.status in (301, 302, 303) and urlsplit(then).path.startswith("/t/"):
            followed = attempts.client(visitor).get(then)
            assert followed.status_code < 400, f"{what} leads to {then}: {followed.status_code}"
            attempts.look(type(answer).of(followed), f"{what}, then {then}", *echoed)
    attempts.look(answer, what, url, *echoed)
    return answer.bare([url, *echoed], numbers=True)


def submissions(form: Form, name: str, value: str) -> dict[str, Any]:
    filled = {
        field: text
        for (route, field), text in FILL.items()
        if route in (form.route, "*") and field in form.fields
    }
    return form.sent() | filled | files(form) | {name: value}


def forms_of(offer: Offer, route: str) -> Iterator[Form]:
    """One form for each set of fields: ten buttons of ten lines are one form. In the long ring, also for each address."""
    seen = set()
    for form in offer.forms:
        key = (LONG and form.action.split("?")[0], frozenset(form.fields))
        if form.route == route and key not in seen:
            seen.add(key)
            yield form


@pytest.mark.parametrize("route", MEMBERS, ids=lambda route: route.name)
def test_a_form_takes_nothing_of_another_territory(
    attempts: Attempts, offers: tuple[Offer, Offer], swaps: Swaps, route: Route
):
    for form in forms_of(offers[0], route.name):
        for name in form.fields:
            for value in swaps.get((route.name, name), []):
                unknown = unknown_like(value)
                for visitor in VISITORS:
                    echoed = [value, unknown]
                    forbidden = send(attempts, visitor, form.action, submissions(form, name, value), echoed)
                    absent = send(attempts, visitor, form.action, submissions(form, name, unknown), echoed)
                    assert forbidden == absent, (
                        f"{visitor}: {form.action} tells {name}={value} of another territory from {unknown}"
                    )


@pytest.mark.parametrize("route", MEMBERS, ids=lambda route: route.name)
def test_a_query_finds_nothing_of_another_territory(
    attempts: Attempts, offers: tuple[Offer, Offer], asked_swaps: Swaps, route: Route
):
    url = route.at(route.values(attempts.world.a))
    contexts = {frozenset(query): query for query in offers[0].queries.get(route.name, [])}
    for (name_of_route, name), values in asked_swaps.items():
        if name_of_route != route.name:
            continue
        around: list[dict[str, str]] = [q for keys, q in contexts.items() if name in keys] or [{}]
        for query in representatives(around, [max(around, key=len)]):
            for value in values:
                unknown = unknown_like(value)
                for visitor in VISITORS:
                    answers = [
                        send(
                            attempts,
                            visitor,
                            f"{url}?{urlencode(query | {name: asked})}",
                            None,
                            [value, unknown],
                        )
                        for asked in (value, unknown)
                    ]
                    assert answers[0] == answers[1], f"{url} tells {name}={value} from {unknown}"


@pytest.mark.parametrize("route", MEMBERS, ids=lambda route: route.name)
def test_a_search_finds_nothing_of_another_territory(
    attempts: Attempts, offers: tuple[Offer, Offer], route: Route
):
    url, words = route.at(route.values(attempts.world.a)), attempts.world.b.words
    for name in sorted(offers[0].texts.get(route.name, ())):
        for visitor in VISITORS:
            for word, unknown in zip((words.private, words.public), WORDS, strict=True):
                answers = [
                    send(attempts, visitor, f"{url}?{urlencode({name: asked})}", None, [word, unknown])
                    for asked in (word, unknown)
                ]
                assert answers[0] == answers[1], f"{url} finds « {word} »"


def test_the_forms_and_queries_that_hold_identifiers_were_found(
    offers: tuple[Offer, Offer], swaps: Swaps, asked_swaps: Swaps
):
    in_forms = {(form.route, name) for form in offers[0].forms for name in form.fields}
    assert in_forms >= MUST_BE_TRIED, MUST_BE_TRIED - in_forms
    assert swaps.keys() >= MUST_BE_TRIED, MUST_BE_TRIED - swaps.keys()
    assert asked_swaps.keys() >= MUST_BE_ASKED, MUST_BE_ASKED - asked_swaps.keys()
    assert offers[0].texts.keys() == SEARCHES, (
        f"write the searches in SEARCHES: {offers[0].texts.keys() ^ SEARCHES}"
    )
