"""One town restored alone: its rows and files are the backup's, every row and byte of the others is as before, the ledger says so."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
import released_home
import towns_home

from beffroi.hashing import file_sha256
from beffroi.home import Home
from beffroi.web.operations import locks, territory_rows, territory_source, territory_swap
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.postgresql import isolation
from commands import beffroi, environment, free_address, python, serving
from rings import LONG, representatives

SLUG = "saint-mure"
KEY = 2
OF_NOBODY = {"django_migrations", "search_entry_fts"}
"""What holds no row of a person or of a territory; the index of the search is compared with its table by SQLite itself."""


@pytest.fixture(scope="module")
def made() -> Path:
    return towns_home.made()


@pytest.fixture
def night(made: Path) -> Path:
    return made / "night.tar.gz"


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Home:
    shutil.copytree(made / "home", tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.fixture
def unpacked(night: Path, tmp_path: Path) -> Path:
    """The folder of the backup of the night, as another engine of backups would unpack it."""
    folder = tmp_path / "night"
    shutil.unpack_archive(night, folder, filter="data")
    return folder


def restored(home: Home, source: Path, *more: str, slug: str = SLUG) -> subprocess.CompletedProcess[str]:
    return beffroi("restore", source, "--territory", slug, "--home", home.path, "--yes", *more)


def rows_of(database: Path) -> dict[str, list[tuple]]:
    """Every row of every table; the index of the search agrees with its own."""
    with closing(sqlite3.connect(database)) as base:
        names = base.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        base.execute("INSERT INTO search_entry_fts (search_entry_fts, rank) VALUES ('integrity-check', 1)")
        found = {}
        for (name,) in names.fetchall():
            if name not in OF_NOBODY and not name.startswith("sqlite_"):
                found[name] = sorted(map(repr, base.execute(f'SELECT * FROM "{name}"')))
        return found


def own_keys(database: Path) -> dict[str, set]:
    """Keys of the rows of the territory, table by table."""
    with closing(sqlite3.connect(database)) as base:
        return {
            table.name: {
                key
                for (key,) in base.execute(
                    f'SELECT "{table.key}" FROM "{table.name}" WHERE '
                    + territory_rows.condition(table, KEY, lambda name: f'"{name}"')
                )
            }
            for table in territory_rows.owned_tables()
        }


def split_rows(database: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Rows of the territory, and all the others."""
    owned = {table.name: table for table in territory_rows.owned_tables()}
    keys = own_keys(database)
    own: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    with closing(sqlite3.connect(database)) as base:
        base.row_factory = sqlite3.Row
        for name in rows_of(database):
            for row in base.execute(f'SELECT * FROM "{name}"'):
                mine = name in owned and row[owned[name].key] in keys[name]
                (own if mine else others).setdefault(name, set()).add(repr(tuple(row)))
    return own, others


def files_of(root: Path, *places: str) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): file_sha256(path)
        for place in places
        for path in sorted((root / place).rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))  # empty, of whoever reads a catalogue
    }


def others_files(home: Home) -> dict[str, str]:
    places = [
        f"{folder}/{slug}{end}"
        for slug in towns_home.TOWNS
        if slug != SLUG
        for folder, end in (("territories", ""),)
    ]
    found = files_of(home.path, *places)
    for slug in towns_home.TOWNS:
        if slug != SLUG:
            found |= {
                str(path.relative_to(home.path)): file_sha256(path)
                for path in (
                    home.path / "roots/territory" / f"{slug}.jsonl",
                    home.path / "marks/territory" / f"{slug}.chain",
                )
            }
    return found


def healthy(home: Home) -> None:
    """Every byte, line and signed root is in order, for all the towns."""
    checked = beffroi("doctor", "--full", "--home", home.path)
    assert "chaque octet relu, base, catalogues et registre compris" in checked.stdout, (
        checked.stdout + checked.stderr
    )
    verified = beffroi("ledger", "verify", "--home", home.path)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def tampered(database: Path, *, line: int) -> None:
    with closing(sqlite3.connect(database)) as base:
        base.execute("DROP TRIGGER platform_ledgerline_no_update")
        base.execute(
            "UPDATE platform_ledgerline SET hash = 'x' || substr(hash, 2) WHERE territory_id = ? AND seq = ?",
            [KEY, line],
        )
        base.commit()


