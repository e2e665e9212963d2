"""A town that has no data yet, whose lakes and received files have no folder, restored alone: from a file and from the repository."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import towns_home

from beffroi.home import Home
from blank import blank
from commands import beffroi, python
from rings import LONG, representatives

SLUG = "saint-mure"
TESTS = Path(__file__).resolve().parents[1]
# Two towns that hold people and nothing else; one of them had begun its first delivery when the machine stopped.
FOUND = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
setup_django(home)
from beffroi.web.operations.upgrade import prepare
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
from beffroi.web.catalogue.models import Dataset, Snapshot
prepare(home)
for code, name in (("99T01", "Valbruyère"), ("99T02", "Saint-Mure")):
    town = found_territory(NewTerritory(code=code, name=name, kind="commune", population=1000, is_fictional=True))
    mail = f"agent@{town.slug}.example.org"
    person = admit(town, mail, f"Agent de {name}", ["data_officer", "administrator"], by=None, simulated=True)
if "interrupted" in sys.argv:
    with scope.inside(town):
        dataset = Dataset.objects.create(territory=town, title="Cantines", slug="cantines", table="cantines")
        Snapshot.objects.create(
            territory=town, dataset=dataset, number=1, mode="replace", state=Snapshot.State.INTENDED, by=person, act="first",
        )
"""
SINCE = (
    towns_home._OPEN
    + """
for town in Territory.objects.order_by("pk"):
    with scope.inside(town):
        person = Membership.objects.of(town).select_related("person").first().person
        poured(town, person, "Cantines janvier 2025.csv", JANUARY)
"""
)


def rows(home: Home, table: str) -> dict[str, int]:
    """How many rows of a table each town has."""
    counted = f"SELECT t.slug, count(r.id) FROM platform_territory t LEFT JOIN {table} r ON r.territory_id = t.id GROUP BY t.id"
    with closing(sqlite3.connect(home.database)) as database:
        return dict(database.execute(counted).fetchall())


def healthy(home: Home) -> None:
    checked = beffroi("doctor", "--full", "--home", home.path)
    assert "chaque octet relu, base, catalogues et registre compris" in checked.stdout, checked.stdout
    verified = beffroi("ledger", "verify", "--home", home.path)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize("kept", representatives(["file", "repository", "interrupted"], ["interrupted"]))
def test_a_town_without_data_is_restored_alone(tmp_path: Path, kept: str):
    if kept == "repository" and shutil.which("restic") is None:
        pytest.skip("apt install restic")
    home = blank(tmp_path / "home", demo=False)
    found = python(FOUND, home.path, kept)
    assert found.returncode == 0, found.stderr
    shutil.rmtree(home.path / "territories", ignore_errors=True)  # as an instance that came from a backup
    settings = {
        "BEFFROI_BACKUP_REPOSITORY": str(tmp_path / "repository"),
        "BEFFROI_BACKUP_KEY_FILE": str(tmp_path / "key"),
    }
    file: tuple[Path, ...] = ()
    if kept == "repository":
        assert beffroi("repository", "init", "--home", home.path, **settings).returncode == 0
    else:
        settings, file = {}, (tmp_path / "night.tar.gz",)
    saved = beffroi("backup", *file, "--home", home.path, **settings)
    assert saved.returncode == 0, saved.stderr
    members = rows(home, "platform_membership")
    invited = beffroi(
        *("invite", "neuf@example.org", "--role", "agent", "--territory", SLUG, "--home", home.path)
    )
    assert invited.returncode == 0, invited.stderr
    assert rows(home, "platform_membership")[SLUG] == members[SLUG] + 1

    restore = ("restore", *file, "--territory", SLUG, "--home", home.path, "--yes", "--reopen")
    done = beffroi(*restore, **settings)
    assert done.returncode == 0, done.stderr
    assert rows(home, "platform_membership") == members
    assert set(rows(home, "catalogue_snapshot").values()) == {0}
    healthy(home)

    if not LONG:
        return
    # The data that both have received since: those of the town leave with it, those of its neighbour stay.
    towns_home.run(SINCE, home.path)
    again = beffroi(*restore, **settings)
    assert again.returncode == 0, again.stderr
    assert rows(home, "catalogue_snapshot") == {"valbruyere": 1, SLUG: 0}
    healthy(home)
    back = beffroi("restore", again.stdout.strip(), *restore[-6:], **settings)
    assert back.returncode == 0, back.stderr
    assert rows(home, "catalogue_snapshot") == {"valbruyere": 1, SLUG: 1}
    healthy(home)


def test_an_instance_restored_whole_has_the_folders_of_a_new_one(tmp_path: Path):
    home = blank(tmp_path / "home", demo=False)
    saved = beffroi("backup", tmp_path / "night.tar.gz", "--home", home.path)
    assert saved.returncode == 0, saved.stderr
    done = beffroi("restore", tmp_path / "night.tar.gz", "--home", tmp_path / "other")
    assert done.returncode == 0, done.stderr

    def folders(of: Path) -> set[str]:
        return {path.name for path in of.iterdir() if path.is_dir()}

    assert folders(tmp_path / "other") >= folders(home.path) - {"marks", "reference", "roots"}
