"""The clock of the house: what a dead worker left is taken again, links long expired are forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.home import Home, HomeError
from beffroi.web.operations import scheduler
from beffroi.web.operations.locks import exclusive
from beffroi.web.territories import scope
from beffroi.web.territories.models import EntryLink, Job
from beffroi.web.territories.signin import make_link
from places import a_person, a_territory


@pytest.mark.django_db
def test_a_turn_takes_again_what_a_dead_worker_left_and_leaves_the_living_alone():
    town = a_territory()
    for key, age in (("mort", timedelta(hours=1)), ("vivant", timedelta(seconds=1))):
        Job.objects.create(
            territory=town, key=key, kind="k", label="Travail", state="running", beat_at=timezone.now() - age
        )
    with scope.nowhere():
        scheduler.tick()
    assert dict(Job.objects.values_list("key", "state")) == {"mort": "waiting", "vivant": "running"}


@pytest.mark.django_db
def test_a_turn_forgets_links_long_expired_and_keeps_the_others():
    person = a_person(a_territory(), "agent")
    make_link(person, "signin")
    EntryLink.objects.update(expires_at=timezone.now() - timedelta(days=8))
    make_link(person, "invite")
    with scope.nowhere():
        scheduler.tick()
    assert [link.purpose for link in EntryLink.objects.all()] == ["invite"]


def test_a_second_clock_on_the_same_home_is_refused(tmp_path):
    home = Home(tmp_path / "instance")
    home.create(demo=False)
    with exclusive(home, "scheduler", "occupée"), pytest.raises(HomeError, match="tourne déjà"):
        scheduler.run_for_ever(home)
