"""The invented night of the demonstration: made by the services in their order, everything that the room is walked with is there."""

import contextvars
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from beffroi.demonstration.continuity import as_of
from beffroi.demonstration.continuity.known_services import COMMUNE, SEAT, KnownService
from beffroi.demonstration.continuity.past import Night
from beffroi.web.continuity.essential_services.impact import Grid
from blank import demonstration
from commands import python

PROGRAM = Path(__file__).with_name("look_at_continuity.py")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report of the demonstration, and what its home holds of continuity."""
    home = tmp_path_factory.mktemp("once") / "demonstration"
    report, _ = demonstration(home)
    return report, json.loads(python(PROGRAM.read_text("utf-8"), home).stdout.splitlines()[-1])


def test_time_is_set_back_for_who_asked_only():
    now, days = timezone.now(), timedelta(days=3)
    with as_of(now - days):
        inside = timezone.now()
        elsewhere = contextvars.Context().run(timezone.now)
        with as_of(now - 2 * days):
            assert timedelta() <= timezone.now() - (now - 2 * days) < timedelta(seconds=5)
    assert timedelta() <= inside - (now - days) < timedelta(seconds=5)
    assert timedelta() <= elsewhere - now < timedelta(seconds=5)
    assert timedelta() <= timezone.now() - now < timedelta(seconds=5)


def test_the_night_is_in_its_third_day_whatever_the_hour():
    start = timezone.make_aware(datetime(2026, 3, 27))
    for hour in range(96):  # over a change of the hour
        now = start + timedelta(hours=hour, minutes=17)
        night = Night.before(now)
        assert timedelta(hours=49) <= now - night.began <= timedelta(hours=75)
        moments = [night.at(each / 2) for each in range(133)]
        assert moments == sorted(moments) and moments[-1] < now


def test_every_grid_is_full_and_does_not_contradict_itself():
    own = [KnownService(name, "", *known) for name, known in COMMUNE.items()]
    assert (len(SEAT), len(own)) == (40, 16)
    grids = [Grid(each.answers) for each in (*SEAT, *own)]
    assert all(grid.is_full and not grid.contradictions() for grid in grids)
    assert len({json.dumps(each.answers, sort_keys=True) for each in SEAT}) > 25


@pytest.mark.xdist_group("site")
def test_the_seat_prepared_itself(town: tuple[dict[str, Any], dict[str, Any]]):
    _, found = town
    assert found["chains"] == [[True, True]] * 3  # whole, and in the order of time
    assert found["services"] == {"seat": [40, 40], "commune": [16, 14]}
    assert sorted(found["contradictions"]) == ["circle", "slow"]
    assert found["drill"] == {"whole": True, "closed": True, "late": True, "exercise": True}
    assert found["plans"] == {"pra": [1, True], "pca": [1, True]}  # signed once, changed since
    assert found["overdue"] == ["Restaurer un fichier tiré au sort"]
    assert found["backups"] == [
        ["Serveur de fichiers", "abîmée"],
        ["Archives numérisées", "trop vieille"],
        ["Supervision de l'eau", "sauvegardée, jamais restaurée"],
        ["État civil et élections des communes", "prouvée"],
    ]
    assert found["failed_proofs"] == [[False, True, True]]  # failed, with its evidence and its person


@pytest.mark.xdist_group("site")
def test_the_commune_is_in_the_third_day_of_its_crisis(town: tuple[dict[str, Any], dict[str, Any]]):
    _, found = town
    crisis = found["crisis"]
    assert (crisis["count"], crisis["exercise"], crisis["open"], crisis["incident"]) == (1, False, True, True)
    assert 48 <= crisis["hours"] <= 75
    assert crisis["lines"] >= 40 and crisis["merged"] == 10 and crisis["faults"] == []
    assert set(crisis["kinds"]) == {"fact", "decision", "message", "correction"}
    assert crisis["days"] >= 3
    assert (crisis["points"], crisis["drafted"], crisis["validated"], crisis["late_point"]) == (
        2,
        4,
        1,
        False,
    )
    assert crisis["roles"] == 7 and crisis["shifts"] == 9 and crisis["over"] == 2
    assert found["site"] == {"published": 2, "announced": 9, "public": 8, "easy": 2, "days": 2}
    assert found["sheets"] == {"approved": 5, "changed": 1, "tried": 1}
    assert found["kit"] == {"phrase": 1, "by_hand": 1}


@pytest.mark.xdist_group("site")
def test_an_exercise_was_played_a_day_is_typed_again_and_bills_wait(
    town: tuple[dict[str, Any], dict[str, Any]],
):
    _, found = town
    assert found["exercise"] == {"state": "ended", "reactions": 10, "observations": 8, "corrections": 3}
    assert found["canteen"] == {
        "announced": 20,
        "entered": 12,
        "differs": 1,
        "second": 1,
        "ends": ["lost", "void"],
    }
    assert found["numbers"] == {"form_canteen": 30, "form_visit": 15}
    assert found["bills"] == [["canteen", False, True], ["water", True, True]]


@pytest.mark.xdist_group("site")
def test_the_room_is_walked_by_role_and_every_page_of_it_opens(
    town: tuple[dict[str, Any], dict[str, Any]],
):
    report, found = town
    walks = {walk["who"].partition("@")[0]: walk["pages"] for walk in report["continuity"]}
    assert {who: len(pages) for who, pages in walks.items()} == {
        "mayor": found["pages"]["commune"],
        "secretary": 6,
        "security_officer": 4,
        "agent": 3,
        "decider": 3,
    }
    assert walks["mayor"][0].endswith("/mur/")
    opened = [page for page in report["pages"] if "/continuite/" in page]
    assert len(opened) == found["pages"]["seat"] > 45


@pytest.mark.xdist_group("site")
def test_pages_and_texts_say_that_the_data_are_simulated(town: tuple[dict[str, Any], dict[str, Any]]):
    _, found = town
    assert found["unlabelled"] == []
