"""The quality of a system, examined from its page by the house itself, opens or shuts the way to production."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.systems.check import TIERS
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed, WorkshopError
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import Examination, SystemUse
from beffroi.web.workshop.services import examining
from life import carry, examined, prepare, step
from places import strongly
from workshop.test_declared import ROBOT
from workshop.tiny import installed

pytestmark = pytest.mark.django_db
KEY = "a" * 32


def test_the_page_examines_the_installed_system_for_real(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    """The system of these tests makes no sample: it is below bronze, and each point says why."""
    client = Client()
    strongly(client, supervisor)
    page = reverse("system-quality", kwargs={"slug": territory.slug, "system": "tiny"})
    assert "Pas encore examiné" in client.get(page).content.decode()
    there = reverse("system-examine", kwargs={"slug": territory.slug, "system": "tiny"})
    assert client.post(there, {"key": "short"}).status_code == 404
    client.post(there, {"key": KEY})
    job = jobs.run(Job.objects.get())
    assert job.state == "done", job.message
    assert job.location == page
    (kept,) = Examination.objects.of(territory)
    assert (kept.version, kept.tier) == ("1.0.0", "")
    html = client.get(page).content.decode()
    assert "aucun niveau" in html and "manqué" in html
    assert jobs.run(job).state == "done" and Examination.objects.count() == 1  # once for one key


@pytest.mark.parametrize("tier", ["", *TIERS])
def test_production_asks_for_silver(measured: SystemUse, supervisor: Person, tier: str) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    examined(use, supervisor, tier)
    if tier in ("", "bronze"):
        with pytest.raises(GateClosed, match="la production demande « argent »"):
            step(use, State.PRODUCTION)
    else:
        step(use, State.PRODUCTION)


def test_an_examination_of_another_version_opens_nothing(
    measured: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    with installed(tmp_path / "third-party", version="2.0.0"):
        services.execute(use, supervisor, "backtest")
        with pytest.raises(GateClosed, match="Cette version n'a pas été examinée"):
            step(use, State.PRODUCTION)


def test_what_is_not_run_here_is_not_examined(territory: Territory, steward: Person) -> None:
    robot = services.declare(territory, steward, ROBOT)
    with pytest.raises(WorkshopError, match="ne peut pas l'examiner"):
        examining.start(robot, steward, KEY)
