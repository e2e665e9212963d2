"""The home of each released version opens with this one: same tables and rules as a new home, nothing that it held is lost."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from released_home import ARCHIVES, MEALS_BY_SITE, extract, migrations

from beffroi.home import Home
from beffroi.web.operations.locks import exclusive
from blank import blank
from commands import ROOT, beffroi, python

VERSIONS = [file.name.removesuffix(".tar.xz") for file in sorted(ARCHIVES.glob("*.tar.xz"))]

OPEN = """
import json, sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home, recipe = Home(Path(sys.argv[1])), sys.argv[2]
sys.path.insert(0, sys.argv[3])
setup_django(home)
from beffroi.web.operations.upgrade import prepare
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
prepare(home)
with scope.host():
    town = Territory.objects.get(slug="valbruyere")  # since 0.2.0 another one has everything that exists
    steward = Person.objects.get(email="data_officer@example.org")
with scope.inside(town):
    from beffroi.web.catalogue.models import Dataset
    from beffroi.web.decisions.models import Decision
    from beffroi.web.studio import services
    from beffroi.web.studio.models import StoredRecipe
    from studio.canteens import MORE_MEALS, replaced
    rows = {dataset.title: dataset.current.rows_total for dataset in Dataset.objects.of(town)}
    decisions = [[one.verdict, one.simulated] for one in Decision.objects.of(town).order_by("at")]
    stored = StoredRecipe.objects.of(town).get(slug=recipe)
    ask = lambda: {row["site"]: row["servis"] for row in services.answer(steward, stored).released.table.to_pylist()}
    before = ask()
    replaced(Dataset.objects.of(town).get(title="Sites"), steward, MORE_MEALS)
    print(json.dumps({"rows": rows, "decisions": decisions, "before": before, "after": ask()}))
"""
SCHEMA = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
COLUMNS = "SELECT m.name, c.name, c.type, c.\"notnull\" FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
RULES = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


def shape(home: Home) -> tuple[set[tuple[object, ...]], ...]:
    """Tables, indexes, columns and rules of the database, whatever their order."""
    with closing(sqlite3.connect(home.database)) as database:
        return tuple(set(database.execute(query)) for query in (SCHEMA, COLUMNS, RULES))


def dumped(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as opened:
        return list(opened.iterdump())


def counted(home: Home) -> dict[str, int]:
    """How many rows each table holds."""
    with closing(sqlite3.connect(home.database)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}


def upgraded_with_a_copy(home: Home) -> None:
    """By the command, in place, once it is no longer served; what it was is kept beside it."""
    before = dumped(home.database)
    pending = int(beffroi("upgrade", "--pending", "--home", home.path).stdout)
    with exclusive(home, "serve", "already"):
        served = beffroi("upgrade", "--home", home.path)
    assert served.returncode == 1 and "arrêtez-la d'abord" in served.stderr
    assert dumped(home.database) == before
    done = beffroi("upgrade", "--home", home.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [dumped(copy) == before for copy in home.backups.iterdir()] == [True] * bool(pending)
    assert int(beffroi("upgrade", "--pending", "--home", home.path).stdout) == 0


def test_each_released_version_has_its_home() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (\d+\.\d+\.\d+), \d", changes, re.MULTILINE)[::-1] == VERSIONS != []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_migration_of_a_release_is_never_changed(version: str) -> None:
    """A home of that version has run it: what changes after it is another migration."""
    released = json.loads((ARCHIVES / f"{version}.migrations.json").read_text("utf-8"))
    assert released and released.items() <= migrations().items()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.requirement("R93")
def test_the_home_of_a_release_opens_answers_and_goes_on(version: str, tmp_path: Path) -> None:
    home = Home(extract(version, tmp_path))
    held = counted(home)
    upgraded_with_a_copy(home)
    tests = str(ROOT / "tests")
    opened = python(OPEN, home.path, MEALS_BY_SITE, tests)
    assert opened.returncode == 0, opened.stderr
    found = json.loads(opened.stdout)
    assert shape(home) == shape(blank(tmp_path / "new", demo=True))
    after = counted(home)
    assert {name: (rows, after.get(name)) for name, rows in held.items() if after.get(name, 0) < rows} == {}
    assert found == {
        "rows": {"Cantines": 7, "Familles": 3, "Sites": 8, "Repas servis": 40},
        "decisions": [["accept", True], ["refuse", True]],
        "before": {"LES SAULES": 226, "LE BAC": 182, "LE MOULIN": 90, "LA FORGE": 28},
        "after": {"LES SAULES": 226, "LE BAC": 242, "LE MOULIN": 90, "LA FORGE": 28},
    }
    # The older a home is without any backup, the louder the doctor says so.
    for command in (["backup"], ["doctor", "--full"], ["ledger", "verify"]):
        checked = beffroi(*command, "--home", home.path)
        assert checked.returncode == 0, checked.stdout + checked.stderr
