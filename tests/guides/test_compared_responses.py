"""This year's answers beside last year's: scores, answers that changed across editions, actions done since, who sees it."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from guide_samples import diagnosis, install, protection

from beffroi.guides import Questionnaire
from beffroi.web.guides import presenting
from beffroi.web.guides.models import FollowedAction, Response
from beffroi.web.guides.services import plans, responses
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db


def next_edition() -> Questionnaire:
    content = diagnosis().model_dump(by_alias=True)
    content["edition"] = "2"
    content["sections"][0]["questions"] += (
        {"key": "test", "label": "Essayez-vous la sauvegarde ?", "kind": "yes_no", "required": False},
    )
    return Questionnaire.model_validate(content)


@pytest.fixture
def agent(territory: Territory, client: Client, monkeypatch: pytest.MonkeyPatch) -> Person:
    install(monkeypatch, next_edition(), protection())
    monkeypatch.setattr(presenting, "fed_plans", lambda found: [protection()])
    person = a_person(territory, "agent")
    client.force_login(person)
    return person


def text_of(page: Any) -> str:
    return " ".join(
        html.unescape(re.sub(r"<[^>]*>", " ", page.content.decode())).replace("\xa0", " ").split()
    )


def at(response: Response, end: str = "") -> str:
    return f"/t/{response.territory.slug}/guides/reponses/{response.pk}/{end}"


def test_two_years_are_compared_and_printed(territory: Territory, client: Client, agent: Person) -> None:
    former = responses.open_response(territory, agent, diagnosis())
    responses.save_answers(former, agent, {"updates": "no"})
    assert "Voir ce qui a changé" not in text_of(client.get(at(former)))
    assert client.get(at(former, "comparer/"))["Location"] == at(former)
    plans.propose_from_response(former, agent, protection(feeds=("posts",)))
    plans.propose_own_actions(territory, agent, protection())
    for key in ("updates", "backup"):
        action = FollowedAction.objects.of(territory).get(key=key)
        for state in ("accepted", "done"):
            plans.move_action(action, agent, protection(), state)
    plans.move_action(action, agent, protection(), "begun")  # done, then not
    response = responses.begin_again(former, agent, next_edition())
    responses.save_answers(response, agent, {"updates": "yes", "test": "yes"})
    assert "Voir ce qui a changé" in text_of(client.get(at(response)))
    said = text_of(client.get(at(response, "comparer/")))
    assert "(éditions 1 et 2)" in said
    assert "Tout 0,0 sur 3 3,0 sur 3 mieux" in said
    assert "Les postes sont-ils à jour ? non oui" in said
    assert "Essayez-vous la sauvegarde ? nouvelle question – oui" in said
    assert "Fait depuis Mettre à jour les postes" in said and "Sauvegarder ailleurs" not in said


def test_only_an_earlier_response_of_this_territory_is_compared(
    territory: Territory, client: Client, agent: Person, django_assert_max_num_queries: Any
) -> None:
    first, second, third = (
        responses.open_response(territory, agent, next_edition(), label=label) for label in ("avant", "", "")
    )
    with django_assert_max_num_queries(20):
        page = text_of(client.get(at(third, "comparer/")))
    assert "Aucune." in page and "Comparer avec" in page and "avant" in page
    assert client.get(at(third, f"comparer/?avec={first.pk}")).status_code == 200
    for unknown in (third.pk, 987654, "x"):
        assert client.get(at(third, f"comparer/?avec={unknown}")).status_code == 404
    assert client.get(at(first, f"comparer/?avec={second.pk}")).status_code == 404
