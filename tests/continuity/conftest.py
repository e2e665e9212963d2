"""A town, and the people who keep it serving."""

import pytest

from beffroi.guides import Register
from beffroi.web.continuity.models import RestorationSite
from beffroi.web.continuity.restoration_site import page_setup
from beffroi.web.guides.library import guide
from beffroi.web.guides.services.registers import save_entry
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


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


@pytest.fixture
def site(territory: Territory, secretary: Person) -> RestorationSite:
    """The residents' page: the canteen, of the register, and civil status; in French, easy French and English."""
    entry = save_entry(territory, secretary, guide(Register, "essential_services"), {"name": "Cantine"})
    return page_setup.set_up(
        territory, secretary, title="Vos services pendant la panne", languages=["en", "fr-x-facile"],
        entries=[entry.pk], names=["État civil"],
    )  # fmt: skip
