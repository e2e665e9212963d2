"""Backups in a restic repository, by the commands: incremental, tried each week, restored whole or one territory alone.

Restic and the commands are real processes: what is proven is what the nightly timer does.
"""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import trial_home

from beffroi.home import Home
from beffroi.web.operations import backup_log, stage_memory
from beffroi.web.operations.repository import restore_trial
from commands import beffroi, python
from servers import NotHere, s3, sftp, web
from support.clock import real_dates

pytestmark = pytest.mark.skipif(shutil.which("restic") is None, reason="apt install restic")


@dataclass
class Kept:
    """A home, its repository and its key; the commands run with them."""

    home: Home
    settings: dict[str, str]

    @property
    def key(self) -> Path:
        return Path(self.settings["BEFFROI_BACKUP_KEY_FILE"])

    def run(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return beffroi(*arguments, "--home", self.home.path, **{**self.settings, **more})

    def done(self, *arguments: str | Path, **more: str) -> str:
        found = self.run(*arguments, **more)
        assert found.returncode == 0, found.stderr
        return found.stdout

    def snapshots(self) -> list[dict]:
        return json.loads(self.done("repository", "list", "--json"))


def at(home: Home, folder: Path, address: str = "") -> Kept:
    settings = {
        "BEFFROI_BACKUP_REPOSITORY": address or str(folder / "repository"),
        "BEFFROI_BACKUP_KEY_FILE": str(folder / "backup.key"),
    }
    return Kept(home, settings)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home that was sent once to its repository; copy it to change it."""
    folder = tmp_path_factory.mktemp("saved")
    shutil.copytree(trial_home.made() / "home", folder / "home")
    kept = at(Home(folder / "home"), folder)
    made = kept.run("repository", "init")
    assert made.returncode == 0 and "coffre" in made.stderr, made.stderr
    assert kept.key.read_text().strip() not in made.stdout + made.stderr
    kept.done("backup")
    return folder


@pytest.fixture
def kept(saved: Path, tmp_path: Path) -> Kept:
    """Copied with its times and its links, so that the second night knows the first."""
    subprocess.run(["cp", "-a", f"{saved}/.", str(tmp_path)], check=True)
    move_memory(Home(tmp_path / "home"))
    return at(Home(tmp_path / "home"), tmp_path)


def move_memory(home: Home) -> None:
    """The copy has other inodes than those that are remembered, and its repository another address."""
    memory = stage_memory.read(home)

    def moved(name: str, file: stage_memory.StagedFile) -> stage_memory.StagedFile:
        live, staged = home.path / name, home.backups / "stage" / name
        live_key = file.live._replace(inode=live.stat().st_ino) if live.exists() else file.live
        return file._replace(live=live_key, staged=file.staged._replace(inode=staged.stat().st_ino))

    files = {name: moved(name, file) for name, file in memory.files.items()}
    for town in memory.towns.values():
        for lake, state in town.catalogues.items():
            if len(state) > 1:
                state[0] = (home.path / lake / "catalog.sqlite").stat().st_ino
    there = str(home.path.parent / "repository")
    stage_memory.write(home, replace(memory, files=files, repository=there))


def rows_file(home: Home, dataset: str) -> Path:
    return next((home.lake("valbruyere", "lasting") / "data" / "main" / dataset).glob("*.parquet"))


@real_dates
def test_a_second_night_copies_only_what_changed_and_everything_comes_back(kept: Kept, tmp_path: Path):
    log = backup_log.read(kept.home)
    assert log.made is not None and log.made.whole and log.made.snapshot
    assert (
        log.tried is not None and not log.tried.fault and log.tried.tables > 3
    )  # tried by itself, the first night
    assert stat.S_IMODE(kept.key.stat().st_mode) == 0o600
    parquet = rows_file(kept.home, "releves")
    stage = kept.home.backups / "stage"
    assert (stage / parquet.relative_to(kept.home.path)).stat().st_ino == parquet.stat().st_ino
    second = kept.run("backup")
    assert second.returncode == 0, second.stderr
    assert "Copie de valbruyere" not in second.stderr and "Essai" not in second.stderr
    newest, first = kept.snapshots()
    assert newest["whole"] and newest["towns"] == 1 and newest["added"] < first["added"] / 4
    # What changed, and nothing else, is copied again.
    with (kept.home.incoming("valbruyere") / "un nouveau").open("w") as stream:
        stream.write("reçu")
    third = kept.run("backup")
    assert "Copie de valbruyere" in third.stderr
    other = at(Home(tmp_path / "other"), tmp_path)
    restored = other.run("restore", "--json")
    assert restored.returncode == 0, restored.stderr
    sums = json.loads(restored.stdout)
    manifest = json.loads((stage / "manifest.json").read_bytes())
    assert sums == manifest["checksums"] and len(sums) == 2
    assert (other.home.incoming("valbruyere") / "un nouveau").read_text() == "reçu"
    # It knows from its first day what brings it back.
    (other.home.lake("valbruyere", "personal") / "catalog.sqlite").unlink()
    known = f"--territory valbruyere --snapshot {kept.snapshots()[0]['id']}"
    assert known in other.run("doctor").stderr


def test_a_harmed_town_is_named_with_the_snapshot_that_has_it_and_the_rest_is_sent(
    kept: Kept, tmp_path: Path
):
    (first,) = kept.snapshots()
    file = rows_file(kept.home, "releves")
    file.unlink()
    (kept.home.lake("valbruyere", "personal") / "catalog.sqlite").write_bytes(b"abime" * 1000)
    done = kept.run("backup")
    assert done.returncode == 1
    for named in (file.name, "Relevés", "Valbruyère", first["id"], "personal"):
        assert named in done.stderr, done.stderr
    newest = kept.snapshots()[0]
    assert (newest["whole"], newest["lacking"]) == (False, ["valbruyere"])
    command = f"beffroi restore --territory valbruyere --snapshot {first['id']}"
    assert f"« {command} »" in done.stderr
    log = backup_log.read(kept.home)
    assert (log.made.lacking, log.whole.snapshot) == (["valbruyere"], first["id"])
    told = kept.run("doctor")
    assert told.returncode == 1 and first["id"] in told.stdout and command in told.stderr
    # Of another repository, nothing is known until it is asked.
    elsewhere = kept.run("doctor", BEFFROI_BACKUP_REPOSITORY=str(tmp_path / "elsewhere"))
    assert "n'a pas été consulté" in elsewhere.stdout and first["id"] not in elsewhere.stdout
    assert "« beffroi restore --territory valbruyere »" in elsewhere.stderr


def test_one_harmed_territory_comes_back_from_the_repository_and_the_next_night_is_whole(kept: Kept):
    refused = kept.run("restore", "--territory", "ailleurs", "--yes")
    assert refused.returncode == 1 and "valbruyere" in refused.stderr
    file = rows_file(kept.home, "releves")
    content = file.read_bytes()
    file.unlink()
    (whole,) = kept.snapshots()
    assert kept.run("backup").returncode == 1
    # The last snapshot lacks the file; the one before is taken.
    done = kept.run("restore", "--territory", "Valbruyère", "--yes")
    assert done.returncode == 0 and f"{whole['id']} : le dernier entier" in done.stderr, done.stderr
    assert file.read_bytes() == content
    assert not list(kept.home.path.glob(".depot-*"))
    assert "Données, registre et clés : Tout y est" in kept.run("doctor", "--full").stdout
    kept.done("backup")
    assert kept.snapshots()[0]["whole"]


@pytest.mark.long
def test_a_trial_that_fails_is_said_and_the_next_night_reads_everything_again(kept: Kept):
    stage = kept.home.backups / "stage"
    catalogue = stage / "territories" / "valbruyere" / "lasting" / "inventory.jsonl"
    before = catalogue.stat()
    # A byte that changed in the copy, silently: neither its size nor its date says so.
    catalogue.write_bytes(catalogue.read_bytes()[:-2] + b"X\n")
    os.utime(catalogue, ns=(before.st_atime_ns, before.st_mtime_ns))
    packs = Path(kept.settings["BEFFROI_BACKUP_REPOSITORY"])
    shutil.rmtree(packs)
    kept.done("repository", "init")
    kept.done("backup")
    tried = kept.run("repository", "trial")
    assert tried.returncode == 1 and "inventory.jsonl" in tried.stderr
    assert "inventory.jsonl" in backup_log.read(kept.home).tried.fault
    assert kept.run("backup").returncode == 0
    assert "identique" in kept.done("repository", "trial")


@pytest.mark.long
def test_each_part_of_a_repository_is_read_once_in_twelve_weeks_also_after_a_week_53():
    weeks = [restore_trial.part_of_week(date(2026, 10, 5) + timedelta(weeks=n)) for n in range(30)]
    for first in range(len(weeks) - restore_trial.PARTS):
        assert len(set(weeks[first : first + restore_trial.PARTS])) == restore_trial.PARTS


def test_a_trial_is_due_each_week(kept: Kept):
    week_ago = datetime.now(UTC) - timedelta(days=7)
    log = backup_log.read(kept.home)
    backup_log.record_trial(kept.home, backup_log.Tried(log.tried.source, week_ago, 1, 1.0))
    done = kept.run("backup")
    assert done.returncode == 0 and "Essai" in done.stderr, done.stderr
    tried = backup_log.read(kept.home).tried
    assert (tried.source, tried.fault, tried.share) == (kept.snapshots()[0]["id"], "", 1.0)
    assert not list(kept.home.path.glob(".essai-*"))


def test_what_would_lose_or_leak_the_backups_is_refused(kept: Kept, tmp_path: Path):
    inside = str(kept.home.path / "cle")
    wrong = tmp_path / "wrong.key"
    wrong.write_text("une autre clé, assez longue")
    wrong.chmod(0o600)
    for named, settings in (
        ("n'ouvre pas", {"BEFFROI_BACKUP_KEY_FILE": str(wrong)}),
        ("dans l'instance", {"BEFFROI_BACKUP_KEY_FILE": inside}),
        ("dans l'instance", {"BEFFROI_BACKUP_REPOSITORY": inside}),
        ("repository init", {"BEFFROI_BACKUP_REPOSITORY": str(tmp_path / "nothing")}),
        ("coffre", {"BEFFROI_BACKUP_KEY_FILE": str(tmp_path / "no.key")}),
        ("https", {"BEFFROI_BACKUP_REPOSITORY": "s3:http://s3.example.org/bucket"}),
        ("pas une adresse", {"BEFFROI_BACKUP_REPOSITORY": "sftp://a:secret@host/x"}),
        ("apt install restic", {"PATH": str(tmp_path)}),
    ):
        done = kept.run("backup", **settings)
        assert done.returncode == 1 and named in done.stderr, (settings, done.stderr)
        assert "secret@" not in done.stderr
    assert backup_log.read(kept.home).failed.why == "Le programme restic manque."
    # A key that others can read, and one that a repository which has its own would not open.
    kept.key.chmod(0o644)
    assert "chmod 600" in kept.run("backup").stderr
    kept.key.rename(tmp_path / "safe")
    lost = kept.run("repository", "init")
    assert lost.returncode == 1 and "coffre" in lost.stderr and not kept.key.exists()
    assert not list(kept.home.backups.glob("*.tar.gz"))


TWO = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home, HomeError
home = Home(Path(sys.argv[1])); setup_django(home)
from beffroi.web.operations import locks
from beffroi.web.operations.repository import snapshots
with locks.exclusive(home, "backup", "?"):
    try:
        snapshots.save(home)
    except HomeError as error:
        print(error)
"""


@pytest.mark.long
def test_two_backups_at_once_are_one_and_a_lock_left_behind_goes_away(kept: Kept):
    said = python(TWO, kept.home.path, **kept.settings)
    assert "déjà en cours" in said.stdout, said.stderr
    restic = ["restic", "-r", kept.settings["BEFFROI_BACKUP_REPOSITORY"], "--password-file", str(kept.key)]
    # Killed while it writes, restic leaves its lock.
    big = kept.home.path.parent / "big"
    with big.open("wb") as stream:
        stream.write(os.urandom(60_000_000))
    with subprocess.Popen(
        [*restic, "backup", str(big), "--no-cache"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as killed:
        locks = Path(kept.settings["BEFFROI_BACKUP_REPOSITORY"]) / "locks"
        while not [path for path in locks.iterdir() if "tmp" not in path.name]:
            assert killed.poll() is None
        killed.kill()
    assert list(locks.iterdir())
    assert "identique" in kept.done("repository", "trial")  # it removes old snapshots, which needs every lock
    assert not list(locks.iterdir())


@pytest.fixture
def sftp_server() -> Iterator[sftp.Sftp]:
    try:
        with sftp.serving() as server:
            yield server
    except NotHere as missing:
        pytest.skip(str(missing))


@pytest.mark.long
def test_a_repository_behind_sftp(saved: Path, tmp_path: Path, sftp_server: sftp.Sftp):
    shutil.copytree(saved / "home", tmp_path / "home")
    own, known = tmp_path / "own", tmp_path / "known"
    own.write_text(sftp_server.key)
    own.chmod(0o600)
    known.write_text(f"backup {(sftp_server.folder / 'host.pub').read_text()}")
    config = tmp_path / "ssh"
    config.write_text(
        f"Host backup\n HostName 127.0.0.1\n HostKeyAlias backup\n Port {sftp_server.port}\n User {sftp_server.user}\n"
        f" IdentityFile {own}\n IdentitiesOnly yes\n UserKnownHostsFile {known}\n"
    )
    kept = at(Home(tmp_path / "home"), tmp_path, f"sftp:backup:{tmp_path}/far")
    kept.settings["BEFFROI_BACKUP_SSH_CONFIG"] = str(config)
    kept.done("repository", "init")
    kept.done("backup")
    assert backup_log.read(kept.home).made.outside
    assert "identique" in kept.done("repository", "trial")
    blank = at(Home(tmp_path / "blank"), tmp_path, kept.settings["BEFFROI_BACKUP_REPOSITORY"])
    blank.settings |= kept.settings
    blank.done("restore")
    known.write_text("")
    refused = kept.run("backup")
    assert "n'est pas dans known_hosts" in refused.stderr and "Détail technique :" in refused.stderr
    assert refused.returncode == 1 and "BEFFROI_BACKUP_SSH_CONFIG" in refused.stderr, refused.stderr


@pytest.mark.long
def test_a_repository_in_s3(saved: Path, tmp_path: Path):
    shutil.copytree(saved / "home", tmp_path / "home")
    secret = tmp_path / "secret"
    secret.write_text("autre")
    try:
        with s3.serving() as server:
            kept = at(Home(tmp_path / "home"), tmp_path, f"s3:http://{server.host}/sauvegardes")
            kept.settings |= {
                "BEFFROI_BACKUP_S3_KEY": "autre",
                "BEFFROI_BACKUP_S3_SECRET_FILE": str(secret),
            }
            kept.done("repository", "init")
            kept.done("backup")
            assert "identique" in kept.done("repository", "trial")
            assert [each["whole"] for each in kept.snapshots()] == [True]
            missing = f"s3:http://{server.host}/jamais-fait"
            assert "n'existe pas" in kept.run("backup", BEFFROI_BACKUP_REPOSITORY=missing).stderr
        # A service that refuses, whatever the keys.
        denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        with web.serving(lambda _: web.Reply(denied, 403, {"Content-Type": "application/xml"})) as refusing:
            elsewhere = f"s3:http://127.0.0.1:{refusing.port}/sauvegardes"
            done = kept.run("backup", BEFFROI_BACKUP_REPOSITORY=elsewhere)
        assert done.returncode == 1 and "refuse l'accès" in done.stderr, done.stderr
    except NotHere as missing:
        pytest.skip(str(missing))
