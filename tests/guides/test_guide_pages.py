"""The pages of guides: one question a screen without JavaScript, the result at any time, files taken away, who sees what."""

import json
import re

import pytest
from django.test import Client

from beffroi.guides import Plan, Questionnaire, Runbook
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.services import plans, responses
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db
KEY = "mon_aide_cyber"


@pytest.fixture
def officer(territory: Territory, client: Client) -> Person:
    person = a_person(territory, "security_officer")
    client.force_login(person)
    return person


def where(territory: Territory, path: str) -> str:
    return f"/t/{territory.slug}/guides/{path}"


def begun(territory: Territory, client: Client) -> str:
    """The address of the first question."""
    response = client.post(where(territory, f"questionnaires/{KEY}/"))
    assert response.status_code == 302
    return response["Location"]


def test_a_questionnaire_is_answered_one_screen_after_another(
    territory: Territory, officer: Person, client: Client
) -> None:
    address = begun(territory, client)
    seen = []
    for _ in range(4):
        page = client.get(address).content.decode()
        name, value = re.findall(r'type="radio" name="([^"]+)" value="([^"]+)"', page)[0]
        seen.append(name)
        address = client.post(address, {name: value, "note": "vu avec le prestataire"})["Location"]
    assert len(set(seen)) == 4
    page = client.get(where(territory, f"reponses/{Response.objects.get().pk}/")).content.decode()
    assert "4 réponses sur" in page and "vu avec le prestataire" in page


def test_an_answer_that_cannot_be_stored_is_told_beside_its_question(
    territory: Territory, officer: Person, client: Client
) -> None:
    address = begun(territory, client)
    name = address.rstrip("/").split("/")[-1]
    page = client.post(address, {name: "ghost"})
    assert page.status_code == 422 and "choisissez une des réponses proposées" in page.content.decode()


def test_answers_are_taken_away_as_a_table_and_as_json(
    territory: Territory, officer: Person, client: Client
) -> None:
    response = responses.open_response(territory, officer, guide(Questionnaire, KEY))
    responses.save_answers(response, officer, {"contexte-nature-entite": "entite-publique"})
    table = client.get(where(territory, f"reponses/{response.pk}/reponses.csv")).content
    assert "Entité publique" in table.decode("utf-8-sig")
    content = client.get(where(territory, f"reponses/{response.pk}/reponses.json")).content
    assert json.loads(content)["answers"] == answers_of(response)


def test_weaknesses_are_for_those_who_mend_them(
    territory: Territory, officer: Person, client: Client
) -> None:
    response = responses.open_response(territory, officer, guide(Questionnaire, KEY))
    paths = [f"questionnaires/{KEY}/", f"reponses/{response.pk}/", f"reponses/{response.pk}/reponses.csv"]
    client.force_login(a_person(territory, "agent"))
    assert [client.get(where(territory, path)).status_code for path in paths] == [404, 404, 404]
    assert "MonAideCyber" not in client.get(where(territory, "")).content.decode()
    client.force_login(a_person(territory, "auditor"))
    assert [client.get(where(territory, path)).status_code for path in paths] == [200, 200, 200]


def test_a_closed_room_has_no_guides(territory: Territory, officer: Person, client: Client) -> None:
    territory.closed = {"room:cyber": "territory"}
    territory.save()
    assert client.get(where(territory, f"questionnaires/{KEY}/")).status_code == 404


def test_a_page_takes_few_questions_of_the_database(
    territory: Territory, officer: Person, client: Client, django_assert_max_num_queries
) -> None:
    response = responses.open_response(territory, officer, guide(Questionnaire, KEY))
    found = guide(Questionnaire, KEY)
    first = {q.key: q.options[0].key for q in found.questions if q.kind == "choice"}
    responses.save_answers(response, officer, first)
    with django_assert_max_num_queries(20):
        assert client.get(where(territory, f"reponses/{response.pk}/")).status_code == 200


def test_several_answers_are_boxes_to_tick_and_are_stored_in_their_order(
    territory: Territory, officer: Person, client: Client
) -> None:
    incident = guide(Runbook, "cyber_incident")
    run = responses.open_response(territory, officer, incident)
    kinds = next(fact for fact in incident.facts if fact.key == "data_kinds")
    page = where(territory, f"deroules/en-cours/{run.pk}/faits/")
    assert client.get(page).content.decode().count('name="data_kinds"') == len(kinds.options)
    first, second, *_ = [choice.key for choice in kinds.options]
    assert client.post(page, {"data_kinds": [second, first], "some": "data_kinds"}).status_code == 302
    assert answers_of(run) == {"data_kinds": [first, second]}


def test_answers_that_nobody_knows_show_every_theme_and_lead_to_the_whole_plan(
    territory: Territory, officer: Person, client: Client
) -> None:
    path, kit = guide(Questionnaire, "cyber_path"), guide(Plan, "cyber_kit")
    response = responses.open_response(territory, officer, path)
    unknown = {each.key: "unknown" for each in path.questions if "unknown" in {c.key for c in each.options}}
    responses.save_answers(response, officer, unknown)
    page = client.get(where(territory, f"reponses/{response.pk}/")).content.decode()
    page = page.replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")
    themes = {axis for axis, question in path.scored() if question.key in unknown}
    listed = page.partition("Résultat par thème")[2].partition("</table>")[0]
    assert listed.count('scope="row"') == len(themes) > 3
    assert re.search(r"(\d+) réponses, \1 « je ne sais pas »", listed)
    count = len(responses.not_known(path, answers_of(response)))
    assert f"Vous ne savez pas répondre à {count} questions : demandez à votre prestataire" in page
    assert f"/reponses/{response.pk}/tiers/" in page and "Faire le plan" in page
    plans.propose_from_response(response, officer, kit)
    assert {each.key for each in kit.actions} <= {each.key for each in plans.actions_of(territory, kit)}
