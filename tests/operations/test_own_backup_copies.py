"""Beffroi's own backups on the board: what their weekly trial finds, in files and in a repository, harmed in every way we know.

A real home is saved by the real commands; the trial is the product's own.
"""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trial_home
from django.utils import timezone

from beffroi.home import Home
from beffroi.web.continuity.backups import proving, services
from beffroi.web.continuity.backups.board import State, lines
from beffroi.web.continuity.backups.systems import register_guide
from beffroi.web.guides.services import registers
from beffroi.web.operations import backup_log, own_backup_copies
from commands import beffroi
from places import a_person, a_territory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("restic") is None, reason="apt install restic"),
]


@pytest.fixture(scope="module", params=("file", "repository"))
def saved(request, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A folder with a home that was saved once, in a file or in a repository beside it."""
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copytree(trial_home.made() / "home", folder / "home")
    settings = {}
    if request.param == "repository":
        settings = {
            "BEFFROI_BACKUP_REPOSITORY": str(folder / "repository"),
            "BEFFROI_BACKUP_KEY_FILE": str(folder / "backup.key"),
        }
        assert beffroi("repository", "init", "--home", folder / "home", **settings).returncode == 0
    done = beffroi("backup", "--home", folder / "home", **settings)
    assert done.returncode == 0, done.stderr
    return request.param, folder


@pytest.fixture
def own(saved, tmp_path, settings, monkeypatch, db):
    """A copy of kind « own » of a home of one's own, saved and never harmed."""
    kind, folder = saved
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True, symlinks=True)
    home = Home(tmp_path / "home")
    if kind == "repository":
        monkeypatch.setenv("BEFFROI_BACKUP_REPOSITORY", str(tmp_path / "repository"))
        monkeypatch.setenv("BEFFROI_BACKUP_KEY_FILE", str(tmp_path / "backup.key"))
    log = backup_log.read(home)
    if kind == "file":  # where the copy is now
        backup_log.record(home, home.backups / Path(log.made.file).name, whole=True)
    settings.HOME, settings.RESERVE = home, 0
    town = a_territory()
    secretary = a_person(town, "administrator")
    system = registers.save_entry(town, secretary, register_guide(), {"name": "Beffroi", "limit_hours": "48"})
    return services.declare(system, secretary, name="Beffroi", kind="own", medium="disk", place="same")


def tried(own, monkeypatch) -> State:
    """The weekly trial, then the board's own reading."""
    own_backup_copies.try_now()
    proving.look(own)
    return lines(own.territory)[0].state


def archive(home: Home) -> Path:
    return Path(backup_log.read(home).made.file)


def cut(path: Path) -> None:
    path.chmod(0o600)
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content) // 3 + 64):
        content[at] ^= 0x20
    path.write_bytes(bytes(content))


def biggest(folder: Path) -> Path:
    return max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


FILE: dict[str, Callable[[Home], object]] = {
    "cut": lambda home: cut(archive(home)),
    "bytes flipped": lambda home: flip(archive(home)),
    "emptied": lambda home: os.truncate(archive(home), 0),
}
REPOSITORY: dict[str, Callable[[Home], object]] = {
    "pack cut": lambda home: cut(biggest(home.path.parent / "repository" / "data")),
    "bytes flipped": lambda home: flip(biggest(home.path.parent / "repository" / "data")),
    "pack missing": lambda home: biggest(home.path.parent / "repository" / "data").unlink(),
}


def test_a_healthy_backup_is_proven_and_each_damage_is_seen_at_the_next_trial(
    saved, own, settings, monkeypatch, tmp_path, tmp_path_factory
):
    assert tried(own, monkeypatch) is State.PROVEN, own.proofs.first().faults
    assert own.proofs.first().compared > 3
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(tmp_path, whole, symlinks=True, dirs_exist_ok=True)
    for name, damage in (FILE if saved[0] == "file" else REPOSITORY).items():
        damage(settings.HOME)
        assert tried(own, monkeypatch) is State.DAMAGED, name
        print(f"\n{saved[0]}, {name}: {own.proofs.first().faults}")
        for part in ("repository", "home/backups"):
            if (whole / part).exists():
                shutil.rmtree(tmp_path / part)
                shutil.copytree(whole / part, tmp_path / part, symlinks=True)
        assert tried(own, monkeypatch) is State.PROVEN, own.proofs.first().faults


def test_backups_that_stopped_or_are_not_there_are_seen(own, settings, monkeypatch):
    assert tried(own, monkeypatch) is State.PROVEN
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(hours=49))
    assert lines(own.territory)[0].state is State.TOO_OLD
    assert own_backup_copies.read(own.territory).last_at < datetime.now(UTC)
