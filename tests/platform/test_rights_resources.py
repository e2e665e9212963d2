"""Roles held to named things, what a request remembers of rights, and what a write makes it forget."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beffroi.web.catalogue.lifecycle import edit_card
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership
from beffroi.web.platform.rights import NamedResource, active_roles, has_role, may, may_somewhere
from beffroi.web.tenancy.services import PeopleError, Term, admit, end
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory()


def a_dataset(town, slug):
    with scope.inside(town):
        return Dataset.objects.create(territory=town, slug=slug, title=slug, table=slug)


def a_steward(town, *datasets):
    keys = [dataset.rights_key for dataset in datasets]
    return admit(
        town, "steward@example.org", "Référent", ["steward"], by=None, simulated=True, limited_to=keys
    )


def test_a_steward_manages_their_datasets_and_no_other(town):
    others, other = a_dataset(town, "repas"), a_dataset(town, "voirie")
    steward = a_steward(town, others)
    for act in ("dataset.manage", "dataset.publish", "dataset.read_personal"):
        assert may(steward, act, others), act
        assert not may(steward, act, other), act
        assert not may(steward, act, town), act
        assert may_somewhere(steward, act, town), act


def test_a_steward_of_two_datasets_has_one_row_for_each(town):
    both = a_dataset(town, "repas"), a_dataset(town, "voirie")
    steward = a_steward(town, *both)
    assert all(may(steward, "dataset.manage", dataset) for dataset in both)
    with scope.inside(town):
        assert Membership.objects.of(town).filter(person=steward).count() == 2


def test_the_card_of_another_dataset_answers_404_to_a_steward_and_their_own_is_corrected(town):
    others, other = a_dataset(town, "repas"), a_dataset(town, "voirie")
    client = Client()
    client.force_login(a_steward(town, others))
    assert client.get(f"/t/{town.slug}/donnees/jeux/repas/fiche/").status_code == 200
    assert client.get(f"/t/{town.slug}/donnees/jeux/{other.slug}/fiche/").status_code == 404


def test_the_service_refuses_a_steward_on_another_dataset(town):
    others, other = a_dataset(town, "repas"), a_dataset(town, "voirie")
    steward = a_steward(town, others)
    with scope.inside(town):
        assert edit_card(others, steward, description="Repas servis").description == "Repas servis"
        with pytest.raises(Exception, match="pas le droit"):
            edit_card(other, steward, description="Autre")


def test_a_steward_of_nothing_is_refused(town):
    with pytest.raises(PeopleError, match="objets nommés"):
        a_steward(town)


def test_a_steward_row_without_a_resource_opens_nothing_special(town):
    agent = a_person(town, "agent")
    with scope.inside(town):
        Membership.objects.create(territory=town, person=agent, role="steward")
    assert not may_somewhere(agent, "dataset.manage", town)


def test_a_role_limited_to_an_unknown_resource_is_refused_and_states_which_exist(town):
    a_dataset(town, "repas")
    with pytest.raises(PeopleError, match="repas"):
        admit(town, "x@example.org", "X", ["steward"], by=None, limited_to=["dataset:99999"])


def test_a_supervisor_of_one_system_acts_on_that_one_only(town):
    one = admit(town, "s@example.org", "S", ["supervisor"], by=None, limited_to=["system:canteen"])
    canteen, other = NamedResource(town, "system:canteen"), NamedResource(town, "system:autre")
    assert may(one, "system.bind", canteen)
    assert not may(one, "system.bind", other)
    assert has_role(one, "supervisor", canteen)
    assert not has_role(one, "supervisor", other)
    assert may(a_person(town, "supervisor"), "system.bind", other)


@pytest.mark.requirement("R08")
def test_a_partner_always_has_an_end(town):
    with pytest.raises(PeopleError, match="date de fin"):
        admit(town, "p@example.org", "P", ["partner"], by=None)
    later = Term(until=timezone.now() + timedelta(days=30))
    partner = admit(town, "p@example.org", "P", ["partner"], by=None, term=later)
    assert may(partner, "territory.enter", town)
    assert not may(partner, "dataset.read", town)


def test_hats_that_are_not_worn_together_are_refused(town):
    a_person(town, "dpo", email="dpo@example.org")
    with pytest.raises(PeopleError, match="conseille ou contrôle"):
        a_person(town, "decider", email="dpo@example.org")
    a_person(town, "service", email="capteurs@example.org")
    with pytest.raises(PeopleError, match="compte de service"):
        a_person(town, "agent", email="capteurs@example.org")


@pytest.mark.parametrize("role", ["citizen", "host_operator"])
def test_what_is_not_a_role_of_a_territory_is_granted_to_nobody(town, role):
    with pytest.raises(PeopleError, match="Rôle inconnu"):
        admit(town, "x@example.org", "X", [role], by=None)


def memberships_read(queries):
    return [q for q in queries if 'FROM "platform_membership"' in q["sql"]]


def test_a_request_loads_the_roles_of_a_person_once(town):
    client = Client()
    client.force_login(a_person(town, "agent"))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/t/{town.slug}/").status_code == 200
    assert len(memberships_read(queries)) == 1


def test_outside_a_request_roles_are_loaded_anew(town):
    agent = a_person(town, "agent")
    assert may(agent, "territory.enter", town)
    with scope.inside(town):
        Membership.objects.of(town).filter(person=agent).update(until=timezone.now())
    assert not may(agent, "territory.enter", town)


def test_a_write_inside_a_request_is_seen_at_once(town):
    agent = a_person(town, "agent")
    with active_roles.cache_for_request():
        assert may(agent, "territory.enter", town)
        with scope.inside(town):
            end(Membership.objects.of(town).select_related("territory").get(person=agent), by=None)
        assert not may(agent, "territory.enter", town)
