"""A provider fills in its part by an address, without account: its list, its answers, its proofs. It never validates itself."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beffroi.guides import Plan, Questionnaire, Register
from beffroi.web.cyber import overview
from beffroi.web.guides.contributions import services
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Contribution, ContributionLink, Evidence, Response, answers_of
from beffroi.web.guides.services import plans, registers, responses
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui import workbooks
from beffroi.web.ui.fields import VisibleCharField
from places import a_person

pytestmark = pytest.mark.django_db
HEADINGS = ["Nom du poste", "OS", "BitLocker", "Confirmé par la mairie le", "Couleur"]


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


def text_of(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def given(territory: Territory, agent: Person, key: str, **target: Any) -> tuple[ContributionLink, str]:
    """An address and where it leads."""
    until = timezone.localdate() + timedelta(30)
    found = guide(target.pop("kind", Register), key)
    link, secret = services.create_link(territory, agent, found, "Dupont Informatique", until, **target)
    return link, f"/p/{territory.slug}/remplir/{secret}/"


def workbook(*rows: list[str]) -> SimpleUploadedFile:
    return SimpleUploadedFile(
        "postes.xlsx", workbooks.write("xlsx", [workbooks.Sheet("Postes", HEADINGS, rows)])
    )


def test_a_list_of_machines_waits_until_the_town_takes_it(
    territory: Territory, client: Client, agent: Person
) -> None:
    devices = guide(Register, "devices")
    registers.save_entry(territory, agent, devices, {"name": "PC-MAIRE", "system": "Windows 10"})
    link, there = given(territory, agent, "devices")
    page = client.get(there)
    assert "Confirmé par la mairie" not in text_of(page)
    # With « no-referrer », a browser sends « Origin: null », and the form is refused as forged.
    assert page["Referrer-Policy"] == "same-origin"
    rows = (
        ["PC-ACCUEIL", "Windows 11", "Activé", "01/11/2026", "gris"],
        ["PC-MAIRE", "Windows 11", "", "", ""],
    )
    sent = client.post(there, {"list": workbook(*rows), "note": "Relevé de novembre"}, follow=True)
    assert "Colonnes laissées de côté : Confirmé par la mairie le, Couleur" in text_of(sent)
    assert [each.values["name"] for each in registers.entries_of(territory, devices)] == ["PC-MAIRE"]

    client.force_login(agent)
    page = text_of(client.get(f"/t/{territory.slug}/guides/registres/devices/tiers/"))
    assert "PC-ACCUEIL nouvelle" in page and "PC-MAIRE change" in page and "Relevé de novembre" in page
    assert [each.what for each in overview.due_this_month(territory)] == ["Dupont Informatique"]
    client.post(f"/t/{territory.slug}/guides/tiers/{link.contributions.get().pk}/retenir/")
    values = {each.values["name"]: each.values for each in registers.entries_of(territory, devices)}
    assert values["PC-ACCUEIL"]["encrypted"] == "yes" and "confirmed_on" not in values["PC-ACCUEIL"]
    assert values["PC-MAIRE"]["system"] == "Windows 11"
    assert overview.due_this_month(territory) == []


def test_lines_typed_in_the_grid_are_sent_and_a_fault_is_beside_its_line(
    territory: Territory, client: Client, agent: Person
) -> None:
    link, there = given(territory, agent, "devices")
    refused = client.post(
        there, {"ligne-1-name": "PC-1", "ligne-3-name": "PC-3", "ligne-3-bought_on": "hier"}
    )
    assert refused.status_code == 422 and "écrivez une date" in text_of(refused)
    assert client.post(there, {"ligne-1-name": "PC-1", "ligne-3-name": "PC-3"}).status_code == 302
    assert link.contributions.get().values == [{"name": "PC-1"}, {"name": "PC-3"}]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (workbook(["PC-1", "", "peut-être", "", ""]), "Ligne Pourquoi 2"),
        (SimpleUploadedFile("postes.csv", b"Couleur\ngris\n"), "Il manque la colonne"),
        (SimpleUploadedFile("postes.xlsx", b"PK\x03\x04 pas un classeur"), "Rien n'a été"),
        (SimpleUploadedFile("postes.csv", b""), "est vide"),
    ],
)
def test_a_list_that_cannot_be_read_says_why_and_sends_nothing(
    territory: Territory, client: Client, agent: Person, file: SimpleUploadedFile, why: str
) -> None:
    file.seek(0)
    _, there = given(territory, agent, "devices")
    refused = client.post(there, {"list": file})
    assert refused.status_code == 422 and (why in text_of(refused) or why == "Rien n'a été")
    assert not Contribution.objects.of(territory).exists()


def test_a_provider_is_assessed_from_its_entry_and_the_register_says_the_result(
    territory: Territory, client: Client, agent: Person
) -> None:
    providers = guide(Register, "providers")
    entry = registers.save_entry(territory, agent, providers, {"name": "Dupont Informatique"})
    client.force_login(agent)
    page = f"/t/{territory.slug}/guides/registres/providers/"
    assert "Lui faire remplir" in text_of(client.get(f"{page}{entry.pk}/"))
    opened = client.post(
        f"{page}{entry.pk}/questionnaire/provider_scorecard/", {"by": "outside"}, follow=True
    )
    assert 'value="Dupont Informatique"' in opened.content.decode()
    response = Response.objects.of(territory).get(entry=entry)
    assert answers_of(response) == {"provider": "Dupont Informatique"}
    client.post(f"{page}{entry.pk}/questionnaire/provider_scorecard/")
    assert Response.objects.of(territory).count() == 1

    card = guide(Questionnaire, "provider_scorecard")
    link, there = given(territory, agent, card.id, kind=Questionnaire, response=response)
    client.logout()
    assert "Quel prestataire" not in text_of(client.get(there))
    proof = SimpleUploadedFile("attestation.pdf", b"%PDF-1.7 attestation")
    answered = {
        "provider": "Un autre",
        "insured": "yes",
        "offline": "no",
        "piece-insured": proof,
        "piece-worst": SimpleUploadedFile("x.pdf", b"x"),
    }
    assert client.post(there, answered).status_code == 302
    assert answers_of(response) == {"provider": "Dupont Informatique"}
    received = link.contributions.get()
    assert received.values == {"insured": "yes", "offline": "no"}
    services.take(received, agent)
    taken = Evidence.objects.of(territory).get(response=response)
    assert (taken.place, taken.name, taken.by) == ("insured", "attestation.pdf", agent)
    client.force_login(agent)
    assert "Le plus faible" in text_of(client.get(page))
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    for n in range(10):
        registers.save_entry(territory, agent, providers, {"name": f"Prestataire {n}"})
    with CaptureQueriesContext(connection) as many:
        client.get(page)
    assert len(many) == len(few) <= 20


def test_the_proof_of_an_action_counts_once_the_town_takes_it(
    territory: Territory, client: Client, agent: Person
) -> None:
    kit = guide(Plan, "cyber_kit")
    plans.propose_own_actions(territory, agent, kit)
    action = next(each for each in plans.actions_of(territory, kit) if each.key == "restore_test")
    link, there = given(territory, agent, kit.id, kind=Plan, action=action)
    page = text_of(client.get(there))
    assert "Restaurer pour de vrai" in page and "La date, ce qui a été restauré" in page
    assert client.post(there, {}).status_code == 422
    proof = SimpleUploadedFile("restauration.txt", b"12 novembre, 340 fichiers, 20 minutes")
    assert client.post(there, {"piece-": proof, "note": "Fait le 12"}).status_code == 302
    received = link.contributions.get()
    assert not action.evidence.exists() and received.evidence.get().by is None
    action.refresh_from_db()
    assert action.state == "proposed"

    client.force_login(agent)
    address = f"/t/{territory.slug}/guides/plans/cyber_kit/actions/{action.pk}/tiers/"
    assert "restauration.txt" in text_of(client.get(address))
    piece = received.evidence.get()
    assert b"".join(client.get(f"/t/{territory.slug}/guides/pieces/{piece.pk}/")).startswith(b"12 nov")  # type: ignore[arg-type]
    services.take(received, agent)
    assert action.evidence.get().by == agent


def test_who_may_not_answer_gives_no_address_and_takes_nothing(territory: Territory, agent: Person) -> None:
    link, _ = given(territory, agent, "devices")
    services.contribute(link, [{"name": "PC-1"}], "")
    reader = a_person(territory, "auditor")
    with pytest.raises(PermissionDenied):
        services.take(link.contributions.get(), reader)
    with pytest.raises(PermissionDenied):
        given(territory, reader, "devices")


def test_files_that_wait_have_a_limit(
    territory: Territory, client: Client, agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = guide(Plan, "cyber_kit")
    plans.propose_own_actions(territory, agent, kit)
    _, there = given(territory, agent, kit.id, kind=Plan, action=plans.actions_of(territory, kit)[0])
    monkeypatch.setattr(services, "MOST_BYTES", 10)
    assert client.post(there, {"piece-": SimpleUploadedFile("a.txt", b"123456")}).status_code == 302
    refused = client.post(there, {"piece-": SimpleUploadedFile("b.txt", b"123456")})
    assert refused.status_code == 422 and "attendent d'être relus" in text_of(refused)
    assert Evidence.objects.of(territory).count() == 1


def test_closed_answers_open_no_address(territory: Territory, client: Client) -> None:
    agent = a_person(territory, "agent")
    response = responses.open_response(territory, agent, guide(Questionnaire, "cyber_budget"))
    _, there = given(territory, agent, "cyber_budget", kind=Questionnaire, response=response)
    assert client.get(there).status_code == 200
    values = {"name": "Nouveau site", "budget": "40000", "security": "2000", "backups": "yes", "access": "yes", "test": "yes", "years": "yes"}  # fmt: skip
    responses.save_answers(response, agent, values)
    responses.close_response(response, agent)
    assert client.get(there).status_code == 404


def test_what_only_the_town_can_say_is_not_asked_of_the_provider(
    territory: Territory, client: Client, agent: Person
) -> None:
    path = guide(Questionnaire, "cyber_path")
    response = responses.open_response(territory, agent, path)
    _, there = given(territory, agent, path.id, kind=Questionnaire, response=response)
    page = text_of(client.get(there))
    assert "Combien de postes de travail" in page
    assert "vous semble-t-elle bien protégée" not in page and "déjà subi une cyberattaque" not in page


def test_a_wrong_row_faults_alone_and_a_count_is_said_as_a_whole_number(
    territory: Territory, client: Client, agent: Person
) -> None:
    _, there = given(territory, agent, "devices")
    page = client.post(there, {"ligne-1-name": "PC-1", "ligne-1-administrators": "deux"})
    assert page.status_code == 422 and "par exemple 4" in text_of(page)
    assert page.content.decode().count('class="error"') == 1


def test_a_name_of_one_line_has_no_line_break_whatever_its_way_in(
    territory: Territory, agent: Person
) -> None:
    link, _ = given(territory, agent, "devices")
    sent = services.contribute(link, [{"name": " PC\n de la\tmairie "}], "")
    assert sent.values[0]["name"] == "PC de la mairie"
    budget = guide(Questionnaire, "cyber_budget")
    assert str(responses.open_response(territory, agent, budget, label="Budget\n2026").label) == "Budget 2026"
    assert VisibleCharField().clean("Lettre\nau maire") == "Lettre au maire"
    assert VisibleCharField(widget=forms.Textarea()).clean("Une ligne\nune autre") == "Une ligne\nune autre"
    two_lines = VisibleCharField(widget=forms.Textarea(), max_length=19)  # as the browser counts them
    assert two_lines.clean("Une ligne\r\nune autre") == "Une ligne\nune autre"
