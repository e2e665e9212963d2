"""The wall knows the services: those whose degraded mode was begun, those that are stopped, those of which nothing is said yet."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from beffroi.web.continuity.crisis import cell, service_states, situation_points, wall
from beffroi.web.continuity.crisis.wall import ServiceState
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.essential_services import services as essential_services
from beffroi.web.continuity.models import Crisis, JournalLine, RestorationSite
from beffroi.web.continuity.service_sheets import sheets
from beffroi.web.guides.models import answers_of
from beffroi.web.guides.services import registers, responses
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from continuity.crisis_samples import a_crisis
from continuity.restoration import publish, write
from places import a_person


def there(territory: Territory, name: str, **values: Any) -> str:
    return reverse(name, kwargs={"slug": territory.slug} | values)


def states(crisis: Crisis) -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in wall.services(crisis)]


@pytest.fixture
def crisis(territory: Territory, secretary: Person) -> Crisis:
    essential_services.begin(territory, secretary)
    return a_crisis(territory, secretary)


def test_a_service_whose_degraded_mode_is_begun_is_on_the_wall(crisis: Crisis, agent: Person) -> None:
    assert wall.services(crisis) == [] and len(wall.content(crisis).unknown) == 16
    name = wall.content(crisis).unknown[0]
    service_states.note(crisis, agent, name, "degraded")
    assert states(crisis) == [(name, "degraded")]
    assert name not in wall.content(crisis).unknown and len(wall.content(crisis).unknown) == 15
    assert wall.services(crisis)[0].reported_at is not None
    service_states.note(crisis, agent, name, "degraded")  # pressed twice
    (row,) = crisis.lines.filter(text__startswith=f"{name} :")
    assert "mode dégradé commencé" in row.text and row.kind == JournalLine.Kind.FACT
    assert ledger.lines_of(crisis.territory).filter(act="guide.answer").exists()
    point = situation_points.make(crisis, agent, "La mairie tient au papier.", None)
    assert point.content["services"] == [[name, "dégradé"]]


def test_a_service_has_one_state_the_last_that_was_said(crisis: Crisis, secretary: Person) -> None:
    responses.save_answers(crisis.facts, secretary, {"services_stopped": ["Cantine", "Eau"]})
    for state in ("degraded", "works", "stopped", "degraded"):
        service_states.note(crisis, secretary, "cantine ", state)
        facts = answers_of(crisis.facts)
        said = [
            key for key in service_states.FACTS.values() if "cantine" in map(str.lower, facts.get(key, ()))
        ]
        assert said == [service_states.FACTS[state]]
    assert states(crisis) == [("Eau", "stopped"), ("cantine", "degraded")]


def test_who_may_not_write_in_the_cell_notes_nothing_and_a_closed_crisis_takes_nothing(
    crisis: Crisis, territory: Territory, secretary: Person
) -> None:
    with pytest.raises(PermissionDenied):
        service_states.note(crisis, a_person(territory, "auditor"), "Eau", "stopped")
    for name, state in (("", "stopped"), ("Eau", "perdu")):
        with pytest.raises(ContinuityError):
            service_states.note(crisis, secretary, name, state)
    cell.close(crisis, secretary)
    with pytest.raises(ContinuityError, match="close"):
        service_states.note(crisis, secretary, "Eau", "stopped")
    assert states(crisis) == []


def test_what_was_said_last_of_a_service_counts_in_the_cell_or_on_the_published_page(
    site: RestorationSite, secretary: Person, mayor: Person
) -> None:
    crisis = a_crisis(site.territory, secretary)
    service_states.note(crisis, secretary, "Cantine", "degraded")
    write(site, secretary)
    publish(site, mayor)
    assert states(crisis) == [("Cantine", "stopped")], "published after"
    service_states.note(crisis, secretary, "cantine", "works")
    service_states.note(crisis, secretary, "Eau", "degraded")
    assert states(crisis) == [("Eau", "degraded"), ("cantine", "works")], "said after"
    assert wall.content(crisis).services_source == "D'après les faits établis de la crise"


def test_an_exercise_begins_services_of_its_own(crisis: Crisis, secretary: Person) -> None:
    exercise = a_crisis(crisis.territory, secretary, is_exercise=True)
    service_states.note(exercise, secretary, "Eau", "degraded")
    assert states(exercise) == [("Eau", "degraded")] and states(crisis) == []


def test_the_cell_and_a_sheet_begin_the_degraded_mode_by_one_button(
    crisis: Crisis, territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    registers.begin_with_rows(territory, secretary, sheets.register(), [3])
    entry = next(each.entry for each in sheets.sheets(territory))
    assert entry is not None
    page = client.get(there(territory, "sheet", pk=entry.pk)).content.decode()
    url = there(territory, "crisis-service", pk=crisis.pk)
    assert url in page and "Commencer le mode dégradé" in page
    service = sheets.sheet_of(entry).service
    assert client.post(url, {"name": service, "state": "degraded"}).status_code == 302
    assert (service, "degraded") in states(crisis)
    assert f'action="{url}"' in client.get(there(territory, "crisis", pk=crisis.pk)).content.decode()
    answer = client.post(url, {"name": service, "state": ""})
    assert answer.status_code == 422 and (service, "degraded") in states(crisis)
    wall_page = client.get(there(territory, "crisis-wall", pk=crisis.pk)).content.decode()
    assert service in wall_page and "dégradé" in wall_page
    cell.close(crisis, secretary)
    assert (
        "Commencer le mode dégradé" not in client.get(there(territory, "sheet", pk=entry.pk)).content.decode()
    )


def test_a_state_without_hour_gives_way_to_one_that_has_one(crisis: Crisis, secretary: Person) -> None:
    wall.register_services(known := lambda _: [ServiceState("Eau", "works"), ServiceState("Paie", "stopped")])
    try:
        service_states.note(crisis, secretary, "Eau", "degraded")
        assert states(crisis) == [("Paie", "stopped"), ("Eau", "degraded")]
    finally:
        wall._services.remove(known)
