"""Every page and form: a label, whoever wrote it, is shown as text and never becomes markup.

The territory of the world bears markup in each of its labels (datasets, columns, cells, files, people, systems, recipes,
contestations and all others); the forms and the addresses are sent the same in each field that one may write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape

from beffroi.web.catalogue.lifecycle.file_storage import safe_name
from beffroi.web.tenancy import hosting
from rings import representatives

from . import routes
from .answers import Answer
from .escaping import MARKUP, SCRIPT, injected, without_token
from .pages import Form, Offer, forms_in
from .parameters import ASKED, FILL
from .routes import Route
from .test_isolation_forms import forms_of
from .visitors import Attempts
from .world import HERE

MEMBERS = [route for route in routes.of_space("t") if not route.api]
OTHERS = [route for route in routes.of_space("p", "host") if not route.api]
VISITOR = "both"
# Whether markup is also sent where a date, a number or a choice is asked for, which refuses the form.
EVERYWHERE = representatives((False, True), [False])
# Where a label of each kind is seen: without it, none would be found as markup either.
SEEN = {
    "dataset": ("catalogue", f"{HERE.private} repas servis"),
    "column": ("dataset", f"Menu {HERE.private}"),
    "cell": ("dataset", f"{HERE.private} école 1"),
    "file": ("deliveries", safe_name(f"{HERE.private} photo.csv")),
    "person": ("people", f"agent {HERE.private}"),
    "system": ("system-declaration", f"Robot {HERE.public}"),
    "recipe": ("board", f"{HERE.private} repas par école 0"),
    "contestation": ("contestation", f"{HERE.private} compté un enfant"),
}
# What turns a sentence around is not kept, wherever it is written.
TURNED = "\u202e"
TEXT = f"Relu avec l'école,{TURNED} pièce par pièce {MARKUP}"
# Where what is written is compared with the cells of a table, as they stand.
AS_WRITTEN = {"draft-step"}


def named(route: Route) -> str:
    return route.name


@contextmanager
def as_operator(attempts: Attempts, what: str) -> Iterator[None]:
    """The visitor also runs the host, for one attempt."""
    with attempts.undone(what, may_change_b=True):
        person = attempts.person(VISITOR)
        assert person is not None
        hosting.set_host_operator(person, active=True, by=None)
        yield


def submitted(attempts: Attempts, form: Form, data: dict[str, Any]) -> list[Answer]:
    """What a form answers, and the page to which it leads. Inside `undone`."""
    answer = attempts.send(VISITOR, form.method, form.action, data)
    there = urlsplit(answer.headers.get("location", ""))
    if answer.status not in (301, 302, 303) or there.netloc not in ("", "testserver"):
        return [answer]
    return [answer, Answer.of(attempts.client(VISITOR).get(there._replace(scheme="", netloc="").geturl()))]


def written(form: Form, *, everywhere: bool) -> dict[str, Any]:
    """The form with markup in what one writes; `everywhere`: in dates, numbers and choices too, which are refused."""
    data = form.sent()
    for name, each in form.fields.items():
        if each.kind == "file":
            table = f"Lieu {MARKUP.replace('"', '')};Nombre\n{MARKUP.replace('"', '')};3\nici;4\n"
            data[name] = SimpleUploadedFile(f"{MARKUP}.csv", table.encode())
        elif each.kind in ("text", "search", "textarea"):
            data[name] = TEXT
        elif everywhere:
            data[name] = SCRIPT if each.kind == "url" else MARKUP
        elif (form.route, name) in FILL:
            data[name] = FILL[form.route, name]
    return data


def check(answers: list[Answer], what: str) -> None:
    for answer in answers:
        assert injected(answer) == [], what
        assert without_token(answer) == [], what


@pytest.mark.parametrize("route", MEMBERS, ids=named)
def test_no_page_of_members_reads_a_label_as_markup(attempts: Attempts, route: Route):
    check([*attempts.opened(route).values()], route.name)


@pytest.mark.parametrize("route", MEMBERS, ids=named)
def test_no_form_of_members_reads_what_it_is_sent_as_markup(
    attempts: Attempts, offers: tuple[Offer, Offer], route: Route
):
    for form in forms_of(offers[0], route.name):
        for everywhere in EVERYWHERE:
            data = written(form, everywhere=everywhere)
            with attempts.undone(form.action):
                answers = submitted(attempts, form, data)
            what = f"{form.action} {data}"
            check(answers, what)
            for page in answers[1:] if route.name not in AS_WRITTEN else []:
                assert TURNED not in page.html, what


@pytest.mark.parametrize("route", MEMBERS, ids=named)
def test_no_address_of_members_is_read_as_markup(
    attempts: Attempts, offers: tuple[Offer, Offer], route: Route
):
    names = {name for query in offers[0].queries.get(route.name, []) for name in query}
    names |= offers[0].texts.get(route.name, set())
    if names:
        url = f"{route.at(route.values(attempts.world.a))}?{urlencode(dict.fromkeys(names, TEXT))}"
        check([attempts.attempt(VISITOR, "GET", url)], url)


def test_no_page_that_links_and_forms_lead_to_reads_a_label_as_markup(
    attempts: Attempts, offers: tuple[Offer, Offer]
):
    assert len(offers[0].pages) > 50
    for url, answer in attempts.read_pages().items():
        check([answer], url)


@pytest.mark.parametrize("route", OTHERS, ids=named)
def test_no_page_nor_form_of_the_public_and_of_the_host_reads_a_label_as_markup(
    attempts: Attempts, route: Route
):
    url = route.at(route.values(attempts.world.a)) + ASKED.get(route.name, "")
    with as_operator(attempts, url):
        page = attempts.send(VISITOR, "GET", url)
    assert page.status < 500
    check([page], url)
    for form in forms_in(url, page.html):
        for everywhere in EVERYWHERE:
            with as_operator(attempts, form.action):
                answers = submitted(attempts, form, written(form, everywhere=everywhere))
            check(answers, form.action)


@pytest.mark.parametrize("label", SEEN)
def test_a_label_of_each_kind_is_shown(attempts: Attempts, label: str):
    """Without this, none of them as markup would prove nothing."""
    name, words = SEEN[label]
    (route,) = [route for route in MEMBERS if route.name == name]
    assert escape(words) in attempts.opened(route)["GET"].html