def test_one_town_is_what_it_was_that_night_and_no_row_or_byte_of_the_others_changed(
    home: Home, night: Path, unpacked: Path
):
    before, files = split_rows(home.database), others_files(home)
    done = restored(home, night)
    assert done.returncode == 0, done.stderr
    own, others = split_rows(home.database)
    # Shared tables only gained: a line of the host's chain with its detail.
    gained = {name: rows - before[1].get(name, set()) for name, rows in others.items()}
    assert {name: len(rows) for name, rows in gained.items() if rows} == {
        "platform_ledgerline": 1,
        "platform_ledgerdetail": 1,
    }
    lost = {name: rows - others.get(name, set()) for name, rows in before[1].items()}
    assert {name for name, rows in lost.items() if rows} <= {"platform_territory"}
    assert others_files(home) == files
    # Its own rows are the backup's, plus the line that says so; the role ended since stays ended.
    expected, _ = split_rows(unpacked / "db.sqlite3")
    added = {name: rows - expected.get(name, set()) for name, rows in own.items()}
    assert {name: len(rows) for name, rows in added.items() if rows} == {
        "platform_ledgerline": 1,
        "platform_ledgerdetail": 1,
        "platform_membership": 1,
    }
    missing = {name: rows - own.get(name, set()) for name, rows in expected.items()}
    assert {name: len(rows) for name, rows in missing.items() if rows} == {"platform_membership": 1}
    # Its files too, byte for byte.
    assert files_of(home.path / "territories", SLUG) == files_of(unpacked / "territories", SLUG)
    assert "Autre de Saint-Mure (agent)" in done.stderr and "Arrivée de Saint-Mure" in done.stderr
    assert "2 fichiers reçus" in done.stderr
    healthy(home)


@pytest.mark.long
def test_the_night_that_follows_is_a_whole_backup_and_the_safety_copy_brings_the_day_back(
    home: Home, night: Path
):
    before = split_rows(home.database)
    done = restored(home, night)
    following = beffroi("backup", "--home", home.path)
    assert following.returncode == 0, following.stderr
    safety = Path(done.stdout.strip())
    again = restored(home, safety, "--reopen")
    assert again.returncode == 0, again.stderr
    back, _ = split_rows(home.database)
    assert {name for name, rows in back.items() if rows != before[0].get(name, set())} == {
        "platform_ledgerline",
        "platform_ledgerdetail",
    }
    assert back["platform_ledgerline"] > before[0]["platform_ledgerline"]
    healthy(home)


@pytest.mark.long
def test_a_root_published_of_lines_that_were_replaced_is_explained(home: Home, night: Path, tmp_path: Path):
    published = tmp_path / "root.json"
    published.write_bytes((home.path / "roots/territory" / f"{SLUG}.jsonl").read_bytes().splitlines()[-1])
    assert restored(home, night).returncode == 0
    compare = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.ledger.roots import read_root
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import proofs
from beffroi.web.platform.models import Territory
town = Territory.objects.get(slug=sys.argv[3])
print(proofs.compare(town, read_root(Path(sys.argv[2]).read_bytes())).why)
with ledger.opened(town):
    print(ledger.lines_of(town).last().detail.payload["replaced"]["last"])
