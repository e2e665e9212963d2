"""A system is switched on by a named and trained supervisor, and proposes nothing more the day that they leave."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.decisions.models import Proposal
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed, NotAllowedToRun, WorkshopError
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse, Training
from life import carry, prepare, sandbox, somebody, step
from places import a_person, strongly

pytestmark = pytest.mark.django_db


def train(use: SystemUse, trained: Person, **changes: object) -> Training:
    today = timezone.localdate()
    said: dict[str, object] = {
        "title": "Superviser un service d'IA", "trainer": "Centre d'essai", "proof": "attestation n° 1",
        "passed_on": today - timedelta(days=10), "until": today + timedelta(days=300),
    }  # fmt: skip
    return services.train(
        use.territory, somebody(use.territory, "administrator"), trained, **(said | changes)
    )  # type: ignore[arg-type]


@pytest.fixture
def ready(measured: SystemUse, supervisor: Person) -> SystemUse:
    """All that a trial asks, but the training."""
    use = carry(measured, "checked")
    services.answer(use, supervisor, "sandbox", sandbox())
    return use


@pytest.mark.requirement("R30")
def test_an_untrained_supervisor_switches_nothing_on(ready: SystemUse, supervisor: Person) -> None:
    with pytest.raises(GateClosed, match="Superviseur formé"):
        step(ready, State.SANDBOX)
    train(ready, supervisor)
    step(ready, State.SANDBOX)


@pytest.mark.requirement("R30")
def test_a_training_that_does_not_fit_does_not_count(ready: SystemUse, supervisor: Person) -> None:
    today = timezone.localdate()
    other = a_person(ready.territory, "supervisor", email="autre@example.org")
    unfit: list[tuple[Person, dict[str, object]]] = [
        (supervisor, {"passed_on": today - timedelta(days=400), "until": today - timedelta(days=1)}),
        (supervisor, {"system": "canteen"}),
        (other, {}),
        (supervisor, {"passed_on": today + timedelta(days=1)}),
    ]
    for person, changes in unfit:
        train(ready, person, **changes)
        with pytest.raises(GateClosed, match="Superviseur formé"):
            step(ready, State.SANDBOX)


@pytest.mark.requirement("R30")
def test_nobody_writes_their_own_training_down(ready: SystemUse, supervisor: Person) -> None:
    administrator = somebody(ready.territory, "administrator")
    with pytest.raises(WorkshopError, match="sa propre formation"):
        train(ready, administrator)
    said = {
        "title": "x",
        "trainer": "x",
        "proof": "x",
        "passed_on": timezone.localdate(),
        "until": timezone.localdate(),
    }
    with pytest.raises(PermissionDenied):
        services.train(ready.territory, supervisor, administrator, **said)  # type: ignore[arg-type]
    kept = train(ready, supervisor)
    with pytest.raises(DatabaseError), transaction.atomic():
        Training.objects.filter(pk=kept.pk).update(until=timezone.localdate() + timedelta(days=9999))


@pytest.mark.requirement("R30")
def test_the_page_lists_who_was_trained_until_when(
    ready: SystemUse, supervisor: Person, territory: Territory
) -> None:
    client = Client()
    strongly(client, somebody(territory, "administrator"))
    page = reverse("trainings", kwargs={"slug": territory.slug})
    assert "Aucune formation inscrite" in client.get(page).content.decode()
    today = timezone.localdate()
    row = {"person": supervisor.pk, "title": "Superviser", "trainer": "CNFPT", "proof": "attestation 3", "system": "",
           "passed_on": today.isoformat(), "until": (today + timedelta(days=2000)).isoformat()}  # fmt: skip
    reply = client.post(page, row)
    assert reply.status_code == 422 and "trois ans" in reply.content.decode()
    assert client.post(page, row | {"until": (today + timedelta(days=700)).isoformat()}).status_code == 302
    assert "attestation 3" in client.get(page).content.decode()
    reader = Client()
    strongly(reader, somebody(territory, "auditor"))
    assert reader.get(page).status_code == 200
    assert reader.post(page, row).status_code == 404


@pytest.mark.requirement("R29")
def test_nothing_is_switched_on_without_a_named_supervisor(measured: SystemUse) -> None:
    use = carry(measured, "checked")
    prepare(use, State.SANDBOX)
    SystemUse.objects.filter(pk=use.pk).update(supervisor=None)
    with pytest.raises(GateClosed, match="Superviseur nommé"):
        step(use, State.SANDBOX)


@pytest.mark.requirement("R29")
def test_the_day_its_supervisor_leaves_it_proposes_nothing_more(
    tried: SystemUse, supervisor: Person, steward: Person
) -> None:
    services.execute(tried, supervisor, "run")
    held = Proposal.objects.count()
    Membership.objects.filter(person=supervisor).delete()
    with pytest.raises(NotAllowedToRun, match="superviser"):
        services.execute(tried, steward, "run")
    assert Proposal.objects.count() == held
