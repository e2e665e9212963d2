"""`beffroi register`: the public register of systems in a file, whole or not at all."""

import csv
import json
from pathlib import Path

import pytest

from blank import blank
from commands import beffroi, python

MAKE = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
setup_django(home)
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
from beffroi.web.workshop import services
town = found_territory(NewTerritory(code="99T01", name="Ville", kind="commune", population=None, is_fictional=True))
person = admit(town, "a@example.org", "A", ["data_officer"], by=None, simulated=True)
with scope.inside(town):
    services.adopt(town, person, "canteen", supervisor=None)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register") / "home"
    blank(folder, demo=True)
    made = python(MAKE, folder)
    assert made.returncode == 0, made.stderr
    return folder


def test_the_register_is_written_in_either_form(home: Path, tmp_path: Path) -> None:
    done = beffroi("register", "--form", "fr", "--output", tmp_path / "r.csv", "--home", home)
    assert done.returncode == 0, done.stderr
    assert "1 système dans" in done.stderr
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as text:
        (row,) = csv.DictReader(text, delimiter=";")
    assert row["Nom de l'algorithme"] == "Repas de cantine"
    assert row["Nature des données"] == "données simulées"
    done = beffroi("register", "--form", "nl", "--output", tmp_path / "r.json", "--home", home)
    (entry,) = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert entry["lang"] == "nld"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.csv", "r.json"]


@pytest.mark.parametrize(
    ("output", "words"), [("r.txt", "doit finir par .csv"), ("nulle-part/r.csv", "n'existe pas")]
)
def test_what_cannot_be_written_is_told(home: Path, tmp_path: Path, output: str, words: str) -> None:
    done = beffroi("register", "--output", tmp_path / output, "--home", home)
    assert done.returncode == 1
    assert words in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
