"""A crisis and its incident: activated as cyber, the cell opens and links it in one act; a flood starts no legal clock."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides.clocks import PARIS
from beffroi.web.continuity.crisis import cell, legal_clocks, wall
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import Crisis
from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.cyber.incidents.new_incident import NewIncident
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from continuity.crisis_samples import a_crisis, an_incident


def incidents(territory: Territory) -> list[Response]:
    return list(Response.objects.of(territory).filter(guide=INCIDENT))


def running(crisis: Crisis) -> dict[str, datetime]:
    return {each.clock.key: each.deadline for each in legal_clocks.running(crisis) if each.deadline}


@pytest.mark.parametrize("personal_data", ["yes", "maybe"])
def test_a_cyber_crisis_opens_its_incident_and_the_clock_of_article_33_runs_from_awareness(
    territory: Territory, secretary: Person, personal_data: str
) -> None:
    known = datetime(2026, 11, 27, 7, 20, tzinfo=PARIS)
    crisis = a_crisis(territory, secretary, incident=NewIncident(personal_data, known))
    (run,) = incidents(territory)
    assert crisis.run == run and run.closed_at is None and not run.is_exercise and run.label == crisis.label
    # Regulation 1182/71: the hour of awareness is not counted, then 72 hours.
    assert running(crisis)["cnil"] == datetime(2026, 11, 30, 8, 0, tzinfo=PARIS)
    assert "cnil" in {each.clock.key for each in wall.content(crisis).clocks}
    acts = [line.act for line in ledger.lines_of(territory)]
    assert acts.count("guide.open") == 2 and acts.count("crisis.activate") == 1, "the facts and the incident"


def test_awareness_is_the_moment_of_activation_unless_it_is_said(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary, incident=NewIncident("yes"))
    known = datetime.fromisoformat(answers_of(crisis.run)["known_at"])
    assert timedelta(0) <= crisis.activated_at - known < timedelta(minutes=1)


def test_without_personal_data_nothing_is_due_to_the_authority(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary, incident=NewIncident("no"))
    assert crisis.run is not None and "cnil" not in running(crisis)
    assert answers_of(crisis.run)["personal_data"] == "no"


def test_a_flood_opens_no_incident_and_starts_no_clock(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary, label="Inondation")
    assert crisis.run is None and incidents(territory) == [] and legal_clocks.clocks(crisis) == []


def test_an_agent_alone_at_night_starts_the_clock_without_conducting_the_incident(
    territory: Territory, agent: Person
) -> None:
    crisis = a_crisis(territory, agent, incident=NewIncident("yes"))
    assert "cnil" in running(crisis) and not may(agent, "cyber.answer", territory)
    with pytest.raises(PermissionDenied):
        legal_clocks.stop(crisis, agent, "cnil", timezone.now())


def test_an_awareness_to_come_is_refused_and_nothing_is_opened(
    territory: Territory, secretary: Person
) -> None:
    soon = timezone.now() + timedelta(hours=2)
    with pytest.raises(ContinuityError, match="à venir") as refused:
        a_crisis(territory, secretary, incident=NewIncident("yes", soon))
    assert refused.value.field == "known_at"
    assert incidents(territory) == [] and not Crisis.objects.of(territory).exists()


def test_an_exercise_opens_an_incident_that_is_an_exercise(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary, is_exercise=True, incident=NewIncident("yes"))
    assert crisis.run is not None and crisis.run.is_exercise and "cnil" in running(crisis)


def test_the_button_pressed_twice_opens_one_incident(territory: Territory, secretary: Person) -> None:
    first = a_crisis(territory, secretary, incident=NewIncident("yes"))
    assert a_crisis(territory, secretary, incident=NewIncident("yes")) == first
    assert len(incidents(territory)) == 1


def test_a_crisis_that_turns_out_to_be_cyber_opens_its_incident_later_once(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary)
    cell.link_incident(crisis, secretary, NewIncident("maybe"))
    assert "cnil" in running(crisis)
    with pytest.raises(ContinuityError, match="déjà reliée"):
        cell.link_incident(crisis, secretary, NewIncident("maybe"))
    assert len(incidents(territory)) == 1
    line = ledger.lines_of(territory).filter(act="crisis.incident").last()
    assert line is not None and line.thing == f"crisis:{crisis.pk}"
    closed = cell.close(a_crisis(territory, secretary, label="Inondation"), secretary)
    with pytest.raises(ContinuityError, match="close"):
        cell.link_incident(closed, secretary, NewIncident("yes"))
    assert len(incidents(territory)) == 1


# --- By the pages


def there(territory: Territory, name: str, **values: Any) -> str:
    return reverse(name, kwargs={"slug": territory.slug} | values)


def posted(client: Client, territory: Territory, **values: str) -> Any:
    return client.post(there(territory, "crisis-activate"), values, follow=True)


def test_neither_real_nor_exercise_is_chosen_for_the_person(
    territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    page = client.get(there(territory, "crises")).content.decode()
    assert 'name="nature"' in page and 'name="cause"' in page and " checked" not in page
    answer = posted(client, territory, cause="other", known="L'eau monte.")
    assert answer.status_code == 422 and not Crisis.objects.of(territory).exists()
    text = answer.content.decode()
    assert "une vraie crise, ou un exercice" in text and "eau monte." in text, "nothing typed is lost"


def test_a_cyber_crisis_asks_whether_personal_data_are_touched(
    territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    answer = posted(client, territory, nature="real", cause="cyber")
    assert answer.status_code == 422 and "Des données de personnes" in answer.content.decode()
    assert not Crisis.objects.of(territory).exists() and incidents(territory) == []
    answer = posted(client, territory, nature="real", cause="cyber", personal_data="maybe")
    crisis = Crisis.objects.of(territory).get()
    assert answer.status_code == 200 and crisis.run is not None
    wall_page = client.get(there(territory, "crisis-wall", pk=crisis.pk)).content.decode()
    assert "Notifier à la CNIL" in wall_page and "Aucun délai" not in wall_page


@pytest.mark.parametrize("cause", ["other", "unknown"])
def test_what_is_not_cyber_starts_no_clock_and_its_wall_says_why(
    territory: Territory, secretary: Person, client: Client, cause: str
) -> None:
    client.force_login(secretary)
    posted(client, territory, nature="real", cause=cause, personal_data="yes")
    crisis = Crisis.objects.of(territory).get()
    assert crisis.run is None and incidents(territory) == []
    assert "pas dite informatique" in client.get(
        there(territory, "crisis-wall", pk=crisis.pk)
    ).content.decode().replace("\xa0", " ")
    page = client.get(there(territory, "crisis", pk=crisis.pk)).content.decode()
    assert "C'est informatique" in page.replace("&#x27;", "'")
    url = there(territory, "crisis-incident", pk=crisis.pk)
    client.post(url, {"cause": "cyber"})
    crisis.refresh_from_db()
    assert crisis.run is None, "the question of personal data has no answer yet"
    client.post(url, {"cause": "cyber", "personal_data": "yes"})
    crisis.refresh_from_db()
    assert crisis.run is not None


def test_an_incident_that_is_open_is_linked_rather_than_opened_again(
    territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    run = an_incident(territory, secretary, personal_data="yes")
    page = client.get(f"{there(territory, 'crises')}?incident={run.pk}").content.decode()
    assert f'value="run-{run.pk}"' in page and page.count(" checked") == 1
    posted(client, territory, nature="real", cause=f"run-{run.pk}")
    assert Crisis.objects.of(territory).get().run == run and incidents(territory) == [run]
    answer = posted(client, territory, nature="exercise", cause=f"run-{run.pk}")
    assert answer.status_code == 422 and "ne se mélangent pas" in answer.content.decode()
