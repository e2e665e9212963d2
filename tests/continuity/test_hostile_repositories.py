"""The figure: hostile repositories and servers, read as a copy is; none passes its room, its memory or the operator's list.

Real programs, real servers; what they take is measured from outside. A few in the quick ring, each starting processes; all in the long one,
which prints the table.
"""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from beffroi.lake import process_family
from beffroi.lake.sandboxed_programs.program_runner import is_enforced
from beffroi.web.continuity.backups import proving, services
from beffroi.web.continuity.backups.reading import programs
from beffroi.web.continuity.backups.reading.readable_repository import Unreachable
from beffroi.web.continuity.backups.systems import register_guide
from beffroi.web.continuity.models import RestoreProof
from beffroi.web.guides.services import registers
from servers import NotHere, sftp

from . import backup_repositories, hostile_servers
from .backup_repositories import PASSWORD, Made
from .hostile_repositories import CASES, MIB, REFUSED_SECRET, World

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.xdist_group("backup repositories"),
    pytest.mark.skipif(not is_enforced(), reason="this kernel has no Landlock with network rules"),
    pytest.mark.skipif(
        not (shutil.which("restic") and shutil.which("borg")), reason="apt install restic borgbackup"
    ),
]
ROOM, MEMORY = 256 * MIB, 512 * MIB
QUICK = (
    "files_that_are_larger_than_listed",
    "a_snapshot_that_unpacks_to_gigabytes",
    "a_server_that_redirects_inside",
    "names_with_signs_of_control",
    "a_server_that_repeats_secrets",
)


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    return {
        kind: backup_repositories.make(kind, tmp_path_factory.mktemp(kind)) for kind in ("restic", "borg")
    }


@pytest.fixture(scope="module")
def ssh() -> Iterator[sftp.Sftp | None]:
    try:
        with sftp.serving() as served:
            yield served
    except NotHere:
        yield None


@dataclass
class Measured:
    """The most that was taken, seen from outside: by all processes below this one, by the folder, by this process itself."""

    memory: int = 0
    folder: int = 0
    grown: int = 0
    seconds: float = 0.0


@contextmanager
def measured(folder: Path) -> Iterator[Measured]:
    proc, done, found = process_family.open_proc(), threading.Event(), Measured()
    own = os.getpid()
    before, started = process_family.resident(own, proc), time.monotonic()
    there = set(process_family.members(own, proc))

    words = Path("/proc/self/cmdline").read_bytes()

    def is_own(pid: int) -> bool:
        """A child that has not become a program yet has the memory of this process."""
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes() == words
        except OSError:
            return True

    def look() -> None:
        while not done.wait(0.01):
            family = [
                pid for pid in process_family.members(own, proc) if pid not in there and not is_own(pid)
            ]
            found.memory = max(found.memory, sum(process_family.resident(pid, proc) for pid in family) << 10)
            found.grown = max(found.grown, (process_family.resident(own, proc) - before) << 10)
            taken = 0
            for at, _, names in os.walk(folder):
                for name in names:
                    try:
                        taken += os.lstat(f"{at}/{name}").st_blocks * 512
                    except OSError:
                        continue
            found.folder = max(found.folder, taken)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    yield found
    done.set()
    looking.join()
    found.seconds = time.monotonic() - started
    left = [
        pid
        for pid in process_family.members(own, proc)
        if pid not in there and not process_family.has_ended(pid, proc)
    ]
    os.close(proc)
    assert left == [], "every process that was started has ended"


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in CASES]
)
def test_a_hostile_repository_passes_no_bound_and_is_told_in_words(
    name, healthy, ssh, territory, secretary, settings, tmp_path, monkeypatch, record_property
):
    build, says = CASES[name]
    if name.startswith("borg_a_server") and ssh is None:
        pytest.skip("apt install openssh-server")
    root, outside = tmp_path / "ouvert", tmp_path / "instance" / "cle"
    outside.parent.mkdir()
    outside.write_text("secret de l'instance")
    settings.RESERVE = 0
    settings.SOURCE_FOLDERS = [f"{territory.slug}={root}"]
    root.mkdir()
    if says in ("mener ailleurs", "comme un dépôt"):  # minutes for who reads, seconds here
        monkeypatch.setattr(programs, "LOOK_SECONDS", 8.0)
    with ExitStack() as stack:
        refused = stack.enter_context(hostile_servers.listening("127.0.0.9"))
        world = World(root, healthy, refused, outside, stack, ssh)
        harm = build(world)
        settings.ALLOWED_HOSTS_OUT = harm.allowed
        system = registers.save_entry(territory, secretary, register_guide(), {"name": "Serveur"})
        copy = services.declare(
            system, secretary, name="Loin", kind=harm.kind, medium="nas", place="off-site", address=harm.address,
            access=harm.access,
        )  # fmt: skip
        staging = Path(settings.HOME.staging(territory.slug))
        with measured(staging) as took:
            try:
                proof = proving.look(copy)
                told, verdict = proof.faults, "proven" if proof.ok else "damaged"
            except Unreachable as error:
                told, verdict = [str(error)], "unreachable"
    for what, value in (("memory", took.memory), ("folder", took.folder)):
        record_property(what, value // MIB)
    print(
        f"\n| {name} | {took.folder / MIB:.1f} | {took.memory / MIB:.0f} | {took.grown / MIB:.0f} | {world.refused.calls} | "
        f"{took.seconds:.1f} | {verdict} | {told[0][:110] if told else ''} |"
    )
    assert took.folder <= ROOM and took.memory <= MEMORY and took.grown <= MEMORY
    assert world.refused.calls == 0, "nothing that the operator did not allow was called"
    assert [path for path in staging.iterdir() if path.name.startswith(".restore-")] == []
    assert outside.read_text() == "secret de l'instance" and list(outside.parent.iterdir()) == [outside]
    assert says in " ".join(told), told
    if "comme un dépôt" in says:
        assert verdict == "unreachable", "an answer that cannot be read accuses no repository"
    if "redirects" in name and "mener ailleurs" in says:
        assert took.seconds < programs.LOOK_SECONDS, "the first refusal ends it"
    copy.refresh_from_db()
    shown = " ".join(
        [*told, copy.trouble, *(str(each.faults) for each in RestoreProof.objects.of(territory))]
    )
    assert "secret de l'instance" not in shown and PASSWORD not in shown and REFUSED_SECRET not in shown
    written = [copy.trouble, *(fault for each in RestoreProof.objects.of(territory) for fault in each.faults)]
    assert not any(sign in text for text in written for sign in "\x1b\x07\x00\n\u202e"), written
    assert not any("Traceback" in text or "goroutine" in text for text in written), written