"""
    said = python(compare, home.path, published, SLUG)
    assert "restauration" in said.stdout and "lignes 8 à 12" in said.stdout, said.stdout + said.stderr
    # What the safety copy holds of the old chain is what the line commits to.
    (safety,) = home.backups.glob("avant-restauration-*")
    kept = json.loads((safety / "empreinte.json").read_text("utf-8"))
    assert kept["last"] in said.stdout and kept["size"] == 12
    key = beffroi(
        "ledger",
        "verify",
        safety / "registre.jsonl",
        "--root",
        safety / "empreinte.json",
        "--home",
        home.path,
    )
    assert key.returncode == 0, key.stderr


@pytest.mark.parametrize(
    "harm",
    representatives(
        ["own file", "other town", "other instance", "chain", "newer", "lacks", "not a backup"],
        ["own file", "lacks", "not a backup"],
    ),
)
def test_a_backup_that_does_not_serve_is_refused_and_nothing_changes(home: Home, unpacked: Path, harm: str):
    manifest = unpacked / "manifest.json"
    stated = json.loads(manifest.read_text("utf-8"))
    slug, said, more = SLUG, "", ()
    if harm in ("own file", "other town"):
        town = SLUG if harm == "own file" else "valbruyere"
        file = next(
            path
            for path in sorted((unpacked / "territories" / town / "incoming").rglob("*"))
            if path.is_file()
        )
        file.write_bytes(file.read_bytes()[:-1] + b"\0")
        said = "est abîmée" if harm == "own file" else ""
    elif harm in ("other instance", "chain"):
        tampered(unpacked / "db.sqlite3", line=1 if harm == "other instance" else 3)
        stated["files"]["db.sqlite3"] = file_sha256(unpacked / "db.sqlite3")
        said = "autre instance" if harm == "other instance" else "modifié à partir de la ligne 3"
    elif harm == "newer":
        stated["format"], said = 99, "plus récente"
    elif harm == "lacks":
        stated["lacks"] = {
            f"file:territories/{SLUG}/lasting/data/x": "Un fichier de Saint-Mure manquait.",
            "file:territories/valbruyere/lasting/data/x": "Un fichier de Valbruyère manquait.",
        }
        said = "Un fichier de Saint-Mure manquait."
    else:
        slug, said = "nulle-part", "saint-mure"
    manifest.write_text(json.dumps(stated), "utf-8")
    before, files = rows_of(home.database), files_of(home.path, "territories", "roots", "backups")
    done = restored(home, unpacked, *more, slug=slug)
    if not said:
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 1 and said in done.stderr and "Valbruyère manquait" not in done.stderr, (
        done.stderr
    )
    assert rows_of(home.database) == before
    assert files_of(home.path, "territories", "roots", "backups") == files
    assert not list(home.path.glob(".restauration-*")) and not list(home.run.glob("*.closed"))


KILLED = """
import os, signal, sys
from pathlib import Path
from beffroi.cli.common import opened
home = opened(Path(sys.argv[1]))
from beffroi.web.operations import territory_restore, territory_rows, territory_swap
from beffroi.web.platform.ledger import marks
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
name, after = sys.argv[4].split(":")[0], sys.argv[4].endswith(":after")
module, _, function = name.rpartition(".")
owner = {"restore": territory_restore, "swap": territory_swap, "rows": territory_rows, "marks": marks, "path": Path}[module]
original = getattr(owner, function)
count = [int(sys.argv[5])]
def dying(*arguments, **named):
    count[0] -= 1
    if count[0] > 0:
        return original(*arguments, **named)
    if after:
        original(*arguments, **named)
    die()
