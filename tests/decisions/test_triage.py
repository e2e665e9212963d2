"""What makes a line of a day unusual is measured: its habit, its interval, its history, yesterday's number, the way without AI."""

from datetime import date, timedelta
from typing import Any

import pytest

from beffroi.web.decisions import triage
from beffroi.web.decisions.notices import notice_for
from beffroi.web.decisions.services import decide
from beffroi.web.decisions.triage import Assessment
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import MONDAY, a_case, an_order, proposals_of
from support.clock import on

pytestmark = pytest.mark.django_db


def assess(
    territory: Territory, *acts: Any, run: str = "run-1", day: date | None = MONDAY
) -> dict[str, Assessment]:
    proposals_of(territory, *acts, run=run)
    found = triage.assess(territory, notice_for(territory, "canteen"), "canteen", day)
    return {one.proposal.place: one for one in found}


def test_a_number_within_its_habit_is_ordinary_and_one_beyond_a_tenth_of_it_is_not(
    territory: Territory,
) -> None:
    habit = (100.0, 96.0, 104.0, 98.0)
    found = assess(
        territory,
        an_order("Dedans", 114, habit=habit),
        an_order("Dessus", 115, habit=habit),
        an_order("Dessous", 86, habit=habit),
    )
    assert found["Dedans"].ordinary and found["Dedans"].retained == 114
    assert found["Dessus"].reasons == ("au-dessus de son habitude (96 à 104)",)
    assert found["Dessous"].reasons == ("au-dessous de son habitude (96 à 104)",)
    assert list(found) == ["Dessus", "Dessous", "Dedans"]  # the furthest from its habit first


def test_an_interval_twice_as_wide_as_the_others_is_unusual(territory: Territory) -> None:
    found = assess(
        territory,
        *(an_order(f"site {n}", low=110.0, high=130.0) for n in range(5)),
        an_order("Large", low=95.0, high=145.0),
    )
    assert [name for name, one in found.items() if not one.ordinary] == ["Large"]
    assert found["Large"].reasons == ("intervalle large, de 95 à 145",)


@pytest.mark.parametrize(
    ("habit", "why"),
    [((), "aucun cas comparable connu"), ((120.0, 118.0), "2\u00a0jours comparables connus seulement")],
)
def test_a_place_without_three_known_days_is_new(territory: Territory, habit: Any, why: str) -> None:
    assert assess(territory, an_order("Neuf", habit=habit))["Neuf"].reasons == (why,)


def test_what_moved_by_more_than_a_tenth_since_the_day_before_is_unusual(territory: Territory) -> None:
    acts = [an_order("Bouge", 100, habit=(100, 105, 118)), an_order("Tient", 100, habit=(100, 105, 118))]
    with on(date(2026, 11, 26)):
        proposals_of(territory, *acts, run="hier")
    with on(date(2026, 11, 27)):
        later = [an_order("Bouge", 112, habit=(100, 105, 118)), an_order("Tient", 110, habit=(100, 105, 118))]
        found = assess(territory, *later, run="ce matin")
        assert found["Bouge"].reasons == ("était de 100 le 26 novembre 2026",)
        assert found["Tient"].ordinary
        # Calculated again the same day, it is still compared with the day before.
        again = assess(territory, an_order("Bouge", 113, habit=(100, 105, 118)), run="ce midi")
        assert again["Bouge"].reasons == ("était de 100 le 26 novembre 2026",)


def test_what_a_person_already_decided_is_read_again_when_it_changes(
    territory: Territory, elected: Person
) -> None:
    (first,) = proposals_of(territory, an_order(value=120))
    decide(first, elected, "change", value=118, reason="Sortie")
    found = assess(territory, an_order(value=121), run="run-2")
    assert found["Jean-Moulin"].reasons == ("déjà décidé : 118, la proposition a changé depuis",)


def test_without_a_habit_from_the_system_the_decisions_of_the_same_weekdays_serve(
    territory: Territory, elected: Person
) -> None:
    for weeks in (1, 2, 3):
        day = MONDAY - timedelta(weeks=weeks)
        (past,) = proposals_of(territory, an_order(value=100 + weeks, day=day, habit=()), run=f"run-{weeks}")
        decide(past, elected, "accept", reason="Vu")
    found = assess(territory, an_order(value=104, habit=()), an_order("Ailleurs", 104, habit=()), run="run-9")
    assert found["Jean-Moulin"].habit == (101, 102, 103) and found["Jean-Moulin"].ordinary
    assert not found["Ailleurs"].ordinary


def test_where_the_system_does_worse_than_without_it_the_reference_is_put_first(territory: Territory) -> None:
    worse = {"site_error": 6.0, "site_reference_error": 5.0, "reference_order": 83}
    even = worse | {"site_error": 5.2}
    found = assess(
        territory,
        an_order("Petit", 80, evidence=worse, low=60.0, high=100.0),
        an_order("Égal", 80, evidence=even, low=60.0, high=100.0),
        an_order("Flou", 10, evidence={"reference_order": 9}, low=2.0, high=16.0),
        *(an_order(f"grand {n}", 200) for n in range(3)),
    )
    assert (found["Petit"].retained, found["Petit"].small, found["Petit"].ordinary) == (83, True, True)
    assert "se trompe de 6,0 en moyenne, la façon sans IA de 5,0" in found["Petit"].poorly_forecast
    assert found["Égal"].retained == 80 and not found["Égal"].poorly_forecast
    assert found["Flou"].retained == 9 and "plus large que le nombre" in found["Flou"].poorly_forecast


def test_what_concerns_a_person_and_what_has_no_day_are_never_ordinary(territory: Territory) -> None:
    found = assess(territory, a_case(place="Crèche"), an_order("Fuite", day=None, habit=()), day=None)
    assert [one.ordinary for one in found.values()] == [False, False]
