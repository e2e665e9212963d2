"""Rules on a page: what the record of the territory says is not asked again, nothing is said before a fact, « indicatif » is."""

import pytest
from django.test import Client

from beffroi.guides import Rule
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Territory
from places import a_person

pytestmark = pytest.mark.django_db


def begun(territory: Territory, client: Client, kind: str, population: int | None) -> Response:
    Territory.objects.filter(pk=territory.pk).update(kind=kind, population=population)
    territory.refresh_from_db()
    client.force_login(a_person(territory, "agent"))
    client.post(f"/t/{territory.slug}/guides/questionnaires/nis2/")
    return Response.objects.of(territory).get()


def page_of(client: Client, response: Response) -> str:
    return client.get(f"/t/{response.territory.slug}/guides/reponses/{response.pk}/").content.decode()


@pytest.mark.requirement("R74")
def test_a_small_commune_reads_that_it_is_not_concerned_in_principle(
    territory: Territory, client: Client
) -> None:
    response = begun(territory, client, "commune", 1800)
    assert answers_of(response) == {"kind": "commune", "population": 1800}
    page = page_of(client, response)
    assert "Non visée en principe, sauf service exploité ou désignation" in page
    assert "indicatif" in page and "n'est pas en vigueur" in page.replace("&#x27;", "'")


def test_nothing_is_said_before_a_fact(territory: Territory, client: Client) -> None:
    response = begun(territory, client, "inconnue", None)
    assert "Non visée" not in page_of(client, response)


def test_only_the_facts_that_matter_are_asked(territory: Territory) -> None:
    rule = guide(Rule, "nis2")
    keys = [each.key for each in responses.relevant_questions(rule, {"kind": "commune"})]
    assert "large_commune" not in keys
    assert "large_commune" in [each.key for each in responses.relevant_questions(rule, {"kind": "ca"})]
