"""Numbers among the settings of a run: decimals, whole ones, bounds that the data give and the page displays once known."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.systems import runner
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.workshop.models import Run, SystemUse
from places import strongly
from support import sample_systems

from . import tiny as tiny_system
from .conftest import deposit, meals

pytestmark = pytest.mark.django_db

MORE = """
margin = 10.0
budget = 100
reach = 3

[settings_help.reach]
label = "Jours regardés"
help = "Combien de jours comptent."
low = 2
whole = true
bounds_from_data = true
"""
BOUNDS = """
def setting_bounds(tables):
    return {"reach": (1, len(set(tables["attendance"]["date"].to_pylist())))}
"""
POSTED = {
    "verb": "backtest",
    "mode": "good",
    "margin": "10",
    "service": "midi",
    "budget": "100",
    "reach": "3",
}


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[None]:
    """Of a version of its own: what other tests recorded of « tiny » has no such bounds."""
    settings, _, others = tiny_system.manifest(version="1.1.0").partition("\nmargin = 10.0\n")
    first, _, helps = others.partition("\n\n")
    manifest = f"{settings}\n{first}{MORE}\n{helps}"
    with sample_systems.installed(tmp_path / "third-party", "tiny", manifest, tiny_system.CODE + BOUNDS):
        yield


@pytest.fixture
def client(supervisor: Person) -> Client:
    client = Client()
    strongly(client, supervisor)
    return client


@pytest.fixture
def page(bound: SystemUse, territory: Territory) -> str:
    return reverse("system-run", kwargs={"slug": territory.slug, "system": "tiny"})


def test_a_whole_default_accepts_decimals_and_a_round_number_stays_whole(client: Client, page: str) -> None:
    for number, (typed, stored) in enumerate((("99,5", "99.5"), ("120", "120"))):
        client.post(page, POSTED | {"budget": typed, "key": f"{number:032}"})
        assert jobs.run(Job.objects.latest("pk")).state == "done"
        assert str(Run.objects.latest("pk").settings["budget"]) == stored


def test_a_setting_that_is_whole_refuses_decimals(client: Client, page: str) -> None:
    assert client.post(page, POSTED | {"reach": "2,5", "key": "0" * 32}).status_code == 422
    assert not Job.objects.exists()


def test_a_bound_that_the_data_give_is_displayed_once_known_and_not_after_other_deliveries(
    client: Client, page: str, territory: Territory, steward: Person
) -> None:
    """Twenty days of meals: the system says so at its first execution, refused or not."""
    assert "vos données." not in client.get(page).content.decode()
    client.post(page, POSTED | {"reach": "21", "key": "0" * 32})
    refused = jobs.run(Job.objects.get())
    assert refused.state == "failed"
    assert "« Jours regardés » vaut 21 : choisissez entre 1 et 20 d’après vos données." in refused.message
    assert "Entre 2 et 20 d’après vos données." in client.get(page).content.decode()
    reply = client.post(page, POSTED | {"reach": "21", "key": "1" * 32})
    assert reply.status_code == 422 and Job.objects.count() == 1
    assert "Choisissez entre 2 et 20 d’après vos données." in reply.content.decode()
    deposit(territory, steward, "repas servis.csv", meals(days=25))
    assert "d’après vos données" not in client.get(page).content.decode()


def test_opening_the_page_of_a_run_starts_no_process(
    client: Client, page: str, measured: SystemUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(runner, "run_child", lambda work, *rest: started.append(work))
    assert "Entre 2 et 20 d’après vos données." in client.get(page).content.decode()
    assert not started
