"""A town, and the people who keep it serving."""

import pytest

from beffroi.web.platform.models import Person, Territory
from places import a_person, a_territory


@pytest.fixture
def territory(db: None) -> Territory:
    return a_territory()


@pytest.fixture
def secretary(territory: Territory) -> Person:
    return a_person(territory, "administrator")


@pytest.fixture
def mayor(territory: Territory) -> Person:
    return a_person(territory, "decider")
