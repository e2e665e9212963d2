"""Presets of a new instance: what is closed, locked and begun; one that does not exist makes nothing."""

from pathlib import Path

import pytest

from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.operations import presets
from beffroi.web.platform import feature_switches, scope
from beffroi.web.tenancy import safeguards
from commands import beffroi
from places import a_person, a_territory


@pytest.mark.django_db
@pytest.mark.requirement("R88")
def test_a_small_town_begins_with_few_rooms_locked_settings_and_whom_to_call():
    town = a_territory(fictional=False)
    secretary = a_person(town, "administrator")
    presets.apply(town, presets.preset("petite-commune"), secretary)
    opened = {
        room.key for room in feature_switches.all_features() if feature_switches.is_open(town, room.key)
    }
    assert opened == {"catalogue", "studio", "portal", "cyber", "continuity"}
    assert set(town.safeguards) == safeguards.SAFEGUARDS.keys()
    with scope.nowhere(), scope.inside(town):
        begun = set(RegisterEntry.objects.of(town).values_list("register", flat=True))
    assert "who_to_call" in begun


def test_a_preset_names_only_what_exists():
    rooms = {room.key for room in feature_switches.all_features()}
    for name in presets.names():
        found = presets.preset(name)
        assert found.open_rooms <= rooms
        assert set(found.safeguards) <= safeguards.SAFEGUARDS.keys()
        assert all(guide(Register, key) for key in found.registers)


def test_an_unknown_preset_makes_nothing_and_says_which_there_are(tmp_path: Path):
    home = tmp_path / "instance"
    who = ("--by-hand", "SIVU d'essai", "--kind", "SIVU", "--email", "a@example.org")
    done = beffroi("init", *who, "--preset", "petit-bourg", "--home", home)
    assert done.returncode != 0
    assert "petite-commune" in done.stderr and not home.exists()
