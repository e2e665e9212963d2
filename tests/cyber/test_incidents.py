"""An incident entrusted to a CSIRT: what it reads, until when, what the town reads of its answer; the figures of a year."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.cyber.errors import CyberError
from beffroi.web.cyber.incidents import cards, services, statistics
from beffroi.web.cyber.models import IncidentShare, IncidentStatistics, Ticket
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from places import a_person, a_territory, elsewhere

FACTS = {
    "known_at": "2026-11-28T08:10",
    "kind": "ransomware",
    "seen": "Tous les fichiers finissent par .lock",
    "contract": "Assureur, contrat 12",
    "ransom": "yes",
}


@pytest.fixture
def csirt(territory: Territory) -> Territory:
    made = a_territory("CSIRT Valbruyère", code="99C01")
    Territory.objects.filter(pk=made.pk).update(kind="CSIRT")
    made.refresh_from_db()
    return made


@pytest.fixture
def run(territory: Territory, officer: Person) -> Response:
    return an_incident(territory, officer)


def an_incident(territory: Territory, by: Person, **more: str) -> Response:
    run = responses.open_response(territory, by, guide(Runbook, "cyber_incident"))
    responses.save_answers(run, by, FACTS | more)
    return run


def today() -> object:
    return timezone.localdate()


def ticket_of(csirt: Territory) -> Ticket:
    return Ticket.objects.of(csirt).get()


def test_the_csirt_reads_what_was_chosen_and_no_more(
    territory: Territory, csirt: Territory, officer: Person, run: Response
) -> None:
    services.entrust(run, officer, csirt, ["ransom", "contract"], today() + timedelta(7))
    assert ledger.lines_of(territory).last().act == "incident.share"
    with elsewhere(csirt):
        ticket = ticket_of(csirt)
        words = str(ticket.facts)
        assert ticket.origin_name == territory.name and ".lock" in words and "oui" in words
        assert "Assureur" not in words
        assert ledger.lines_of(csirt).last().act == "incident.ticket"


def test_what_nobody_could_help_with_is_not_sent(
    territory: Territory, csirt: Territory, officer: Person
) -> None:
    run = responses.open_response(territory, officer, guide(Runbook, "cyber_incident"))
    with pytest.raises(CyberError, match="Notez d'abord"):
        services.entrust(run, officer, csirt, [], today())
    for until in (today() - timedelta(1), today() + timedelta(400)):
        with pytest.raises(CyberError, match="date de fin"):
            services.entrust(run, officer, csirt, [], until)
    with pytest.raises(PermissionDenied):
        services.entrust(run, a_person(territory, "decider"), csirt, [], today())
    assert not IncidentShare.objects.of(territory).exists()


def test_the_town_reads_the_answer_and_takes_back_what_it_showed(
    territory: Territory, csirt: Territory, officer: Person, run: Response
) -> None:
    share = services.entrust(run, officer, csirt, [], today() + timedelta(7))
    with elsewhere(csirt):
        expert = a_person(csirt, "security_officer")
        with pytest.raises(CyberError, match="vers qui"):
            services.follow(ticket_of(csirt), expert, "referred", "Appelez ce prestataire.")
        services.follow(
            ticket_of(csirt), expert, "referred", "Appelez ce prestataire.", "Prestataire labellisé"
        )
    share.refresh_from_db()
    assert share.state == "referred" and share.steps.get().referred_to == "Prestataire labellisé"
    services.take_back(share, officer)
    with elsewhere(csirt):
        assert ticket_of(csirt).facts == [] and ticket_of(csirt).steps.count() == 1


def test_the_clock_ends_what_is_overdue(
    territory: Territory, csirt: Territory, officer: Person, run: Response
) -> None:
    services.entrust(run, officer, csirt, [], today())
    with scope.nowhere():
        assert services.end_overdue_shares() == 0
    with elsewhere(csirt):
        Ticket.objects.of(csirt).update(until=today() - timedelta(1))
    with scope.nowhere():
        assert services.end_overdue_shares() == 1
    with elsewhere(csirt):
        assert ticket_of(csirt).facts == []


def dated(run: Response, year: int) -> None:
    from django.db import connection

    # A run of last year: the rules of the database freeze its day, so the test writes it beneath them.
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER guides_response_frozen")
    Response.objects.filter(pk=run.pk).update(
        opened_at=datetime(year, 3, 1, tzinfo=timezone.get_current_timezone())
    )


@pytest.mark.parametrize(
    ("kinds", "rows", "total"),
    [
        ({"ransomware": 6, "mailbox": 5}, {6, 5}, 11),
        ({"ransomware": 6, "mailbox": 2}, {6, None}, None),
        ({"ransomware": 6, "mailbox": 2, "fraud": 1}, {6, None}, 9),
        ({"mailbox": 2}, {None}, None),
    ],
)
def test_small_counts_are_not_shown_nor_found_again_from_the_total(
    territory: Territory, officer: Person, kinds: dict[str, int], rows: set[int | None], total: int | None
) -> None:
    for kind, count in kinds.items():
        for _ in range(count):
            an_incident(territory, officer, kind=kind)
    exercise = responses.open_response(territory, officer, guide(Runbook, "cyber_incident"), is_exercise=True)
    responses.save_answers(exercise, officer, FACTS)
    content = statistics.build(territory, timezone.localdate().year)
    assert {count for _, count in content["rows"]} == rows and content["total"] == total


def test_a_year_is_published_once_it_is_over_by_who_decides(
    territory: Territory, officer: Person, run: Response
) -> None:
    decider = a_person(territory, "decider")
    year = timezone.localdate().year
    with pytest.raises(CyberError, match="janvier"):
        statistics.publish(territory, decider, year)
    with pytest.raises(CyberError, match="rien à publier"):
        statistics.publish(territory, decider, year - 1)
    with pytest.raises(PermissionDenied):
        statistics.publish(territory, officer, year - 1)
    assert not IncidentStatistics.objects.of(territory).exists()


def test_the_pages_from_the_first_fact_to_the_answer_of_the_csirt(
    territory: Territory, csirt: Territory, officer: Person, client: Client
) -> None:
    client.force_login(officer)
    here = f"/t/{territory.slug}"
    run = client.post(f"{here}/guides/deroules/cyber_incident/")["Location"]
    assert client.post(f"{run}faits/", {"known_at": "2026-11-28T8h"}).status_code == 422
    assert client.post(f"{run}faits/", FACTS | {"malicious": "yes", "insured": "yes"}).status_code == 302
    page = client.get(run).content.decode()
    assert "1 décembre 2026 à 8" in page.replace(
        "1er", "1"
    ) and "le texte n'est pas en vigueur" in page.replace("’", "'").replace("&#x27;", "'")
    pk = run.rstrip("/").split("/")[-1]
    notices = client.get(f"{here}/securite/incidents/{pk}/").content.decode()
    assert "Notification à la CNIL" in notices and csirt.name in notices
    paper = client.get(f"{here}/guides/documents/notice_police/?de={pk}").content.decode()
    assert ".lock" in paper
    draft = client.get(f"{here}/guides/documents/notice_police/document.eml?de={pk}").content
    assert b"X-Unsent: 1" in draft and b"application/pdf" in draft
    until = (timezone.localdate() + timedelta(3)).isoformat()
    sent = client.post(
        f"{here}/securite/incidents/{pk}/confier/", {"csirt": csirt.code, "facts": ["seen"], "until": until}
    )
    assert sent.status_code == 302
    with elsewhere(csirt):
        expert = a_person(csirt, "security_officer")
    client.force_login(expert)
    with scope.nowhere():
        there = f"/t/{csirt.slug}/securite"
        assert "1 à qualifier" in client.get(f"{there}/").content.decode()
        assert territory.name in client.get(f"{there}/demandes/").content.decode()
        with scope.inside(csirt):
            key = ticket_of(csirt).pk
        assert (
            client.post(f"{there}/demandes/{key}/", {"state": "closed", "text": "court"}).status_code == 422
        )
        assert (
            client.post(
                f"{there}/demandes/{key}/", {"state": "closed", "text": "Tout est rentré dans l'ordre."}
            ).status_code
            == 302
        )


def test_the_home_says_an_incident_under_way_and_a_csirts_queue(
    territory: Territory, officer: Person, csirt: Territory, run: Response, client: Client
) -> None:
    def titles(person: Person, place: Territory, section: str) -> list[str]:
        return [card.title for card in cards.incident_cards(person, place) if card.section == section]

    responses.open_response(territory, officer, guide(Runbook, "cyber_incident"), is_exercise=True)
    assert titles(officer, territory, "to_do") == ["Incident en cours"]
    assert titles(a_person(territory, "decider"), territory, "changed") == ["Incident en cours"]
    assert titles(a_person(territory, "agent"), territory, "to_do") == []
    services.entrust(run, officer, csirt, (), timezone.localdate())
    with elsewhere(csirt):
        assert titles(a_person(csirt, "security_officer", email="csirt@example.org"), csirt, "to_do") == [
            "Demandes d'aide"
        ]
