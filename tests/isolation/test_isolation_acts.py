"""Every declared act: its right is asked first, its button answers to POST only, what is missing is said by its field, a second
press writes nothing.

Its address is tried with the others: 404 of another territory, labels as text.
"""

import re
from collections import Counter
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.acts import Act, registered
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import RIGHTS

from . import routes
from .pages import Form, Offer
from .parameters import FILL
from .routes import Route
from .visitors import ROLES_HERE, Attempts, strongest
from .world import Side

ACTS = list(registered().values())
OF_ACTS = [route for route in routes.of_space("t") if route.act is not None]
BUTTONS = [route for route in OF_ACTS if not route.has_form]
FORMS = [route for route in OF_ACTS if route.has_form]
# Words that any field of text takes.
WORDS = "Relu avec l'école, pièce par pièce, puis noté ici en toutes lettres."
_ERROR = re.compile(r'<ul class="error" id="id_([\w-]+)_error"')


def by_act(declared: Act) -> str:
    return declared.name


def by_name(route: Route) -> str:
    return route.name


def a_row(declared: Act, side: Side) -> Any:
    """Something of this side on which the act is done."""
    if declared.on is Territory:
        return side.territory
    found = declared.on.objects.of(side.territory).first()
    assert found is not None, f"no {declared.on.__name__} in tests/isolation/world.py"
    return found


def written(attempts: Attempts) -> Counter[str]:
    """How many lines of each act the ledger of A has."""
    territory = attempts.world.a.territory
    with scope.inside(territory):
        return Counter(ledger.lines_of(territory).values_list("act", flat=True))


@pytest.mark.parametrize("declared", ACTS, ids=by_act)
def test_the_right_of_an_act_is_asked_before_anything_else(attempts: Attempts, declared: Act):
    lacking = [role for role in ROLES_HERE if declared.right not in RIGHTS[role]]
    arguments = dict.fromkeys(declared.parameters)
    for visitor in (*lacking[:2], "stranger", "neighbour", "former"):
        what = f"{declared.name} by {visitor}"
        with attempts.undone(what), scope.inside(attempts.world.a.territory):
            before = written(attempts)
            with pytest.raises(PermissionDenied):
                actor = {declared.actor: attempts.person(visitor)}
                declared.perform(a_row(declared, attempts.world.a), **actor, **arguments)
            assert written(attempts) == before, what


@pytest.mark.parametrize("route", BUTTONS, ids=by_name)
def test_a_button_is_pressed_never_read(attempts: Attempts, route: Route):
    assert attempts.opened(route)["GET"].status == 405


@pytest.mark.parametrize("route", BUTTONS, ids=by_name)
def test_a_button_writes_one_line_of_its_act_and_a_second_press_none(attempts: Attempts, route: Route):
    url = route.at(route.values(attempts.world.a))
    with attempts.undone(url):
        counts = [written(attempts)]
        for _ in range(2):
            answer = attempts.send(strongest(route.name), "POST", url)
            assert answer.status == 302 or counts[1:], f"{url}: {answer.status}"
            counts.append(written(attempts))
    first, second = counts[1] - counts[0], counts[2] - counts[1]
    assert first[route.act.name] <= 1, f"{url} wrote {first}"
    assert not second[route.act.name], f"{url}, pressed again, wrote {second}"


def filled(form: Form) -> dict[str, Any]:
    """The form with words in each field of text."""
    words = {
        name: FILL.get((form.route, name), WORDS)
        for name, each in form.fields.items()
        if each.kind in ("text", "textarea")
    }
    return words | form.sent()


@pytest.mark.parametrize("route", FORMS, ids=by_name)
def test_what_a_form_lacks_is_said_by_its_field(
    attempts: Attempts, offers: tuple[Offer, Offer], route: Route
):
    url = route.at(route.values(attempts.world.a))
    forms = [form for form in offers[0].forms if form.route == route.name and form.method == "POST"]
    assert forms, f"no page shows a form of {route.name}"
    with attempts.undone(url):
        before = written(attempts)
        answer = attempts.send(strongest(route.name), "POST", url, {})
        if answer.status == 422:
            assert written(attempts) == before
            missing = set(_ERROR.findall(answer.html))
            assert missing and missing <= forms[0].fields.keys(), f"{url}: {missing}"
        else:  # every field may stay empty
            assert answer.status == 302, f"{url}: {answer.status}"


@pytest.mark.parametrize("route", FORMS, ids=by_name)
def test_a_form_sent_twice_writes_at_most_a_line_each_time(
    attempts: Attempts, offers: tuple[Offer, Offer], route: Route
):
    for form in [form for form in offers[0].forms if form.route == route.name][:1]:
        with attempts.undone(form.action):
            for _ in range(2):
                before = written(attempts)
                answer = attempts.send(strongest(route.name), "POST", form.action, filled(form))
                assert answer.status in (302, 404, 422), f"{form.action}: {answer.status}"
                wrote = (written(attempts) - before)[route.act.name]
                assert wrote <= 1 and (answer.status == 302 or not wrote), f"{form.action}: {answer.status}"
