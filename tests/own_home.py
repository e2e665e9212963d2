"""For the tests of a room: an empty demonstration home of its own for each test, an invented town and its people."""

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
def agent(town):
    return a_person(town, "agent")


@pytest.fixture
def steward(town):
    return a_person(town, "data_officer")
