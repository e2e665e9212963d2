"""Each test of the studio has an empty home of its own, a town and its people."""

import pytest

from own_home import agent, home, town  # noqa: F401  fixtures
from places import a_person, a_territory


@pytest.fixture
def real_town(db):
    """A territory that is not invented: its pages carry no notice of fiction."""
    return a_territory("Nantes", fictional=False, code="44109")


@pytest.fixture
def steward(town):  # noqa: F811
    return a_person(town, "data_officer", "administrator")
