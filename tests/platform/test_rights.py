"""Who may do what: nothing by default, every route declares its right, forbidden and unknown look the same."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import ACTS, RIGHTS, ROLES, may
from beffroi.web.tenancy.services import PeopleError, admit
from places import a_person, a_territory

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def routes(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = ""
) -> list[tuple[str, URLPattern]]:
    found = []
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, here)
        else:
            found.append((here, pattern))
    return found


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


@pytest.mark.requirement("R03")
def test_every_own_route_declares_the_right_it_needs():
    silent = [
        path
        for path, pattern in routes()
        if not path.startswith("compte/") and not hasattr(pattern.callback, "declares")
    ]
    assert silent == []


def test_every_route_of_a_territory_requires_for_a_known_act():
    for path, pattern in routes():
        if path.startswith("t/"):
            assert pattern.callback.declares in ACTS, path


@pytest.mark.requirement("R03")
def test_nothing_is_allowed_to_a_person_without_a_role():
    town = a_territory()
    stranger = Person.objects.create_user("nobody@example.org", name="Personne")
    assert not any(may(stranger, act, town) for act in ACTS)


@pytest.mark.requirement("R89")
def test_a_role_in_one_territory_opens_nothing_in_another():
    town, other = a_territory(), a_territory("Ailleurs", code="99T02")
    agent = a_person(town, "agent")
    assert may(agent, "dataset.deposit", town)
    assert not any(may(agent, act, other) for act in ACTS)


def test_a_role_that_has_ended_opens_nothing():
    town = a_territory()
    agent = a_person(town, "agent")
    Membership.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert not may(agent, "territory.enter", town)


def test_only_a_decider_may_decide():
    assert {role for role, acts in RIGHTS.items() if "decision.record" in acts} == {"decider"}


def test_neither_the_public_nor_the_host_nor_a_partner_is_granted_anything_of_a_territory():
    assert RIGHTS["citizen"] == RIGHTS["host_operator"] == frozenset()
    assert RIGHTS["partner"] == {"territory.enter"}


def test_who_advises_neither_manages_nor_decides():
    for role in ("dpo", "auditor", "committee_member"):
        writing = {"dataset.manage", "dataset.publish", "dataset.deposit", "system.bind", "recipe.edit"}
        assert not RIGHTS[role] & (writing | {"decision.record", "member.invite"}), role


def test_offences_are_read_by_the_authorised_agent_only_and_they_read_nothing_else():
    assert {role for role, acts in RIGHTS.items() if "offence.read" in acts} == {"authorised_agent"}
    assert RIGHTS["authorised_agent"] == {"territory.enter", "offence.read", "offence.confirm"}


def test_every_role_has_a_name_and_only_known_acts():
    assert RIGHTS.keys() == ROLES.keys()
    assert all(acts <= ACTS.keys() for acts in RIGHTS.values())


def test_an_unknown_act_is_an_error_of_the_programmer():
    with pytest.raises(KeyError):
        may(a_person(a_territory(), "agent"), "dataset.burn", a_territory("B", code="2"))


def test_the_unknown_and_the_forbidden_both_answer_404():
    town, other = a_territory(), a_territory("Ailleurs", code="99T02")
    client = signed_in(a_person(town, "agent"))
    forbidden = client.get(f"/t/{other.slug}/")
    unknown = client.get("/t/nulle-part/")
    assert forbidden.status_code == unknown.status_code == 404
    assert forbidden.content == unknown.content


def test_a_visitor_is_sent_to_sign_in_wherever_they_knock():
    town = a_territory()
    for slug in (town.slug, "nulle-part"):
        assert Client().get(f"/t/{slug}/").headers["Location"].startswith("/compte/login/")


def test_inviting_with_an_unknown_role_states_which_roles_exist():
    with pytest.raises(PeopleError, match="decider"):
        admit(a_territory(), "x@example.org", "X", ["chef"], by=None)
