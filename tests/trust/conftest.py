"""A territory with a system in use, and people who may answer for the law. The fixtures of the workshop, and a DPO."""

import pytest

from beffroi.web.platform.models import Person, Territory
from places import a_person
from workshop.conftest import bound, dataset, home, measured, steward, supervisor, territory, tiny, tried, use

__all__ = [
    "bound",
    "dataset",
    "dpo",
    "home",
    "measured",
    "steward",
    "supervisor",
    "territory",
    "tiny",
    "tried",
    "use",
]


@pytest.fixture
def dpo(territory: Territory) -> Person:
    return a_person(territory, "dpo")
