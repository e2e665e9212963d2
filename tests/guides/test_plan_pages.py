"""Pages of a plan: what comes next, who does what, states as buttons, stages accepted, the road map of elected members."""

import html
import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guide_samples import diagnosis, install, protection

from beffroi.web.guides.models import FollowedAction
from beffroi.web.guides.services import plans, responses
from beffroi.web.platform.models import Person, Territory
from places import a_person, strongly

pytestmark = pytest.mark.django_db
PLAN = protection()


@pytest.fixture
def agent(territory: Territory, client: Client, monkeypatch: pytest.MonkeyPatch) -> Person:
    install(monkeypatch, PLAN)
    person = a_person(territory, "agent")
    client.force_login(person)
    return person


def at(territory: Territory, end: str = "") -> str:
    return f"/t/{territory.slug}/guides/plans/protection/{end}"


def text_of(response: Any) -> str:
    """What a reader sees, on one line, with plain spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def action(territory: Territory, key: str) -> FollowedAction:
    found: FollowedAction = FollowedAction.objects.of(territory).get(key=key)
    return found


def test_an_empty_plan_says_how_to_begin_and_then_what_comes_next(
    territory: Territory, client: Client, agent: Person
) -> None:
    page = text_of(client.get(at(territory)))
    assert "Aucune action encore" in page and "Ajouter les 3 actions proposées" in page
    client.post(at(territory, "commencer/"))
    plans.move_action(action(territory, "train"), agent, PLAN, "accepted")
    FollowedAction.objects.of(territory).filter(key="train").update(
        due_on=timezone.localdate() - timedelta(3)
    )
    page = text_of(client.get(at(territory)))
    assert "À faire d'abord Former les agents" in page
    assert (
        "0 action faite sur 3 retenues ou proposées, 1 en retard . 50 € retenus, 0 € dépensés, pour un budget de 2 000 €."
        in page
    )
    backup = text_of(client.get(at(territory, f"actions/{action(territory, 'backup').pk}/")))
    assert "Réduit un service s'arrête" in backup


def test_who_when_and_spent_are_written_on_one_line_and_states_are_buttons(
    territory: Territory, client: Client, agent: Person
) -> None:
    plans.propose_own_actions(territory, agent, PLAN)
    backup = action(territory, "backup")
    line = {"owner": "Mme Roy", "due_on": "2026-12-31", "spent": "1 120,50 €", "from": "plan"}
    assert client.post(at(territory, f"actions/{backup.pk}/"), line)["Location"].endswith(
        f"#action-{backup.pk}"
    )
    client.post(at(territory, f"actions/{backup.pk}/etat/"), {"state": "accepted"})
    backup = action(territory, "backup")
    assert (backup.owner, str(backup.spent), backup.state) == ("Mme Roy", "1120.50", "accepted")
    wrong = client.post(at(territory, f"actions/{backup.pk}/"), line | {"spent": "beaucoup"})
    assert wrong.status_code == 422 and 'value="beaucoup"' in wrong.content.decode()
    refused = client.post(at(territory, f"actions/{backup.pk}/etat/"), {"state": "refused", "note": "bof"})
    assert refused.status_code == 422 and ">bof</textarea>" in refused.content.decode()
    client.post(
        at(territory, f"actions/{backup.pk}/etat/"), {"state": "refused", "note": "Fait par le syndicat"}
    )
    client.post(
        at(territory, f"actions/{backup.pk}/piece/"), {"file": SimpleUploadedFile("facture.pdf", b"%PDF")}
    )
    assert "0 action faite sur 2 retenues ou proposées, 1 écartée à part" in text_of(
        client.get(at(territory))
    )
    page = text_of(client.get(at(territory, f"actions/{backup.pk}/")))
    assert "Fait par le syndicat" in page and "facture.pdf" in page and "qui : Mme Roy (avant : –)" in page


def test_the_actions_that_a_diagnosis_calls_for_are_taken_from_it(
    territory: Territory, client: Client, agent: Person
) -> None:
    response = responses.open_response(territory, agent, diagnosis(), label="Mairie")
    responses.save_answers(response, agent, {"updates": "no"})
    assert "Reprendre les actions Postes et sauvegardes, Mairie" in text_of(client.get(at(territory)))
    client.post(at(territory, f"reprendre/{response.pk}/"))
    page = text_of(client.get(at(territory)))
    # Those of the plan that no answer decides come with what the answers call for.
    assert (
        "Mettre à jour les postes" in page and "Sauvegarder ailleurs" in page and "(4 déjà reprises)" in page
    )


def test_all_that_is_proposed_is_retained_in_one_act(
    territory: Territory, client: Client, agent: Person
) -> None:
    plans.propose_own_actions(territory, agent, PLAN)
    plans.move_action(action(territory, "train"), agent, PLAN, "refused", note="Fait par le syndicat")
    assert "Retenir les 2 proposées" in text_of(client.get(at(territory)))
    assert client.post(at(territory, "retenir/")).status_code == 302
    states = {each.key: each.state for each in plans.actions_of(territory, PLAN)}
    assert states.pop("train") == "refused" and set(states.values()) == {"accepted"}
    backup = action(territory, "backup")
    assert backup.due_on == timezone.localdate() + timedelta(30)
    assert [move.state for move in backup.moves.all()] == ["accepted"]
    client.force_login(a_person(territory, "auditor"))
    assert client.post(at(territory, "retenir/")).status_code == 403


def test_a_territory_adds_its_own_action(territory: Territory, client: Client, agent: Person) -> None:
    wrong = client.post(at(territory, "ajouter/"), {"title": "Prévenir", "cost_low": "10", "cost_high": "5"})
    assert wrong.status_code == 422 and 'value="Prévenir"' in wrong.content.decode()
    client.post(at(territory, "ajouter/"), {"title": "Prévenir le maire", "stage": "act", "cost_low": "10"})
    (added,) = plans.actions_of(territory, PLAN)
    assert (added.content["title"], added.content["stage"]) == ("Prévenir le maire", "act")


def test_elected_members_accept_stages_on_a_page_that_says_costs_by_year_and_risks(
    territory: Territory, client: Client, agent: Person
) -> None:
    plans.propose_own_actions(territory, agent, PLAN)
    backup = action(territory, "backup")
    plans.move_action(backup, agent, PLAN, "accepted")
    plans.update_action(
        backup, agent, PLAN, owner="", due_on=timezone.localdate().replace(2031, 1, 1), spent=backup.spent
    )
    page = text_of(client.get(at(territory, "feuille-de-route/")))
    assert "2031 100 300" in page and "un service s'arrête : 0 action faite sur 1" in page
    assert "Demander un second code" in page and "il faut le rôle" in page
    client.post(at(territory, "etapes/plan/"))
    assert "acceptée" not in text_of(client.get(at(territory)))
    strongly(client, a_person(territory, "decider"))
    page = text_of(client.get(at(territory)))
    assert "0 action faite sur 1. J'accepte en l'état" in page
    refused = client.post(at(territory, "etapes/plan/"), {"note": "Vu en conseil"}, follow=True)
    assert "Des actions de cette étape restent à faire" in text_of(refused)
    client.post(at(territory, "etapes/plan/"), {"note": "Vu en conseil", "as_it_stands": "on"})
    assert "Déjà accepté Préparer" in text_of(client.get(at(territory, "feuille-de-route/")))
    assert client.post(at(territory, "etapes/ghost/")).status_code == 404


def test_a_plan_leaves_as_a_workbook_and_on_paper(
    territory: Territory, client: Client, agent: Person
) -> None:
    plans.propose_own_actions(territory, agent, PLAN)
    exported = client.get(at(territory, "export.xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(exported.content)).active
    assert [cell.value for cell in sheet[2]][:3] == ["Sauvegarder ailleurs", "Préparer", "proposée"]
    assert client.get(at(territory, "export.json")).json()["actions"][0]["réduit"] == "un service s'arrête"
    assert "Former les agents" in text_of(client.get(at(territory, "imprimer/")))


def test_a_plan_of_two_hundred_actions_asks_the_database_no_more_than_one_of_three(
    territory: Territory, client: Client, agent: Person
) -> None:
    def queries(end: str) -> int:
        client.get(at(territory, end))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(at(territory, end)).status_code == 200
        return len(seen)

    plans.propose_own_actions(territory, agent, PLAN)
    ends = ("", "feuille-de-route/", "imprimer/", f"actions/{action(territory, 'train').pk}/")
    few = [queries(end) for end in ends]
    content = action(territory, "train").content
    FollowedAction.objects.bulk_create(
        FollowedAction(territory=territory, plan="protection", key=f"own-{n}", content=content, by=agent)
        for n in range(200)
    )
    assert [queries(end) for end in ends] == few
    assert max(few) <= 20, few
