"""Who decides, decides: on the brief of a project, on the risk that remains of a téléservice; shares are computed, never stored."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beffroi.guides import Paper, Plan, Questionnaire, Register
from beffroi.guides.questionnaire import next_actions
from beffroi.web.cyber import overview
from beffroi.web.guides import papers, presenting
from beffroi.web.guides.acceptance_cards import acceptance_cards
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Arbitration
from beffroi.web.guides.services import arbitrations, plans, registers, responses
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db
BRIEF = {
    "name": "Inscription en ligne", "serves": "Les familles inscrivent leurs enfants à la cantine.", "sponsor": "adjoint aux écoles",
    "provider": "Dupont", "data": "enfants", "worst": "Les données des enfants sont vendues et l'école est injoignable.",
    "families": ["data"], "outage": "week", "without": "Sur papier, en mairie.", "measures": ["Sauvegarde : inscriptions"],
    "budget": "40000", "security_budget": "1200", "remaining": "Une panne d'une journée.",
}  # fmt: skip


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


@pytest.fixture
def elected(territory: Territory) -> Person:
    return a_person(territory, "decider")


def text_of(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


@pytest.mark.requirement("R73")
def test_the_brief_of_a_project_is_decided_by_who_may_and_the_sheet_says_it(
    territory: Territory, client: Client, officer: Person, elected: Person
) -> None:
    brief = guide(Questionnaire, "project_brief")
    response = responses.open_response(territory, officer, brief, label="Inscription en ligne")
    responses.save_answers(response, officer, BRIEF)
    with pytest.raises(PermissionDenied):
        arbitrations.arbitrate(response, officer, brief, "accepted", "Le risque est faible.")
    client.force_login(elected)
    page = text_of(client.get(f"/t/{territory.slug}/guides/reponses/{response.pk}/"))
    assert "L'élu qui porte le projet décide." in page
    assert "3 % : 1 200 € sur 40 000 €. Proposez de 2 000 à 4 000 € (5 à 10 %)." in page
    there = f"/t/{territory.slug}/guides/reponses/{response.pk}/decider/"
    assert client.post(there, {"decision": "conditions", "reason": "oui"}).status_code == 422
    decided = client.post(
        there, {"decision": "conditions", "reason": "Avec 2 500 € pour la sécurité."}, follow=True
    )
    assert "accepté, à des conditions" in text_of(decided) and "changé depuis" not in text_of(decided)
    row = Arbitration.objects.of(territory).get()
    assert row.by == elected and row.authority["kind"] == "elected"
    assert ledger.lines_of(territory).last().act == "guide.arbitrate"
    sheet = papers.text(papers.build(guide(Paper, "project_brief_sheet"), territory, response))
    assert "Accepté, à des conditions, le" in sheet and "Avec 2 500 €" in sheet and "3 % :" in sheet

    responses.save_answers(response, officer, {"security_budget": "2500"})
    assert "changé depuis" in text_of(client.get(f"/t/{territory.slug}/guides/reponses/{response.pk}/"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Arbitration.objects.of(territory).update(reason="autre chose")


def test_what_is_not_complete_is_not_decided_and_its_page_says_so_first(
    territory: Territory, client: Client, officer: Person, elected: Person
) -> None:
    brief = guide(Questionnaire, "project_brief")
    response = responses.open_response(territory, officer, brief)
    responses.save_answers(response, officer, {"serves": BRIEF["serves"]})
    client.force_login(elected)
    page = text_of(client.get(f"/t/{territory.slug}/guides/reponses/{response.pk}/decider/"))
    assert "Les familles inscrivent leurs enfants" in page
    assert "Il manque" in page.partition("Le dossier n'est pas complet")[2].partition("Votre décision")[0]
    with pytest.raises(GuideError, match="pas complet"):
        arbitrations.arbitrate(response, elected, brief, "accepted", "Le risque est faible.")
    path = guide(Questionnaire, "cyber_path")
    other = responses.open_response(territory, officer, path)
    with pytest.raises(GuideError, match="Rien n'est à décider"):
        arbitrations.arbitrate(other, elected, path, "accepted", "Le risque est faible.")


def test_a_risk_accepted_is_looked_at_again_on_its_day(
    territory: Territory, client: Client, officer: Person, elected: Person
) -> None:
    services = guide(Register, "teleservices")
    entry = registers.save_entry(
        territory,
        officer,
        services,
        {"name": "Cantine", "owner": "adjointe", "residual_risk": "Une panne d'un jour"},
    )
    today = timezone.localdate()
    with pytest.raises(GuideError, match="à venir"):
        arbitrations.arbitrate(entry, elected, services, "accepted", "Une panne est supportable.", today)
    arbitrations.arbitrate(
        entry, elected, services, "accepted", "Une panne est supportable.", today + timedelta(20)
    )
    assert [each.title for each in overview.due_this_month(territory)] == ["Décision à revoir"]
    arbitrations.arbitrate(
        entry, elected, services, "accepted", "Revu avec le prestataire.", today + timedelta(300)
    )
    assert overview.due_this_month(territory) == []
    client.force_login(officer)
    page = text_of(client.get(f"/t/{territory.slug}/guides/registres/teleservices/{entry.pk}/"))
    assert "Revu avec le prestataire." in page and "En vertu de son mandat d'élu" in page


@pytest.mark.requirement("R73")
def test_a_share_below_the_usual_one_calls_for_its_action() -> None:
    budget = guide(Questionnaire, "cyber_budget")
    share, today = budget.shares[0], timezone.localdate()

    def words(**amounts: float) -> str:
        return presenting.share_words(share, amounts).replace("\u00a0", " ")

    assert words(budget=40000.0) == "Pour 40 000 €, proposez de 2 000 à 4 000 € (5 à 10 %)."
    assert words(budget=40000.0, security=2800.0) == "7 % : 2 800 € sur 40 000 € (repère : 5 à 10 %)."
    assert words(budget=0.0, security=10.0) == words() == ""
    called = [[each.action.key for each in next_actions(budget, {"budget": 40000.0, "security": amount}, today)]
              for amount in (0.0, 1999.0, 2000.0)]  # fmt: skip
    assert called == [["raise_share"], ["raise_share"], []]


def test_a_call_that_nobody_verified_is_left_out_of_the_list_and_counted(
    territory: Territory, client: Client, officer: Person
) -> None:
    calls, today = guide(Register, "cyber_calls"), timezone.localdate()
    for name, age in (("Ancienne", 181), ("Limite", 180), ("Fraîche", 1)):
        values = {"name": name, "kind": "funding", "by": "Région", "region": "Bretagne", "address": "https://region.example",
                  "verified_on": (today - timedelta(age)).isoformat()}  # fmt: skip
        registers.save_entry(territory, officer, calls, values)
    client.force_login(officer)
    address = f"/t/{territory.slug}/guides/registres/cyber_calls/"
    page = client.get(address)
    assert [line["first"] for line in page.context["lines"]] == ["Fraîche", "Limite"]
    assert "1 masquée, à vérifier" in text_of(page)
    hidden = client.get(address, {"etat": "masquees"})
    assert [line["first"] for line in hidden.context["lines"]] == ["Ancienne"]


def test_the_home_of_who_decides_says_what_waits(
    territory: Territory, officer: Person, elected: Person
) -> None:
    def waiting(person: Person) -> list[str]:
        return [f"{card.title} / {card.text}" for card in acceptance_cards(person, territory)]

    brief, kit = guide(Questionnaire, "project_brief"), guide(Plan, "cyber_kit")
    with CaptureQueriesContext(connection) as queries:
        assert waiting(elected) == []
    assert len([one for one in queries if "guides_" in one["sql"]]) == 1
    response = responses.open_response(territory, officer, brief, label="Inscription en ligne")
    plans.propose_own_actions(territory, officer, kit)
    assert waiting(elected) == [f"Étape à accepter : {kit.stages[0].title} / {kit.title}"]
    responses.save_answers(response, officer, BRIEF)
    plans.accept_stage(territory, elected, kit, kit.stages[0].key)
    assert waiting(elected) == [
        f"Étape à accepter : {kit.stages[1].title} / {kit.title}",
        "Dossier à trancher / Inscription en ligne",
    ]
    assert waiting(officer) == []
    arbitrations.arbitrate(response, elected, brief, "accepted", "Le risque est faible.")
    assert len(waiting(elected)) == 1