setattr(owner, function, dying)
territory_restore.restore_territory(home, Path(sys.argv[2]), sys.argv[3], confirm=lambda losses: True)
"""
# A step of the way, and what is there afterwards: nothing done, or all.
POINTS = {
    ("restore.checksums", 1): "old",
    ("restore._save:after", 1): "old",
    ("restore._secret_keys", 1): "old",  # inside the transaction
    ("restore.finish", 1): "new",
    ("swap._sync", 1): "new",
    ("path.rename", 3): "new",  # the new folder has not its place yet
    ("swap._mark", 1): "new",
    ("marks.record_roots", 1): "new",
    ("swap._describe", 1): "new",
    ("swap._describe:after", 1): "new",
}


@pytest.mark.parametrize(("point", "which"), representatives(POINTS, [("path.rename", 3)]))
def test_a_kill_leaves_the_old_state_or_the_new_one_once_the_instance_is_opened(
    home: Home, night: Path, point: str, which: int
):
    before, _ = split_rows(home.database)
    town = files_of(home.path, f"territories/{SLUG}")
    killed = python(KILLED, home.path, night, SLUG, point, str(which))
    assert killed.returncode in (-9, 137, 9), killed.stderr
    if LONG and list(home.run.glob("*.closed")):
        said = beffroi("doctor", "--full", "--home", home.path)
        assert "La restauration de Saint-Mure n'est pas finie" in said.stdout, said.stdout + said.stderr
    opened = beffroi("ledger", "verify", "--home", home.path)  # what opens the instance settles it
    assert opened.returncode == 0, opened.stdout + opened.stderr
    own, _ = split_rows(home.database)
    if POINTS[point, which] == "old":
        assert own == before
        assert files_of(home.path, f"territories/{SLUG}") == town
        assert not list(home.backups.glob("avant-restauration-*"))
        done = restored(home, night)
        assert done.returncode == 0, done.stderr
    assert len(split_rows(home.database)[0]["catalogue_delivery"]) == 2
    assert files_of(home.path, f"territories/{SLUG}") != town
    assert len(list(home.backups.glob("avant-restauration-*"))) == 1
    assert not list(home.path.glob(".restauration-*")) and not list(home.run.glob("*.closed"))
    healthy(home)


@pytest.mark.long
def test_a_town_harmed_in_all_that_it_has_comes_back_and_the_instance_may_serve_again(
    home: Home, night: Path
):
    tampered(home.database, line=12)
    shutil.rmtree(home.path / "territories" / SLUG)
    (home.path / "roots/territory" / f"{SLUG}.jsonl").write_text("rien\n")
    refused = beffroi("ledger", "verify", "--home", home.path)
    assert refused.returncode == 1
    done = restored(home, night)
    assert done.returncode == 0, done.stderr
    # The rule that was dropped is the base's, not the town's: put back as the doctor says.
    told = beffroi("doctor", "--home", home.path)
    assert "platform_ledgerline_no_update" in told.stdout and "beffroi upgrade" in told.stdout
    upgraded = beffroi("upgrade", "--home", home.path)
    assert upgraded.returncode == 0, upgraded.stderr
    healthy(home)


@pytest.mark.long
def test_no_backup_is_made_of_a_town_that_is_being_replaced(home: Home):
    with locks.exclusive(home, territory_swap.REPLACING, ""):
        refused = beffroi("backup", "--home", home.path)
    assert refused.returncode == 1 and "restauration est déjà en cours" in refused.stderr


AFTER_KEYS = """
import sys
from pathlib import Path
from beffroi.cli.common import opened
home = opened(Path(sys.argv[1]))
from beffroi.web.platform import scope, sealing
from beffroi.web.platform.ledger import audit
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.tenancy.models import IdentityProvider
town = Territory.objects.get(slug=sys.argv[2])
person = Person.objects.get(name="Autre de Saint-Mure")
with scope.inside(town):
    print(sealing.unseal(IdentityProvider.objects.of(town).get().sealed_secret))
    print(Membership.objects.of(town).filter(person=person).count(), person.has_usable_password(), person.is_active)
print(audit.audit(town).faults)
"""


@pytest.mark.long
def test_what_changed_meanwhile_in_what_all_share_does_not_stop_it(home: Home, night: Path):
    """Both keys were exchanged and a person is gone: secrets are sealed again, roots still count, the person is there by name."""
    for which in ("secret", "ledger"):
        renewed = beffroi("key", "renew", "--which", which, "--home", home.path)
        assert renewed.returncode == 0, renewed.stderr
    with closing(sqlite3.connect(home.database)) as base:
        base.executescript(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER IF EXISTS platform_accessevent_no_delete;"
            "DELETE FROM platform_membership WHERE person_id IN (SELECT id FROM platform_person WHERE name = 'Autre de Saint-Mure');"
            "DELETE FROM platform_person WHERE name = 'Autre de Saint-Mure';"
        )
    done = restored(home, night)
    assert done.returncode == 0, done.stderr
    assert "Comptes disparus depuis et remis" in done.stderr and "Autre de Saint-Mure" in done.stderr
    said = python(AFTER_KEYS, home.path, SLUG)
    assert said.stdout.splitlines() == ["secret de Saint-Mure", "1 False True", "()"], (
        said.stdout + said.stderr
    )


@pytest.mark.long
def test_a_backup_of_an_earlier_version_is_brought_up_to_this_one_first(tmp_path: Path):
    home = Home(released_home.extract("0.1.0", tmp_path))
    saved = beffroi("backup", tmp_path / "old.tar.gz", "--home", home.path)
    assert saved.returncode == 0, saved.stderr
    opened = beffroi("ledger", "verify", "--home", home.path)  # brings it up to this version
    assert opened.returncode == 0, opened.stderr
    (slug,) = (folder.name for folder in (home.path / "territories").iterdir())
    before = rows_of(home.database)
    done = restored(home, tmp_path / "old.tar.gz", slug=slug)
    assert done.returncode == 0, done.stderr
    after = rows_of(home.database)
    changed = {name for name, rows in after.items() if rows != before[name]}
    assert changed == {"platform_ledgerline", "platform_ledgerdetail"}
    healthy(home)


DISK = """
import sys
from pathlib import Path
import shutil
source, night, slug, disk = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
shutil.copytree(source, disk / "home")
from beffroi.cli.common import opened
home = opened(disk / "home")
from beffroi.home import HomeError
from beffroi.web.operations.territory_restore import restore_territory
with (disk / "plein").open("wb") as filler:
    filler.write(bytes(max(0, shutil.disk_usage(disk).free - int(sys.argv[5]))))
