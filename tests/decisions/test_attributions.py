"""Housing, crèche, social aid: an attribution stays blocked until a person has decided on each file, one by one."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import tokens
from decisions.conftest import a_case, proposals_of
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(territory: Territory) -> list[Proposal]:
    return proposals_of(territory, a_case("dossier A"), a_case("dossier B"), a_case("dossier C"))


@pytest.mark.requirement("R35")
def test_each_file_is_blocked_until_it_is_decided(cases: list[Proposal], elected: Person) -> None:
    decide(cases[0], elected, "accept", reason="Complet")
    states = [proposal.attribution for proposal in Proposal.objects.order_by("pk")]
    assert states == ["décidée : acceptée", "bloquée", "bloquée"]
    client = strongly(Client(), elected)
    page = client.get(f"/t/{cases[0].territory.slug}/decisions/?attribution=bloquee").content.decode()
    assert "dossier B" in page and "dossier C" in page and "dossier A" not in page


@pytest.mark.requirement("R35")
def test_no_export_and_no_answer_gives_an_undecided_file_as_granted(
    cases: list[Proposal], elected: Person
) -> None:
    territory = cases[0].territory
    decide(cases[0], elected, "accept", reason="Complet")
    client = strongly(Client(), elected)
    export = b"".join(client.get(f"/t/{territory.slug}/decisions/historique.csv").streaming_content).decode()
    assert "dossier A" in export and "dossier B" not in export and "dossier C" not in export
    asked = tokens.NewToken("Lire", ["proposal.read"], until=timezone.localdate() + timedelta(days=30))
    secret = tokens.create(territory, elected, asked, by=elected).secret
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    decided = json.loads(client.get(f"/api/v1/t/{territory.slug}/decisions", **bearer).content)
    assert [(row["case"], row["attribution"]) for row in decided] == [("dossier A", "décidée : acceptée")]
    waiting = json.loads(client.get(f"/api/v1/t/{territory.slug}/proposals", **bearer).content)
    assert {row["attribution"] for row in waiting} == {"bloquée"}
    for case in cases[1:]:
        assert client.get(f"/t/{territory.slug}/decisions/{case.pk}/lettre/").status_code == 404


@pytest.mark.requirement("R35")
def test_files_are_not_accepted_in_a_batch(cases: list[Proposal], elected: Person) -> None:
    client = strongly(Client(), elected)
    fields = {
        "proposal": [case.pk for case in cases],
        "usual": "Cohérent avec ce que nous savons",
        "words": "",
    }
    reply = client.post(f"/t/{cases[0].territory.slug}/decisions/accepter/", fields)
    assert reply.status_code == 422 and not Decision.objects.exists()
    assert 'name="proposal"' not in client.get(f"/t/{cases[0].territory.slug}/decisions/").content.decode()


@pytest.mark.requirement("R35")
def test_the_role_that_only_reads_grants_nothing(cases: list[Proposal]) -> None:
    agent = strongly(Client(), a_person(cases[0].territory, "agent"))
    for path in (f"{cases[0].pk}/decider/", "accepter/"):
        assert agent.post(f"/t/{cases[0].territory.slug}/decisions/{path}", {}).status_code == 404
