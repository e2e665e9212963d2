"""Guides that moved: what was asked twice is asked in one place, what was written stays, and a closed room changes nothing."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Questionnaire, Register, Runbook
from beffroi.guides.runbook import possible_steps
from beffroi.web.continuity.essential_services.services import services_of
from beffroi.web.guides.library import guide, library
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.presenting import steps_to_read
from beffroi.web.guides.services import registers, responses
from beffroi.web.platform.models import Person, Territory
from places import a_person

MOVED = {each.id: each.moved_to for each in library().guides.values() if each.moved_to}
FIELDS = [
    (each.id, one.moved_to)
    for each in library().guides.values()
    if isinstance(each, Register)
    for one in each.fields
    if one.moved_to
]


@pytest.fixture
def secretary(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


def plain(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_a_guide_moves_to_one_that_is_there_and_has_not_moved() -> None:
    assert set(MOVED) == {"cyber_consequences", "cyber_budget", "ransomware"}
    targets = set(MOVED.values()) | {to for _, to in FIELDS}
    assert targets <= library().guides.keys() and not targets & MOVED.keys()


def test_a_list_that_moved_is_proposed_no_more_and_leads_to_where_it_is(
    territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    home = plain(client, f"/t/{territory.slug}/securite/") + plain(client, f"/t/{territory.slug}/guides/")
    assert (
        "guides/registres/cyber_consequences/" not in home
        and "guides/questionnaires/cyber_budget/" not in home
    )
    there = reverse("register", args=[territory.slug, "cyber_consequences"])
    assert client.get(there).headers["Location"] == reverse("outages", args=[territory.slug])
    page = plain(client, reverse("questionnaire", args=[territory.slug, "cyber_budget"]))
    assert (
        reverse("questionnaire", args=[territory.slug, "project_brief"]) in page and "Commencer" not in page
    )
    begun = client.post(reverse("questionnaire", args=[territory.slug, "cyber_budget"]))
    assert begun.status_code == 302 and not Response.objects.of(territory).exists()


def test_what_was_written_before_stays_and_is_taken_up(
    territory: Territory, secretary: Person, client: Client
) -> None:
    register = guide(Register, "cyber_consequences")
    entry = registers.save_entry(
        territory, secretary, register, {"service": "Médiathèque", "stop_hours": "48"}
    )
    registers.begin_with_rows(territory, secretary, register)
    old = responses.open_response(territory, secretary, guide(Questionnaire, "cyber_budget"), label="Site")
    responses.save_answers(old, secretary, {"name": "Nouveau site", "budget": "10000"})
    client.force_login(secretary)
    home = plain(client, f"/t/{territory.slug}/securite/") + plain(client, f"/t/{territory.slug}/guides/")
    assert "guides/registres/cyber_consequences/" in home and "guides/questionnaires/cyber_budget/" in home
    listed = plain(client, reverse("register", args=[territory.slug, "cyber_consequences"]))
    assert (
        "Médiathèque" in listed
        and "Une seule liste" in listed
        and "registres/cyber_consequences/ajouter" not in listed
    )
    assert "48" in plain(
        client, reverse("register-entry", args=[territory.slug, "cyber_consequences", entry.pk])
    )
    assert "Nouveau site" in plain(client, reverse("response", args=[territory.slug, old.pk]))
    # What people said of a service makes it a service of continuity, in one act; what nobody confirmed does not.
    outages = reverse("outages", args=[territory.slug])
    assert "Médiathèque" in plain(client, outages)
    client.post(reverse("outages-begin", args=[territory.slug]), {"from": "cyber"})
    assert [each.values["name"] for each in services_of(territory)] == ["Médiathèque"]
    page = plain(client, reverse("outage-service", args=[territory.slug, services_of(territory)[0].pk]))
    assert "Dit en cybersécurité" in page
    assert "pas encore ici" not in plain(client, outages)


def test_the_page_of_a_ransomware_opens_the_incident_and_has_its_steps(
    territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    address = reverse("runbook", args=[territory.slug, "ransomware"])
    page = plain(client, address)
    incident = guide(Runbook, "cyber_incident")
    titles = [step.title for step, _ in steps_to_read(guide(Runbook, "ransomware"))]
    facts = {"kind": "ransomware", "malicious": "yes", "ransom": "yes"}
    assert titles == [step.title for step in possible_steps(incident, facts, timezone.localdate())]
    assert (
        titles[0] == "Débrancher le réseau, sans éteindre"
        and "Appeler le comptable public et la banque" not in titles
    )
    assert "Parler de la publication avant la presse" in titles and titles[3] in page
    client.post(address)
    (run,) = Response.objects.of(territory)
    assert run.guide == "cyber_incident" and answers_of(run) == facts


def test_where_the_other_room_is_closed_the_list_is_asked_as_before(
    territory: Territory, secretary: Person, client: Client
) -> None:
    territory.closed = {"room:continuity": "territory"}
    territory.save(update_fields=["closed"])
    client.force_login(secretary)
    assert "Une seule liste" not in plain(
        client, reverse("register", args=[territory.slug, "cyber_consequences"])
    )
    assert "guides/registres/cyber_consequences/" in plain(client, f"/t/{territory.slug}/securite/")
