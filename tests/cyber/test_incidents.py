"""An incident entrusted to a CSIRT: what it reads, until when, what the town reads of its answer; the figures of a year."""

import html
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.cyber.errors import CyberError
from beffroi.web.cyber.incidents import cards, services, statistics
from beffroi.web.cyber.incidents.run_links import incident_links
from beffroi.web.cyber.models import IncidentShare, IncidentStatistics, Ticket
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response, answers_of
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
    "declarant": "Mme Roussel, adjointe",
}


@pytest.fixture
def csirt(territory: Territory) -> Territory:
    made = a_territory("CSIRT Valbruyère", code="99C01")
    change(made, kind="CSIRT")
    return made


def change(territory: Territory, **values: object) -> None:
    """As its host does."""
    with scope.nowhere(), scope.host():
        Territory.objects.filter(pk=territory.pk).update(**values)
    territory.refresh_from_db()


@pytest.fixture
def run(territory: Territory, officer: Person) -> Response:
    return an_incident(territory, officer)


def an_incident(territory: Territory, by: Person, **more: str) -> Response:
    run = responses.open_response(territory, by, guide(Runbook, "cyber_incident"))
    responses.save_answers(run, by, FACTS | more)
    return run


def today() -> date:
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
        assert "Assureur" not in words and "Roussel" not in words
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
        services.entrust(run, a_person(territory, "auditor"), csirt, [], today())
    assert not IncidentShare.objects.of(territory).exists()


def test_the_town_reads_the_answer_and_takes_back_what_it_showed(
    territory: Territory, csirt: Territory, officer: Person, run: Response
) -> None:
    share = services.entrust(run, officer, csirt, [], today() + timedelta(7))
    with elsewhere(csirt):
        expert = a_person(csirt, "security_officer")
        with pytest.raises(CyberError, match="vers qui"):
            services.follow(ticket_of(csirt), expert, "referred", "Appelez ce prestataire.")
        step = services.follow(
            ticket_of(csirt), expert, "referred", "Appelez ce prestataire.", "Prestataire labellisé"
        )
        assert step == ticket_of(csirt).steps.get()
    share.refresh_from_db()
    assert share.state == "referred" and share.steps.get().referred_to == "Prestataire labellisé"
    services.take_back(share, officer)
    with elsewhere(csirt):
        assert ticket_of(csirt).facts == [] and ticket_of(csirt).steps.count() == 1


def followed(csirt: Territory, expert: Person) -> None:
    services.follow(ticket_of(csirt), expert, "closed", "Tout est rentré dans l'ordre.")


@pytest.mark.parametrize("end", ["taken back", "overdue"])
def test_a_csirt_writes_nothing_in_a_town_whose_share_has_ended(
    territory: Territory, csirt: Territory, officer: Person, run: Response, client: Client, end: str
) -> None:
    until = today() + timedelta(7) if end == "taken back" else today()
    share = services.entrust(run, officer, csirt, [], until)
    if end == "taken back":
        services.take_back(share, officer)
    else:
        yesterday = today() - timedelta(1)
        with elsewhere(csirt):
            Ticket.objects.of(csirt).update(until=yesterday)
    with elsewhere(csirt):
        expert = a_person(csirt, "security_officer")
        key = ticket_of(csirt).pk
    client.force_login(expert)
    with scope.nowhere():
        assert ".lock" not in client.get(f"/t/{csirt.slug}/securite/demandes/{key}/").content.decode()
    if end == "overdue":
        return  # the town's own row still runs today
    with elsewhere(csirt):
        followed(csirt, expert)
        assert ticket_of(csirt).state == "closed"
    share.refresh_from_db()
    assert share.state == "new" and not share.steps.exists()


def test_a_ticket_writes_in_no_share_of_another_csirt(
    territory: Territory, csirt: Territory, officer: Person, run: Response
) -> None:
    share = services.entrust(run, officer, csirt, [], today() + timedelta(7))
    other = a_territory("CSIRT Autre", code="99C02")
    with elsewhere(other):
        expert = a_person(other, "security_officer", email="autre@example.org")
        Ticket.objects.create(
            territory=other,
            origin=territory.code,
            origin_name="Forgée",
            share=share.pk,
            facts=[],
            until=share.until,
        )
        followed(other, expert)
    share.refresh_from_db()
    assert share.state == "new" and not share.steps.exists()


