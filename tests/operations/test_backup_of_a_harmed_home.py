"""What a home lost stops what must stop, is named, and never pushes the last good backup out."""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
import trial_home

from beffroi.home import Home
from commands import beffroi, python
from support.clock import date_file, real_dates

LONG_AGO = time.time() - 40 * 86_400


@pytest.fixture
def home(tmp_path: Path) -> Home:
    shutil.copytree(trial_home.made() / "home", tmp_path / "home")
    date_file(tmp_path / "home/secret.key")
    return Home(tmp_path / "home")


def backups(home: Home) -> set[str]:
    return {path.name for path in home.backups.glob("*.tar.gz")}


def aged(home: Home, name: str) -> Path:
    """The only backup of the home, called so and forty days old."""
    (file,) = home.backups.glob("*.tar.gz")
    os.utime(file.rename(home.backups / name), (LONG_AGO, LONG_AGO))
    return home.backups / name


def rows_file(home: Home, dataset: str) -> Path:
    return next((home.lake("valbruyere", "lasting") / "data" / "main" / dataset).glob("*.parquet"))


@pytest.mark.parametrize("left", [None, b""])
def test_a_missing_or_emptied_database_stops_all_and_is_not_replaced(home: Home, left: bytes | None):
    home.database.unlink()
    if left is not None:
        home.database.write_bytes(left)
    for command in (
        ["backup"],
        ["doctor"],
        ["doctor", "--accept"],
        ["ledger", "verify"],
        ["signin", "agent@example.org"],
    ):
        done = beffroi(*command, "--home", home.path)
        assert done.returncode == 1 and "db.sqlite3" in done.stdout + done.stderr, command
    assert backups(home) == set()
    assert home.database.exists() is (left is not None)
    assert left is None or home.database.read_bytes() == left


def test_a_lost_key_is_not_made_again(home: Home):
    home.ledger_key.unlink()
    done = beffroi("signin", "agent@example.org", "--home", home.path)
    assert done.returncode == 1 and "ledger.key manque" in done.stderr
    assert not home.ledger_key.exists()


@real_dates
def test_a_damaged_file_is_named_with_the_copy_that_has_it_and_the_last_whole_backup_stays(home: Home):
    assert beffroi("backup", "--home", home.path).returncode == 0
    whole = aged(home, "beffroi-20260101T000000Z.tar.gz")
    file = rows_file(home, "releves")
    good = file.read_bytes()
    file.write_bytes(good[:100] + b"\x00" * 50 + good[150:])
    saved = beffroi("backup", "--keep", "30", "--home", home.path)
    assert saved.returncode == 1
    for named in (file.name, "Relevés", "Valbruyère", str(whole)):
        assert named in saved.stderr
    assert whole.name in backups(home) and len(backups(home)) == 2
    # Put back from there, all is well again: the older one may go.
    file.write_bytes(good)
    saved = beffroi("backup", "--keep", "30", "--home", home.path)
    assert saved.returncode == 0, saved.stderr
    assert whole.name not in backups(home)


@pytest.mark.long
def test_a_lost_lake_stops_the_service_and_a_backup_without_it_counts_once_a_person_says_so(home: Home):
    assert beffroi("backup", "--home", home.path).returncode == 0
    whole = aged(home, "beffroi-20260101T000000Z.tar.gz")
    shutil.rmtree(home.lake("valbruyere", "personal"))
    for command in (["serve", "--port", "1"], ["backup", "--keep", "30"], ["lake", "upkeep"]):
        done = beffroi(*command, "--home", home.path)
        assert done.returncode == 1, command
        assert "valbruyere" in done.stderr and "personal" in done.stderr, command
    assert whole.name in backups(home)
    assert not home.lake("valbruyere", "personal").exists()
    saved = beffroi("backup", "--keep", "30", "--accept-less", "--home", home.path)
    assert saved.returncode == 0, saved.stderr
    assert whole.name not in backups(home)
    # What is accepted is still said, and stops nothing any more.
    told = beffroi("doctor", "--home", home.path)
    assert told.returncode == 0 and "Perte connue" in told.stdout and "personal" in told.stdout
    assert beffroi("lake", "upkeep", "--home", home.path).returncode == 0


def test_a_ledger_that_does_not_verify_is_saved_and_said(home: Home):
    with closing(sqlite3.connect(home.database, isolation_level=None)) as base:
        base.execute("DROP TRIGGER platform_ledgerline_no_update")
        base.execute(
            "UPDATE platform_ledgerline SET thing = 'autre' WHERE seq = 2 AND territory_id IS NOT NULL"
        )
    saved = beffroi("backup", "--home", home.path)
    assert saved.returncode == 1
    assert "registre de Valbruyère" in saved.stderr and "ligne 2" in saved.stderr
    assert len(backups(home)) == 1


