"""Which day the page opens on, and which days it names: the most urgent by its hour, then the nearest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from beffroi.systems.contract import Item
from beffroi.web.decisions.models import Deadline
from beffroi.web.decisions.services import propose
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import an_order, proposals_of
from decisions.test_day_page import FAR, page_of
from support.clock import on

pytestmark = pytest.mark.django_db
SUNDAY = FAR - timedelta(days=1)


@pytest.fixture
def sunday(territory: Territory) -> Iterator[None]:
    """Two canteens for Monday, and one plan for today."""
    with on(SUNDAY):
        proposals_of(territory, an_order("Anatole", day=FAR), an_order("Berthe", day=FAR))
        rounds(territory, SUNDAY)
        yield


def rounds(territory: Territory, day: date) -> None:
    plan = replace(an_order("Camion 1", 9.0, unit="m³", day=day, habit=()), items=(Item("a", "Borne A"),))
    propose(territory, system="waste_rounds", system_version="1.0", run=f"rounds-{day}", acts=[plan])


def deadline(territory: Territory, system: str, by: Person, at: time) -> None:
    Deadline.objects.create(territory=territory, system=system, at=at, by=by)


def test_without_an_hour_the_longest_list_of_today_and_tomorrow_comes_first(
    territory: Territory, elected: Person, sunday: None
) -> None:
    assert "Repas de cantine. Un système" in page_of(elected, territory, "")


def test_what_has_its_hour_today_or_tomorrow_comes_first_by_the_hour(
    territory: Territory, elected: Person, sunday: None
) -> None:
    deadline(territory, "waste_rounds", elected, time(23))
    html = page_of(elected, territory, "")
    assert "Tournées de collecte. Un système" in html
    assert "Voir les étapes" in html and ">Décider<" not in html  # an empty column is not drawn


def test_an_hour_that_has_passed_is_nothing_to_open_on(
    territory: Territory, elected: Person, sunday: None
) -> None:
    deadline(territory, "waste_rounds", elected, time(8))
    assert "Repas de cantine. Un système" in page_of(elected, territory, "")


def test_days_that_are_not_named_are_counted_with_the_reason(territory: Territory, elected: Person) -> None:
    with on(SUNDAY):
        days = [FAR + timedelta(days=n) for n in range(8)]
        proposals_of(territory, *(an_order("Anatole", day=day) for day in days[:6]))
        assert "les plus proches" not in page_of(elected, territory, "")
        proposals_of(territory, *(an_order("Anatole", day=day) for day in days[6:]), run="run-2")
        html = page_of(elected, territory, "")
    assert "Les jours les plus proches d'abord : 2 autres viendront quand ceux-ci seront décidés" in html
