"""A person may belong to two territories: what one of them does with their address gives it nothing of the other."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership
from beffroi.web.platform.rights import may

from .visitors import NOBODY, Attempts

SIGN_IN = "/compte/login/"
_LINK = re.compile(r"/entree/[\w-]+/")


def invited(attempts: Attempts, email: str) -> tuple[str, Client]:
    """What A's administrator is shown after inviting this address, and their browser. Called inside `undone`."""
    a = attempts.world.a.territory
    url = reverse("people-invite", args=[a.slug])
    answer = attempts.send(
        "administrator", "POST", url, {"email": email, "name": "Nom d'ici", "roles": ["agent"]}
    )
    with scope.inside(a):
        assert Membership.objects.of(a).filter(person__email=email).exists(), answer.status
    return answer.body.decode(), attempts.client("administrator")


def test_inviting_a_member_of_another_territory_hands_over_no_way_into_it(attempts: Attempts):
    a, b = attempts.world.a.territory, attempts.world.b
    with attempts.undone("an invitation"):
        shown, _ = invited(attempts, b.people["steward"].email)
        for link in _LINK.findall(shown):
            attempts.send(NOBODY, "POST", link)
            came_in = attempts.client(NOBODY)
            for path in (f"/t/{b.territory.slug}/", f"/t/{b.territory.slug}/donnees/jeux/{b.meals.slug}/"):
                there = came_in.get(path)
                # A page that asks for a second factor would already know who came in.
                assert there.status_code == 404 or SIGN_IN in there.headers.get("location", ""), (
                    f"a link made in {a} leads to {path}"
                )


def test_inviting_a_member_of_another_territory_tells_their_name_and_no_more(attempts: Attempts):
    """A person has one account, and its name; what they are and do elsewhere is not told."""
    b = attempts.world.b
    email, name = b.people["steward"].email, b.people["steward"].name
    with attempts.undone("an invitation"):
        shown, browser = invited(attempts, email)
        people: Any = browser.get(reverse("people", args=[attempts.world.a.territory.slug]))
        for text in (shown, people.content.decode()):
            left = text.lower().replace(email.lower(), "").replace(name.lower(), "")
            assert b.words.private not in left
            assert b.territory.name.lower() not in left


def test_roles_in_two_territories_do_not_mix(attempts: Attempts):
    world = attempts.world
    steward = world.b.people["steward"]
    with scope.inside(world.a.territory):
        assert not may(steward, "territory.enter", world.a.territory)
    with scope.inside(world.b.territory):
        assert may(steward, "territory.enter", world.b.territory)
