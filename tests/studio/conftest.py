"""Each test of the studio has an empty home of its own, a town and its people."""

import pytest

from beffroi.home import Home
from places import a_person, a_territory


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = Home(tmp_path / "home")
    settings.HOME.create(demo=True)
    return settings.HOME


@pytest.fixture
def town(db):
    return a_territory("Valbruyère", code="99T01")


@pytest.fixture
def real_town(db):
    """A territory that is not invented: its pages carry no notice of fiction."""
    return a_territory("Nantes", fictional=False, code="44109")


@pytest.fixture
def agent(town):
    return a_person(town, "agent")


@pytest.fixture
def steward(town):
    return a_person(town, "steward", "administrator")
