"""What one may not do keeps its button, with the reason and who may: never a page that ends in nothing."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.rights import Permission
from beffroi.web.studio.models import Board
from beffroi.web.tenancy.services import Term, admit
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory()


def named(town, role, name):
    person = a_person(town, role, email=f"{name.lower()}@example.org")
    person.name = name
    person.save()
    return person


def test_who_may_is_allowed_and_nothing_more_is_asked(town, django_assert_num_queries):
    officer = named(town, "data_officer", "Camille")
    with django_assert_num_queries(1):
        assert Permission(officer, "dataset.publish", town)


def test_the_reason_names_the_role_and_the_people_who_have_it(town):
    agent = named(town, "agent", "Alix")
    named(town, "data_officer", "Camille")
    refused = Permission(agent, "dataset.publish", town)
    assert not refused
    assert "« référent de jeux de données » ou « gestionnaire des données »" in refused.reason
    assert refused.reason.endswith("Demandez à Camille.")


def test_where_nobody_has_the_role_the_reason_says_who_may_give_it(town):
    agent = named(town, "agent", "Alix")
    named(town, "administrator", "Dominique")
    assert Permission(agent, "decision.record", town).reason.endswith(
        "Personne ne l'a encore ici : Dominique peut le donner."
    )


def test_a_partner_from_outside_reads_the_role_and_no_name(town):
    until = timezone.now() + timedelta(days=30)
    partner = admit(town, "pascal@example.org", "Pascal", ["partner"], by=None, term=Term(until=until))
    named(town, "data_officer", "Camille")
    reason = Permission(partner, "dataset.publish", town).reason
    assert ("gestionnaire des données" in reason, "Camille" in reason) == (True, False)


def test_the_people_of_another_territory_are_never_named(town):
    elsewhere = a_territory("Ailleurs", code="99T02")
    named(elsewhere, "data_officer", "Lointain")
    assert "Lointain" not in Permission(named(town, "agent", "Alix"), "dataset.publish", town).reason


@pytest.mark.parametrize(
    ("role", "route", "label"),
    [
        ("decider", "catalogue", "Déposer un fichier"),
        ("decider", "deliveries", "Déposer un fichier"),
        ("decider", "boards", "Nouvelle analyse"),
        ("agent", "board", "Partager"),
        ("dpo", "people", "Inviter une personne"),
    ],
)
def test_a_page_keeps_the_button_of_what_its_reader_may_not_do(town, role, route, label):
    Board.objects.create(territory=town, slug="repas", title="Repas")
    client = strongly(Client(), named(town, role, "Alix"))
    page = client.get(reverse(route, args=[town.slug, *(["repas"] if route == "board" else [])]))
    kept = page.content.decode().partition('<details class="reserved"><summary')[2]
    assert kept.partition(">")[2].startswith(f"{label}</summary><p>Pour "), page.status_code