def test_only_a_real_incident_goes_and_to_a_csirt_that_is_open(
    territory: Territory, csirt: Territory, officer: Person, run: Response
) -> None:
    exercise = responses.open_response(territory, officer, run.edition.read(), is_exercise=True)
    responses.save_answers(exercise, officer, FACTS)
    with pytest.raises(CyberError, match="exercice"):
        services.entrust(exercise, officer, csirt, [], today())
    share = services.entrust(run, officer, csirt, [], today())
    with pytest.raises(CyberError, match="lit déjà cet incident"):
        services.entrust(run, officer, csirt, ["ransom"], today())
    change(csirt, suspended_at=timezone.now())
    with pytest.raises(CyberError, match="de la liste"):
        services.entrust(run, officer, csirt, [], today())
    services.take_back(share, officer)
    with elsewhere(csirt):
        assert ticket_of(csirt).facts == []
        assert "security_officer" not in str([line.actor for line in ledger.lines_of(csirt)])


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


@pytest.mark.parametrize(
    ("kinds", "rows", "total"),
    [
        ({"ransomware": 6, "mailbox": 5}, {6, 5}, 11),
        ({"ransomware": 6, "mailbox": 2}, {6, None}, None),
        ({"ransomware": 6, "mailbox": 2, "fraud": 1}, {6, None}, None),  # three together are few too
        ({"ransomware": 6, "mailbox": 4, "fraud": 4}, {6, None}, None),  # eight between two says both
        ({"ransomware": 6, "mailbox": 4, "fraud": 2}, {6, None}, 12),
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
    long_ago = datetime(year - 1, 3, 1, tzinfo=timezone.get_current_timezone())
    for _ in range(5):
        of_then = Response.objects.create(
            territory=territory, edition=run.edition, guide=run.guide, opened_by=officer, opened_at=long_ago
        )
        responses.save_answers(of_then, officer, FACTS)
    first, again = (statistics.publish(territory, decider, year - 1) for _ in range(2))
    assert first == again and ledger.lines_of(territory).filter(act="incident.statistics").count() == 1
    content = first.content
    assert content["total"] == 5 and content["simulated"] is True
    assert [count for _, count in content["rows"]] == [5]
    late = Response.objects.create(
        territory=territory, edition=run.edition, guide=run.guide, opened_by=officer, opened_at=long_ago
    )
    responses.save_answers(late, officer, FACTS)
    assert statistics.publish(territory, decider, year - 1).content["total"] == 6


def test_the_help_of_a_csirt_is_proposed_where_there_is_one_and_never_for_an_exercise(
    territory: Territory, officer: Person, run: Response, client: Client
) -> None:
    def proposed(one: Response) -> bool:
        return "Demander l'aide d'un CSIRT" in dict(incident_links(one))

    assert not proposed(run)
    change(a_territory("CSIRT Valbruyère", code="99C01"), kind="CSIRT")
    exercise = responses.open_response(territory, officer, run.edition.read(), is_exercise=True)
    assert proposed(run) and not proposed(exercise)
    client.force_login(officer)
    pages = [client.get(f"/t/{territory.slug}/securite/incidents/{one.pk}/") for one in (run, exercise)]
    assert ["confier/" in page.content.decode() for page in pages] == [True, False]


def test_a_false_alarm_ends_asks_for_nothing_more_and_is_not_counted(
    territory: Territory, officer: Person, run: Response, client: Client
) -> None:
    client.force_login(officer)
    address = f"/t/{territory.slug}/guides/deroules/en-cours/{run.pk}/"
    page = client.get(address).content.decode()
    assert "À faire maintenant" in page and "Comment cela finit-il" in page
    refused = client.post(f"{address}terminer/")
    assert refused.status_code == 422 and "Dites comment cela finit" in refused.content.decode()
    year = timezone.localdate().year
    assert statistics.build(territory, year)["rows"]
    client.post(f"{address}terminer/", {"outcome": "false_alarm"})
    page = client.get(address).content.decode()
    assert "Fausse alerte" in page and "terminé le" in page
    assert "À faire maintenant" not in page and "Ensuite" not in page
    assert statistics.build(territory, year)["rows"] == []
    assert "Fausse alerte" in client.get(f"/t/{territory.slug}/securite/incidents/").content.decode()


def test_the_button_pressed_twice_opens_one_incident(
    territory: Territory, officer: Person, client: Client
) -> None:
    client.force_login(officer)
    address = f"/t/{territory.slug}/guides/deroules/cyber_incident/"
    first = client.post(address)["Location"]
    assert client.post(address)["Location"] == first
    assert client.post(address, {"exercise": "1"})["Location"] != first
    client.post(f"{first}faits/", {"some": "seen", "seen": "Un écran rouge partout"})
    assert client.post(address)["Location"] != first


@pytest.mark.parametrize(
    ("moment", "message"),
    [("1999-12-31T08:00", "Vérifiez l'année"), ("2206-11-28T08:00", "Cette heure est à venir")],
)
def test_a_moment_that_cannot_start_a_clock_is_refused(
    territory: Territory, officer: Person, client: Client, moment: str, message: str
) -> None:
    run = responses.open_response(territory, officer, guide(Runbook, "cyber_incident"))
    client.force_login(officer)
    address = f"/t/{territory.slug}/guides/deroules/en-cours/{run.pk}/faits/"
    refused = client.post(address, FACTS | {"known_at": moment})
    assert refused.status_code == 422 and message in html.unescape(refused.content.decode())
    assert "known_at" not in answers_of(run) and answers_of(run)["kind"] == "ransomware"
    a_moment_ahead = (timezone.now() + timedelta(minutes=3)).isoformat(timespec="minutes")
    assert client.post(address, FACTS | {"known_at": a_moment_ahead}).status_code == 302


def test_a_year_without_incident_says_only_so(territory: Territory, officer: Person, client: Client) -> None:
    client.force_login(officer)
    page = client.get(f"/t/{territory.slug}/securite/incidents/annees/2020/").content.decode()
    assert "Aucun incident noté" in page and "ferait retrouver" not in page and "à personne" not in page


def test_the_mayor_opens_an_incident_alone(territory: Territory, client: Client) -> None:
    client.force_login(a_person(territory, "decider"))
    run = client.post(f"/t/{territory.slug}/guides/deroules/cyber_incident/")
    assert run.status_code == 302 and "C'est fait" in client.get(run["Location"]).content.decode()


@pytest.mark.requirement("R78")
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
    read = client.get(f"{here}/securite/incidents/{pk}/")
    notices = read.content.decode()
    assert read.status_code == 200
    assert client.post(f"{here}/securite/incidents/{pk}/confier/", {"csirt": "inconnu"}).status_code == 422
    assert "Notification à la CNIL" in notices and csirt.name in notices
    # What always goes is a text, not a box that one could believe to untick.
    assert "Toujours montrés" in notices and 'value="seen"' not in notices and 'value="malicious"' in notices
    paper = client.get(f"{here}/guides/documents/notice_police/?de={pk}").content.decode()
    assert ".lock" in paper
    draft = client.get(f"{here}/guides/documents/notice_police/document.eml?de={pk}").content
    assert b"X-Unsent: 1" in draft and b"application/pdf" in draft
    until = (timezone.localdate() + timedelta(3)).isoformat()
    sent = client.post(
        f"{here}/securite/incidents/{pk}/confier/", {"csirt": csirt.code, "facts": ["ransom"], "until": until}
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
    assert titles(a_person(territory, "decider"), territory, "to_do") == ["Incident en cours"]
    assert titles(a_person(territory, "auditor"), territory, "changed") == ["Incident en cours"]
    assert titles(a_person(territory, "agent"), territory, "to_do") == []
    services.entrust(run, officer, csirt, (), timezone.localdate())
    with elsewhere(csirt):
        person = a_person(csirt, "security_officer", email="csirt@example.org")
        assert titles(person, csirt, "to_do") == ["Demandes d'aide"]
        Ticket.objects.of(csirt).update(state="referred")
        assert [card.text for card in cards.incident_cards(person, csirt)] == [
            "0 à qualifier, 1\N{NO-BREAK SPACE}orientée."
        ]
        Ticket.objects.of(csirt).update(state="closed")
        assert titles(person, csirt, "to_do") == []
