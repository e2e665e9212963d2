"""While a crisis or an incident runs: one banner on every page of a member, one card on the home, nothing on a public page."""

import html
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.continuity.crisis import cell
from beffroi.web.cyber.incidents.new_incident import NewIncident
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import responses
from beffroi.web.platform import emergency_banner, home_cards, home_signals, request_cache
from beffroi.web.platform.models import Person, Territory
from continuity.crisis_samples import a_crisis, an_incident
from places import a_person, a_territory, elsewhere

BANNER = re.compile(r'<section class="emergency" aria-label="Urgence en cours">(.*?)</section>', re.S)


def banners(client: Client, url: str) -> list[str]:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    found = BANNER.findall(html.unescape(answer.content.decode()))
    return [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in found]


def there(territory: Territory, name: str, **values: Any) -> str:
    return reverse(name, kwargs={"slug": territory.slug} | values)


@pytest.fixture
def known_at(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Twenty past an hour; the clock of the test stands six hours later, and no figure depends on the day."""
    known = timezone.now().replace(minute=20, second=0, microsecond=0) + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: known + timedelta(hours=6))
    return known


def test_a_crisis_is_one_banner_on_every_page_with_the_hours_left(
    territory: Territory, secretary: Person, client: Client, known_at: datetime
) -> None:
    crisis = a_crisis(territory, secretary, incident=NewIncident("yes", known_at))
    client.force_login(secretary)
    # 72 hours for the complaint; for the authority, the hour of awareness is not counted: forty minutes more.
    for name in ("territory", "continuity", "cyber", "catalogue", "ledger", "crises"):
        (words,) = banners(client, there(territory, name))
        assert words == "Crise en cours : Cyberattaque · Porter plainte : il reste 66 h 00 (à confirmer)", (
            name
        )
    responses.save_answers(crisis.run, secretary, {"insured": "no", "risk": "some"})
    (words,) = banners(client, there(territory, "territory"))
    assert words.endswith("Notifier à la CNIL : il reste 66 h 40")
    cell.close(crisis, secretary, knowing=True)
    (words,) = banners(client, there(territory, "catalogue"))
    assert words.startswith("Crise close, délai à tenir : Cyberattaque")
    responses.end_run(crisis.run, secretary, {"outcome": "resolved"})
    assert banners(client, there(territory, "territory")) == []


def test_a_late_deadline_is_said_to_be_past(
    territory: Territory, secretary: Person, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = an_incident(territory, secretary, malicious="no", personal_data="yes")
    client.force_login(secretary)
    later = timezone.now() + timedelta(days=4)
    monkeypatch.setattr(timezone, "now", lambda: later)
    found = emergency_banner.banner_for(secretary, territory)
    assert found is not None and found.due.startswith("Notifier à la CNIL : délai dépassé depuis le")
    assert found.emergencies[0].url == there(territory, "guide-run", pk=run.pk)


def test_an_exercise_is_no_emergency(territory: Territory, secretary: Person, client: Client) -> None:
    a_crisis(territory, secretary, is_exercise=True, incident=NewIncident("yes"))
    an_incident(territory, secretary, is_exercise=True)
    client.force_login(secretary)
    assert banners(client, there(territory, "territory")) == []


def test_a_member_sees_what_they_may_and_who_is_not_one_sees_nothing(
    territory: Territory, secretary: Person, agent: Person, client: Client
) -> None:
    an_incident(territory, secretary, personal_data="yes")
    partner = a_person(territory, "committee_member")
    for person, count in ((secretary, 1), (agent, 0), (partner, 0)):
        client.force_login(person)
        assert len(banners(client, there(territory, "territory"))) == count, person
    a_crisis(territory, secretary)
    client.force_login(agent)
    assert banners(client, there(territory, "territory")) == ["Crise en cours : Cyberattaque"]
    client.force_login(partner)
    assert banners(client, there(territory, "territory")) == []


def test_a_public_page_and_another_town_say_nothing(
    territory: Territory, secretary: Person, client: Client
) -> None:
    a_crisis(territory, secretary, incident=NewIncident("yes"))
    other = a_territory("Saint-Loup", code="99T02")
    with elsewhere(other):
        stranger = a_person(other, "administrator", email="autre@example.org")
    client.force_login(stranger)
    assert banners(client, there(other, "territory")) == []
    assert "Urgence en cours" not in client.get(there(territory, "territory")).content.decode()
    for reader in (None, stranger, secretary):
        client.logout()
        if reader is not None:
            client.force_login(reader)
        for name in ("portal-territory", "portal-contest"):
            assert banners(client, there(territory, name)) == [], (reader, name)


def test_the_home_has_one_card_for_a_crisis_and_its_incident(
    territory: Territory, secretary: Person, client: Client
) -> None:
    crisis = a_crisis(territory, secretary, incident=NewIncident("yes"))
    titles = [card.title for card in home_cards.sections_for(secretary, territory)["to_do"]]
    assert "Crise en cours" in titles and "Incident en cours" not in titles
    # Another incident has its own card and its own place in the banner.
    other = responses.open_response(territory, secretary, guide(Runbook, "cyber_incident"), label="Faux RIB")
    titles = [card.title for card in home_cards.sections_for(secretary, territory)["to_do"]]
    assert titles.count("Incident en cours") == 1
    found = emergency_banner.banner_for(secretary, territory)
    assert found is not None and [each.url for each in found.emergencies] == [
        there(territory, "crisis", pk=crisis.pk),
        there(territory, "guide-run", pk=other.pk),
    ]


def test_more_than_three_emergencies_are_counted(territory: Territory, secretary: Person) -> None:
    for rank in range(4):
        responses.open_response(territory, secretary, guide(Runbook, "cyber_incident"), label=f"N° {rank}")
    found = emergency_banner.banner_for(secretary, territory)
    assert found is not None and len(found.emergencies) == 3 and found.more == 1


def test_while_nothing_runs_the_banner_costs_one_query_and_none_beside_the_signals_of_the_home(
    territory: Territory, secretary: Person
) -> None:
    with request_cache.cache_reads("GET"):
        with CaptureQueriesContext(connection) as first:
            assert emergency_banner.banner_for(secretary, territory) is None
        with CaptureQueriesContext(connection) as again:
            assert emergency_banner.banner_for(secretary, territory) is None
    assert (len(first), len(again)) == (1, 0)
    with request_cache.cache_reads("GET"):
        home_signals.waiting_signals(territory)
        with CaptureQueriesContext(connection) as beside:
            assert emergency_banner.banner_for(secretary, territory) is None
    assert len(beside) == 0


def test_a_closed_room_says_nothing_in_the_banner(territory: Territory, secretary: Person) -> None:
    a_crisis(territory, secretary, incident=NewIncident("yes"))
    territory.closed = {"room:continuity": "territory"}
    found = emergency_banner.banner_for(secretary, territory)
    assert found is not None and found.emergencies[0].title.startswith("Incident en cours")
    territory.closed = {"room:continuity": "territory", "room:cyber": "territory"}
    assert emergency_banner.banner_for(secretary, territory) is None
