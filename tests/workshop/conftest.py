"""A territory with deposited meals, a supervisor, and a third party's system bound to them."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from beffroi.home import Home
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.models import SystemUse
from life import carry, executed
from places import a_person, a_territory, poured
from replay import replayed

from .tiny import installed


def meals(days: int = 20, *, more: str = "Menu", first: date = date(2026, 9, 1)) -> str:
    lines = [f"École;Jour;Repas servis;{more}"]
    for n in range(days):
        day = first + timedelta(days=n)
        for site, level in (("Jean-Moulin", 100), ("Émile-Zola", 60)):
            last = f"direction-{n}@example.org" if more.startswith("Courriel") else f"plat {n}"
            lines.append(f"{site};{day:%d/%m/%Y};{level + n % 5};{last}")
    return "\n".join(lines) + "\n"


def deposit(territory: Territory, person: Person, name: str, text: str) -> Dataset:
    """A file goes all the way to the lake, by the real services."""
    dataset: Dataset = poured(territory, person, name, text).dataset
    return dataset


# From the system that `tiny` installs, as it stands.
adopted, bound_to = replayed(services.adopt), replayed(services.bind)


@pytest.fixture
def home(tmp_path: Path, settings: SimpleNamespace) -> Home:
    made = Home(tmp_path / "home")
    made.create(demo=False)
    settings.HOME = made
    return made


@pytest.fixture
def territory(db: None, home: Home) -> Territory:
    return a_territory(fictional=False)


@pytest.fixture
def steward(territory: Territory) -> Person:
    return a_person(territory, "data_officer")


@pytest.fixture
def supervisor(territory: Territory) -> Person:
    return a_person(territory, "supervisor")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path / "third-party"):
        yield


@pytest.fixture
def dataset(territory: Territory, steward: Person) -> Dataset:
    return deposit(territory, steward, "repas servis.csv", meals())


@pytest.fixture
def use(tiny: None, territory: Territory, supervisor: Person) -> SystemUse:
    return adopted(territory, supervisor, "tiny", supervisor=supervisor)


@pytest.fixture
def bound(use: SystemUse, supervisor: Person, dataset: Dataset) -> SystemUse:
    binding = {
        "attendance": {
            "dataset": dataset.slug,
            "columns": {"site": "ecole", "date": "jour", "meals": "repas_servis"},
        }
    }
    return bound_to(use, supervisor, binding)


@pytest.fixture
def measured(bound: SystemUse, supervisor: Person) -> SystemUse:
    executed(bound, supervisor, "backtest")
    return bound


@pytest.fixture
def tried(measured: SystemUse) -> SystemUse:
    """In its sandbox: what it forecasts reaches people."""
    return carry(measured, "sandbox")