def test_a_chain_whose_mark_was_accepted_as_lost_is_watched_again(home: Home):
    mark = home.marks / "territory" / "valbruyere.chain"
    mark.write_text("abîmé", "utf-8")
    told = beffroi("doctor", "--home", home.path)
    assert told.returncode == 1 and "doctor --full --accept" in told.stdout
    assert "auvegarde qui l'a" not in told.stdout  # no backup holds a mark
    done = beffroi("doctor", "--full", "--accept", "--home", home.path)
    assert done.returncode == 0, done.stderr
    assert [path.read_text("utf-8") for path in mark.parent.glob("valbruyere.chain-*")] == ["abîmé"]
    assert home.accepted_losses == set()
    # What the chain loses now is no loss that somebody accepted.
    size, _, last = mark.read_text("ascii").partition(" ")
    mark.write_text(f"{int(size) + 1:020d} {last}", "ascii")
    told = beffroi("doctor", "--home", home.path)
    assert told.returncode == 1 and "copie plus ancienne" in told.stdout


def test_a_mark_that_somebody_removed_is_missed_at_once_and_not_made_again(home: Home):
    assert beffroi("doctor", "--home", home.path).returncode == 0
    mark = home.marks / "territory" / "valbruyere.chain"
    mark.unlink()
    for command in (["doctor"], ["serve", "--port", "1"], ["signin", "agent@example.org"]):
        done = beffroi(*command, "--home", home.path)
        assert done.returncode == 1 and "relevé de sa dernière ligne manque" in done.stdout + done.stderr, (
            command
        )
        assert not mark.exists()
    assert beffroi("doctor", "--accept", "--home", home.path).returncode == 0
    assert mark.is_file() and beffroi("doctor", "--home", home.path).returncode == 0
    # A backup holds no mark: a home restored from it is marked when it is opened.
    saved = beffroi("backup", home.path.parent / "b.tar.gz", "--home", home.path)
    assert saved.returncode == 0, saved.stderr
    other = Home(home.path.parent / "other")
    assert beffroi("restore", home.path.parent / "b.tar.gz", "--home", other.path).returncode == 0
    assert beffroi("ledger", "verify", "--home", other.path).returncode == 0
    assert (other.marks / "territory" / "valbruyere.chain").is_file() and other.requires_marks


def test_a_chain_accepted_as_changed_is_still_watched_for_any_other_loss(home: Home):
    changed = "UPDATE platform_ledgerline SET thing = 'autre' WHERE seq = {} AND territory_id IS NOT NULL"
    with closing(sqlite3.connect(home.database, isolation_level=None)) as base:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'platform_ledgerline'"
        for (name,) in base.execute(guards).fetchall():
            base.execute(f"DROP TRIGGER {name}")
        base.execute(changed.format(3))
    assert beffroi("doctor", "--full", "--accept", "--home", home.path).returncode == 0
    key, rules = sorted(home.accepted_losses)
    assert key.startswith("ledger:territory/valbruyere:") and rules == "schema:rules"
    assert beffroi("doctor", "--full", "--home", home.path).returncode == 0
    # Changed elsewhere, after or before, then cut: none is the fault that was accepted.
    for seq in (4, 2):
        with closing(sqlite3.connect(home.database, isolation_level=None)) as base:
            base.execute(changed.format(seq))
        told = beffroi("doctor", "--full", "--home", home.path)
        assert told.returncode == 1 and f"ligne {min(seq, 3)}" in told.stdout, told.stdout
        assert beffroi("doctor", "--full", "--accept", "--home", home.path).returncode == 0
    with closing(sqlite3.connect(home.database, isolation_level=None)) as base:
        last = "(SELECT max(seq) FROM platform_ledgerline WHERE territory_id IS NOT NULL)"
        base.execute(f"DELETE FROM platform_ledgerline WHERE territory_id IS NOT NULL AND seq = {last}")
    for command in (["doctor"], ["signin", "agent@example.org"]):
        told = beffroi(*command, "--home", home.path)
        assert told.returncode == 1 and "copie plus ancienne" in told.stdout + told.stderr, command


SEALED = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
setup_django(Home(Path(sys.argv[1])))
from allauth.mfa.models import Authenticator
from beffroi.web.catalogue.sources.models import Source
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform import sealing
town = Territory.objects.get()
Authenticator.objects.create(user=Person.objects.earliest("pk"), type="totp", data={"secret": sealing.seal("x")})
with scope.inside(town):
    Source.objects.create(territory=town, title="Compteurs", kind="http", sealed_secret=sealing.seal("y"))
print(Person.objects.earliest("pk").email)
"""


def test_accepting_lost_keys_says_what_they_sealed_and_what_to_do(home: Home):
    made = python(SEALED, home.path)
    assert made.returncode == 0, made.stderr
    home.secret_key.unlink()
    home.ledger_key.unlink()
    done = beffroi("doctor", "--accept", "--home", home.path)
    assert done.returncode == 0, done.stderr
    for told in ("source « Compteurs » de Valbruyère", made.stdout.strip(), "--anew", "beffroi key list"):
        assert told in done.stderr, (told, done.stderr)
