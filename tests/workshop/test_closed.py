"""What a system proposed is not decided any more once it was stopped or its use forbidden, alone nor in a batch."""

import pytest
from django.test import Client

from beffroi.web.decisions import second_reading
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide, propose
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop.models import SystemUse
from decisions.conftest import OWN_TEXT, a_case, an_act
from life import law, step
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def elected(tried: SystemUse) -> Person:
    return a_person(tried.territory, "decider", email="maire@example.org")


@pytest.fixture
def waiting(tried: SystemUse) -> list[Proposal]:
    acts = (an_act(), a_case())
    return propose(tried.territory, system="tiny", system_version="1.0.0", run="run-1", acts=acts)


def refused_whatever_is_chosen(
    waiting: list[Proposal], elected: Person, why: str, *, told: str, listed: bool
) -> None:
    meals, case = waiting
    for verdict, value in (("accept", None), ("change", 100.0), ("refuse", None)):
        with pytest.raises(DecisionError, match=why):
            decide(meals, elected, verdict, value=value, reason="Vu")
    with pytest.raises(DecisionError, match=why):
        second_reading.prepare(case, elected, Choice("refuse", None, "Complet", text=OWN_TEXT))
    client, slug = strongly(Client(), elected), meals.territory.slug
    page = client.get(f"/t/{slug}/decisions/{meals.pk}/").content.decode()
    assert told in page and "Enregistrer ma décision" not in page
    page = client.get(f"/t/{slug}/decisions/").content.decode()
    assert "Retenir" not in page and ("ne se décident plus" in page) is listed
    assert not Decision.objects.exists()


def test_a_stopped_system(tried: SystemUse, waiting: list[Proposal], elected: Person) -> None:
    step(tried, "stopped")
    refused_whatever_is_chosen(waiting, elected, "arrêté", told="le service est arrêté", listed=False)


def test_a_system_that_begins_again_leaves_behind_what_it_had_proposed(
    tried: SystemUse, waiting: list[Proposal], elected: Person
) -> None:
    step(tried, "stopped")
    step(tried, "idea")
    refused_whatever_is_chosen(waiting, elected, "arrêté", told="le service est arrêté", listed=False)


def test_a_use_that_the_law_forbids(tried: SystemUse, waiting: list[Proposal], elected: Person) -> None:
    law(tried, manipulation="yes")
    refused_whatever_is_chosen(waiting, elected, "pas permis", told="ne se décide plus", listed=True)


def test_what_was_being_read_again_is_not_confirmed(
    tried: SystemUse, waiting: list[Proposal], elected: Person, territory: Territory
) -> None:
    prepared = second_reading.prepare(waiting[1], elected, Choice("refuse", None, "Complet", text=OWN_TEXT))
    step(tried, "stopped")
    reader = a_person(territory, "supervisor", email="relecture@example.org")
    with pytest.raises(DecisionError, match="arrêté"):
        second_reading.confirm(prepared, reader, "Vu", version=1)
    second_reading.withdraw(prepared, elected)


def test_while_it_serves_people_decide(waiting: list[Proposal], elected: Person) -> None:
    assert decide(waiting[0], elected, "accept", reason="Vu").verdict == "accept"