try:
    restore_territory(home, night, slug, confirm=lambda losses: True)
    print("done")
except HomeError as error:
    print(error)
(disk / "plein").unlink()
print(sorted(path.name for path in home.path.glob(".restauration-*")), sorted(path.name for path in home.backups.glob("avant-*")))
restore_territory(home, night, slug, confirm=lambda losses: True)
"""


@pytest.mark.long
@pytest.mark.parametrize("free", [100_000, 2_500_000])
def test_a_full_disk_changes_nothing_and_the_same_command_works_once_there_is_room(
    made: Path, night: Path, tmp_path: Path, free: int
):
    """In a process of its own, on a small disk that is full for real."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"',
        str(disk),
    ]
    command = [sys.executable, "-c", DISK, made / "home", night, SLUG, disk, str(free)]
    done = subprocess.run(
        [*mounted, *map(str, command)], env=environment(), capture_output=True, text=True, check=False
    )
    if "unshare" in done.stderr and done.returncode:
        pytest.skip("no disk of one's own on this machine")
    assert done.returncode == 0, done.stderr
    assert "le disque est plein" in done.stdout and "Rien n'a été modifié" in done.stdout, done.stdout
    assert done.stdout.splitlines()[-1] == "[] []"


@pytest.mark.long
def test_the_others_are_served_all_along_and_the_town_is_back_at_the_end(home: Home, night: Path):
    """A real server, asked for a page of each town without a pause while one of them is restored, again and again."""
    url = free_address()
    answers: dict[str, Counter[int]] = {slug: Counter() for slug in towns_home.TOWNS}
    over = threading.Event()

    def ask(slug: str) -> None:
        while not over.is_set():
            try:
                with urllib.request.urlopen(f"{url}/p/{slug}/donnees/", timeout=30) as answer:
                    answers[slug][answer.status] += 1
            except urllib.error.HTTPError as error:
                answers[slug][error.code] += 1

    with serving(home.path, url):
        threads = [threading.Thread(target=ask, args=[slug]) for slug in towns_home.TOWNS]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                done = restored(home, night)
                assert done.returncode == 0, done.stderr
        finally:
            over.set()
            for thread in threads:
                thread.join()
        with urllib.request.urlopen(f"{url}/p/{SLUG}/donnees/", timeout=30) as answer:
            assert answer.status == 200
    assert set(answers["valbruyere"]) == {200} and answers["valbruyere"][200] > 10
    assert set(answers[SLUG]) <= {200, 503}
    healthy(home)


def test_every_model_is_a_territorys_or_hangs_on_one_or_says_that_it_is_shared():
    tables = {table.model for table in territory_rows.owned_tables()}  # raises Undeclared
    shared = [model for model in isolation.house_models() if model not in tables]
    assert [model.__name__ for model in shared if not getattr(model, "belongs_to_host", False)] == []
    # A territory's rows name no shared row but its own and people, whom the restoration brings back.
    assert territory_rows.shared_models() == [Person, Territory]
    # A shared row names none of a territory's: it would have to be restored too.
    crossing = [
        f"{model.__name__}.{field.name}"
        for model in shared
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model in tables
    ]
    assert crossing == []


def test_what_a_backup_lacked_of_one_town_is_not_said_of_another(tmp_path: Path):
    lacks = {
        "file:territories/saint-mure/incoming/x": "a",
        "less:des lignes du registre territory/saint-mure (3, avant 5)": "b",
        "ledger:territory/saint-mure:cut": "c",
        "less:les données de territories/saint-mure/lasting": "d",
        "file:territories/saint-mure-le-vieux/incoming/x": "e",
        "ledger:territory/saint-mure-le-vieux:cut": "f",
        "key:secret.key": "g",
    }
    source = territory_source.TerritorySource(tmp_path, "saint-mure", {"lacks": lacks})
    assert source.lacks == ["a", "b", "c", "d"]
