"""Forecasts made by the clock: once a moment, through every gate, in the name of who supervises."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue.sources.fetch_schedules import Schedule
from beffroi.web.decisions.models import Proposal
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import Run, SystemUse
from beffroi.web.workshop.services import schedules
from places import a_person, strongly
from workshop.test_declared import ROBOT

pytestmark = pytest.mark.django_db
DAILY = Schedule("day", at="06:00")


def due(use: SystemUse) -> None:
    """As if the hour had come."""
    SystemUse.objects.filter(pk=use.pk).update(next_at=timezone.now() - timedelta(minutes=1))


def clock() -> int:
    with scope.nowhere():
        return schedules.start_due()


def test_at_its_hour_a_forecast_is_made_once_in_the_name_of_the_supervisor(
    tried: SystemUse, supervisor: Person
) -> None:
    services.schedule(tried, supervisor, DAILY)
    assert clock() == 0  # not yet
    due(tried)
    assert (clock(), clock()) == (1, 0)
    job = jobs.run(Job.objects.get())
    assert job.state == "done", job.message
    run = Run.objects.get(verb="run")
    assert run.by == supervisor and Proposal.objects.count() == 2
    tried.refresh_from_db()
    assert tried.next_at is not None and tried.next_at > timezone.now()


def test_a_closed_gate_makes_nothing_and_says_why_then_goes_on(tried: SystemUse, supervisor: Person) -> None:
    services.schedule(tried, supervisor, DAILY)
    due(tried)
    SystemUse.objects.filter(pk=tried.pk).update(sandbox_until=timezone.localdate() - timedelta(days=1))
    assert clock() == 0
    tried.refresh_from_db()
    assert "s'est arrêté de lui-même" in (tried.schedule_failure or "")
    assert not Job.objects.exists()
    assert tried.next_at is not None and tried.next_at > timezone.now()


def test_who_may_not_bind_sets_no_rhythm_and_a_declared_system_has_none(
    tried: SystemUse, territory: Territory, steward: Person
) -> None:
    with pytest.raises(PermissionDenied):
        services.schedule(tried, a_person(territory, "agent"), DAILY)
    with pytest.raises(WorkshopError, match="ne fait pas tourner"):
        services.schedule(services.declare(territory, steward, ROBOT), steward, DAILY)
    with pytest.raises(WorkshopError, match="chaque jour"):
        services.schedule(tried, steward, Schedule("minute", every=5))


def test_the_page_sets_the_rhythm_and_takes_it_away(
    tried: SystemUse, territory: Territory, supervisor: Person
) -> None:
    client = Client()
    strongly(client, supervisor)
    page = reverse("system-run", kwargs={"slug": territory.slug, "system": "tiny"})
    there = reverse("system-rhythm", kwargs={"slug": territory.slug, "system": "tiny"})
    row = {"unit": "week", "at": "05:30", "weekday": "0", "day": "1"}
    assert client.post(there, row | {"at": "demain"}).status_code == 422
    assert client.post(there, row).headers["Location"] == page
    assert "Chaque lundi, à 5 h 30" in client.get(page).content.decode()
    client.post(there, row | {"unit": "never"})
    tried.refresh_from_db()
    assert (tried.rhythm, tried.next_at) == (None, None)
    assert "à la demande" in client.get(page).content.decode()
