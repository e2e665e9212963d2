"""The host's commands as its operator types them: territories by name, code, SIREN or by hand; good input and bad."""

import json
from pathlib import Path

import pytest

from blank import founded
from commands import beffroi
from reference_data import require_reference


@pytest.fixture(autouse=True)
def _reference():
    require_reference()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The instance of a département, which runs its host."""
    folder = tmp_path / "instance"
    founded(folder, "--territory", "222900011", "--email", "a@example.org")
    return folder


def listed(home: Path) -> dict[str, dict[str, object]]:
    done = beffroi("territory", "list", "--json", "--home", home)
    assert done.returncode == 0, done.stderr
    return {row["slug"]: row for row in json.loads(done.stdout)}


def test_a_host_gathers_territories_of_every_kind_and_shows_them(home: Path):
    added = beffroi("territory", "add", "29019", "--email", "b@example.org", "--home", home)
    assert added.returncode == 0, added.stderr
    assert "/entree/" in added.stdout
    assert "en préparation" in added.stderr
    by_hand = beffroi(
        "territory", "add", "--by-hand", "SIVU des Écoles", "--kind", "SIVU", "--siren", "254 401 839",
        "--member", "29019", "--member", "Quimper", "--deed", "2026-1", "--signed-on", "01/03/2026",
        "--email", "b@example.org", "--home", home,
    )  # fmt: skip
    assert by_hand.returncode == 0, by_hand.stderr
    assert "en préparation" not in by_hand.stderr
    rows = listed(home)
    assert {slug: row["deed"] for slug, row in rows.items()} == {
        "finistere": "l'hébergeur lui-même",
        "brest": "acte à enregistrer",
        "sivu-des-ecoles": "acte enregistré",
    }
    shown = json.loads(beffroi("territory", "show", "finistere", "--json", "--home", home).stdout)
    assert shown["siren"] == "222900011"
    assert "Collèges" in shown["competences"]
    assert "SIREN 222900011" in beffroi("host", "--home", home).stdout
    assert beffroi("ledger", "verify", "--home", home).stdout.count("intact") == 4


def test_what_is_typed_wrong_is_told_and_makes_nothing(home: Path):
    hand = ("--by-hand", "SIVU", "--email", "b@example.org")
    for arguments, word in (
        (("29019", "--email", "pas une adresse"), "adresse"),
        (("Nulle-Part-sur-Mer", "--email", "b@example.org"), "Nulle-Part"),
        (("29", "--email", "b@example.org"), "déjà hébergée"),
        (("--email", "b@example.org"), "--by-hand"),
        (("29019", *hand), "--by-hand"),
        ((*hand, "--kind", "SIVU", "--siren", "254401838"), "SIREN"),
        ((*hand, "--kind", "royaume", "--siren", "254401839"), "CCAS"),
        ((*hand, "--kind", "SIVU", "--siren", "254401839", "--member", "Saint-Denis"), "93066"),
        (("29019", "--email", "b@example.org", "--deed", "R"), "date"),
        (("29019", "--email", "b@example.org", "--role", "own"), "SIREN"),
        (("29019", "--email", "b@example.org", "--deed", "R", "--signed-on", "hier"), "--signed-on"),
    ):
        done = beffroi("territory", "add", *arguments, "--home", home)
        assert done.returncode not in (0, None), arguments
        assert word in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
    assert list(listed(home)) == ["finistere"]


def test_operators_are_named_and_leave_and_the_host_is_named(home: Path):
    unknown = beffroi("operator", "add", "x@example.org", "--home", home)
    assert unknown.returncode == 1
    assert "beffroi invite" in unknown.stderr
    left = beffroi("operator", "remove", "a@example.org", "--home", home)
    assert left.returncode == 0
    assert "Plus personne" in left.stderr
    assert beffroi("operator", "add", "a@example.org", "--home", home).returncode == 0
    wrong = beffroi("host", "--siren", "123456789", "--home", home)
    assert wrong.returncode == 1
    assert "Rien n'a changé" in wrong.stderr
    named = beffroi("host", "--name", "Département", "--contact", "aide@example.org", "--home", home)
    assert named.stdout.strip() == "Département, SIREN 222900011, aide@example.org"
    absent = beffroi("territory", "show", "rien", "--home", home)
    assert absent.returncode == 1
    assert "finistere" in absent.stderr
