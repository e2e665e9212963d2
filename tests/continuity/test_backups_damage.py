"""The figure: copies damaged in every way we know, each seen within a week by the clock's own runs; healthy ones never accused.

Real repositories, real programs; only the calendar is moved. Own backups: `tests/operations/test_own_backup_copies.py`.
"""

import os
import resource
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from beffroi.web.continuity.backups import proving, reading_jobs, services
from beffroi.web.continuity.backups.board import State, lines
from beffroi.web.continuity.backups.reading.secrets import CopyAccess
from beffroi.web.continuity.backups.systems import register_guide
from beffroi.web.continuity.models import BackupCopy
from beffroi.web.guides.services import registers
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.models import Job

from . import backup_repositories
from .backup_repositories import PASSWORD, Made

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.long,
    pytest.mark.skipif(
        not (shutil.which("restic") and shutil.which("borg")), reason="apt install restic borgbackup"
    ),
]
DAYS = (1, 3, 5, 7)
KINDS = ("restic", "borg")


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    return {kind: backup_repositories.make(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


def biggest(folder: Path) -> Path:
    return max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def write(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def cut(path: Path) -> None:
    write(path, path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path, at: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 0x10
    write(path, bytes(content))


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def newest(folder: Path) -> Path:
    return max(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)


def rot(made: Made) -> None:
    """A byte of the original changes on its disk, and is backed up as it is."""
    path = made.source / "dossier 2" / "acte [5] été.txt"
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    made.back_up("nuit-3")


def leave_lock(made: Made) -> None:
    old = (timezone.now() - timedelta(days=3)).timestamp()
    if made.kind == "restic":
        lock = made.folder / "locks" / ("ab" * 32)
        lock.write_bytes(b"x" * 200)
    else:
        lock = made.folder / "lock.exclusive"
        lock.mkdir()
    os.utime(lock, (old, old))


def save_nothing(made: Made) -> None:
    """The disk of the source was not mounted."""
    empty(made.source)
    (made.source / "montage").mkdir()
    made.back_up("nuit-3")


def half_copy(made: Made) -> None:
    """A copy of the repository stopped in the middle of a later segment."""
    before = {path.name for path in made.folder.iterdir()}
    tops = {path.name: path.read_bytes() for path in made.folder.iterdir() if path.is_file()}
    (made.source / "dernier.txt").write_bytes(os.urandom(60_000))
    made.back_up("nuit-3")
    for path in made.folder.iterdir():
        if path.is_file() and path.name not in before:
            path.unlink()
    for name, content in tops.items():
        (made.folder / name).write_bytes(content)
    last = max((made.folder / "data" / "0").iterdir(), key=lambda path: int(path.name))
    last.unlink()
    cut(max((made.folder / "data" / "0").iterdir(), key=lambda path: int(path.name)))


def lose_manifest(made: Made) -> None:
    made.call("debug", "delete-obj", str(made.folder), "0" * 64)


def lose_tail(made: Made) -> None:
    last = max((made.folder / "data" / "0").iterdir(), key=lambda path: int(path.name))
    last.unlink()


def top(made: Made, name: str) -> Path:
    return next(made.folder.glob(f"{name}.*"))


def ruin_key(made: Made) -> None:
    """The key that is stored in the repository of borg."""
    config = made.folder / "config"
    text = config.read_text()
    at = text.index("key = ") + 200
    write(config, (text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]).encode())


RESTIC: dict[str, Callable[[Made], object]] = {
    "pack cut": lambda made: cut(biggest(made.folder / "data")),
    "byte flipped in a pack": lambda made: flip(biggest(made.folder / "data")),
    "pack missing": lambda made: biggest(made.folder / "data").unlink(),
    "every index missing": lambda made: empty(made.folder / "index"),
    "byte flipped in an index": lambda made: flip(biggest(made.folder / "index")),
    "latest snapshot missing": lambda made: newest(made.folder / "snapshots").unlink(),
    "byte flipped in a snapshot": lambda made: flip(newest(made.folder / "snapshots")),
    "every snapshot missing": lambda made: empty(made.folder / "snapshots"),
    "keys missing": lambda made: empty(made.folder / "keys"),
    "config missing": lambda made: (made.folder / "config").unlink(),
    "byte flipped in the config": lambda made: flip(made.folder / "config"),
    "emptied": lambda made: empty(made.folder),
    "rot before the backup": rot,
    "lock left": leave_lock,
    "nothing in the latest": save_nothing,
}
BORG: dict[str, Callable[[Made], object]] = {
    "segment cut": lambda made: cut(biggest(made.folder / "data")),
    "byte flipped in a segment": lambda made: flip(biggest(made.folder / "data")),
    "segment missing": lambda made: biggest(made.folder / "data").unlink(),
    "index missing": lambda made: top(made, "index").unlink(),
    "hints missing": lambda made: top(made, "hints").unlink(),
    "byte flipped in the index": lambda made: flip(top(made, "index"), 0.05),
    "half copied": half_copy,
    "last segment missing": lose_tail,
    "config missing": lambda made: (made.folder / "config").unlink(),
    "key ruined": ruin_key,
    "data emptied": lambda made: empty(made.folder / "data"),
    "emptied": lambda made: empty(made.folder),
    "manifest gone": lose_manifest,
    "rot before the backup": rot,
    "lock left": leave_lock,
    "nothing in the latest": save_nothing,
}


@pytest.fixture
def declare(territory, secretary, tmp_path, settings):
    settings.SOURCE_FOLDERS = [f"{territory.slug}={tmp_path}"]
    settings.RESERVE = 0
    values = {"name": "Serveur de fichiers", "limit_hours": "8760"}
    system = registers.save_entry(territory, secretary, register_guide(), values)

    def declared(made: Made) -> BackupCopy:
        return services.declare(
            system, secretary, name="NAS", kind=made.kind, medium="nas", place="same", address=str(made.folder),
            access=CopyAccess(password=PASSWORD),
        )  # fmt: skip

    return declared


@pytest.fixture
def on_day(monkeypatch, territory):
    """Move the calendar, then run what the clock starts; the state of the only system."""
    real = timezone.now

    def moved(days: float) -> State:
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=days))
        with scope.nowhere():
            reading_jobs.start_due()
        for job in Job.objects.of(territory).filter(kind=services.JOB, state=Job.State.WAITING):
            done = jobs.run(job)
            assert done.state == Job.State.DONE, done.message
        return lines(territory)[0].state

    return moved


def cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


@pytest.mark.parametrize(
    ("kind", "damage"), [("restic", name) for name in RESTIC] + [("borg", name) for name in BORG]
)
def test_each_damage_is_seen_within_a_week_and_says_what_is_wrong(
    kind, damage, healthy, declare, on_day, tmp_path, record_property, django_capture_on_commit_callbacks
):
    made = backup_repositories.duplicate(healthy[kind], tmp_path / "copie")
    copy, started = declare(made), cpu()
    with django_capture_on_commit_callbacks(execute=True):
        assert on_day(0) is State.PROVEN
        {"restic": RESTIC, "borg": BORG}[kind][damage](made)
        seen = next((day for day in DAYS if on_day(day) is not State.PROVEN), None)
    proof = copy.proofs.first()
    record_property("cpu", round(cpu() - started, 1))
    print(f"\n{kind}, {damage}: day {seen}, {cpu() - started:.1f} CPU s\n  {proof.faults}")
    assert seen is not None and lines(copy.territory)[0].state is State.DAMAGED
    assert not proof.ok and len(proof.faults[0]) > 40 and "Traceback" not in proof.faults[0]
    assert "trouve ce dépôt abîmé" not in proof.faults[0] and "droit de lire" not in proof.faults[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_whose_backups_stopped_is_too_old(kind, healthy, declare, on_day, tmp_path):
    made = backup_repositories.duplicate(healthy[kind], tmp_path / "copie")
    copy = declare(made)
    copy.limit_hours = 26
    copy.save(update_fields=["limit_hours"])
    assert on_day(0) is State.PROVEN
    assert on_day(2) is State.TOO_OLD


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("kind", KINDS)
def test_rights_that_were_removed_are_told(kind, healthy, declare, on_day, tmp_path):
    made = backup_repositories.duplicate(healthy[kind], tmp_path / "copie")
    copy = declare(made)
    assert on_day(0) is State.PROVEN
    (made.folder / "data").chmod(0)
    assert on_day(7) is State.DAMAGED and "droit de lire" in copy.proofs.first().faults[0]
    (made.folder / "data").chmod(0o700)


def test_data_that_are_out_of_reach_are_told(healthy, declare, on_day, tmp_path, tmp_path_factory):
    """Moved where the operator opened nothing: the sandbox refuses them, even to root."""
    made = backup_repositories.duplicate(healthy["restic"], tmp_path / "copie")
    copy = declare(made)
    assert on_day(0) is State.PROVEN
    away = tmp_path_factory.mktemp("ailleurs") / "data"
    shutil.move(made.folder / "data", away)
    (made.folder / "data").symlink_to(away)
    assert on_day(7) is State.DAMAGED and "droit de lire" in copy.proofs.first().faults[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_copy_that_lives_is_never_accused(kind, healthy, declare, on_day, tmp_path):
    """Ten nights: files come, change and go, old backups are removed, the repository is tidied."""
    made = backup_repositories.duplicate(healthy[kind], tmp_path / "copie")
    copy = declare(made)
    for night in range(10):
        (made.source / "dossier 1" / f"nuit {night}.txt").write_bytes(os.urandom(1500))
        (made.source / "dossier 0" / "nouveau.txt").write_bytes(os.urandom(2000 + night))
        if night:
            (made.source / "dossier 1" / f"nuit {night - 1}.txt").unlink()
        made.back_up(f"night-{night}")
        if night % 3 == 2 and kind == "restic":
            made.call("forget", "--keep-last=2", "--prune", "--quiet")
        elif night % 3 == 2:
            made.call("prune", "--keep-last=2", str(made.folder))
            made.call("compact", str(made.folder))
        assert on_day(night) is State.PROVEN, copy.proofs.first().faults
    assert copy.proofs.filter(ok=True).count() >= 2 and not copy.proofs.filter(ok=False).exists()
    assert (
        proving.look(BackupCopy.objects.of(copy.territory).get(pk=copy.pk), by=copy.declared_by).compared > 10
    )
