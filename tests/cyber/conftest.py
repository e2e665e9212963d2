"""An invented town, and who follows its security."""

import pytest

from beffroi.web.platform.models import Person, Territory
from places import a_person, a_territory


@pytest.fixture
def territory(db: None) -> Territory:
    return a_territory()


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "security_officer")
