"""Numbers among the settings of a run: decimals, and whole ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.workshop.models import Run, SystemUse
from places import strongly
from support import sample_systems

from . import tiny as tiny_system

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
    settings, _, others = tiny_system.manifest().partition("\nmargin = 10.0\n")
    first, _, helps = others.partition("\n\n")
    manifest = f"{settings}\n{first}{MORE}\n{helps}"
    with sample_systems.installed(tmp_path / "third-party", "tiny", manifest, tiny_system.CODE):
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
