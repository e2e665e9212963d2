"""Programs that read a repository are closed in, and what they restore leads nowhere else. Most tests start a process."""

import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.utils import timezone

from beffroi.lake.sandboxed_programs.program_runner import is_enforced
from beffroi.web.continuity.backups.reading import programs, sample_restore
from beffroi.web.continuity.backups.reading.programs import Bounds, Workplace
from beffroi.web.continuity.backups.reading.readable_repository import FileNode, Latest, Sink, Unreachable

closed_in = pytest.mark.skipif(not is_enforced(), reason="this kernel has no Landlock with network rules")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "depot"
    folder.mkdir()
    (folder / "config").write_text("ce qui est sauvegardé")
    (tmp_path / "cle").write_text("secret de l'instance")
    return folder


@pytest.fixture
def place(tmp_path: Path, repository: Path) -> Workplace:
    scratch = tmp_path / "essai"
    scratch.mkdir()
    return Workplace(scratch, (repository,))


@closed_in
def test_a_program_reads_its_repository_writes_in_its_scratch_folder_and_reaches_nothing_else(
    place: Workplace, repository: Path
):
    assert programs.run(["cat", str(repository / "config")], place).output.decode() == "ce qui est sauvegardé"
    assert programs.run(["touch", str(place.scratch / "index")], place).code == 0
    for command in (
        ["cat", str(repository.parent / "cle")],
        ["touch", str(repository / "lock")],
        ["rm", str(repository / "config")],
    ):
        done = programs.run(command, place)
        assert done.code and b"ermission" in done.messages, command
    assert [path.name for path in repository.iterdir()] == ["config"]


@closed_in
def test_a_program_without_a_server_calls_no_port(place: Workplace):
    called = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    python = shutil.which("python3", path="/usr/bin") or sys.executable
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        command = [python, "-S", "-c", called, str(port)]
        assert b"PermissionError" in programs.run(command, place).messages


@closed_in
def test_a_program_that_lasts_or_says_too_much_proves_nothing(place: Workplace):
    with pytest.raises(Unreachable, match="temps permis"):
        programs.run(["sleep", "60"], place, Bounds(seconds=1))
    with pytest.raises(Unreachable, match="trop de fichiers"):
        programs.run(["yes"], place, Bounds(seconds=30, output=1 << 16))


class _Hostile:
    """A repository whose writer chose paths that lead out of the scratch folder, by « .. » and by a link."""

    def __init__(self, outside: Path) -> None:
        self.outside = outside

    def latest(self) -> Latest:
        return Latest("a", timezone.now(), 1)

    def files(self, latest: Latest, take: Callable[[FileNode], object]) -> None:
        size = self.outside.stat().st_size
        take(FileNode(f"../../{self.outside.parent.name}/cle", size, ""))
        take(FileNode("lien/cle", size, ""))

    def stored_bytes(self) -> int | None:
        return None

    def verify(self, part: int, parts: int) -> tuple[float, list[str]]:
        return 1.0, []

    def restore(self, latest: Latest, paths: Sequence[str], into: Path) -> list[str]:
        (into / "lien").symlink_to(self.outside.parent)
        return []

    def stream(self, latest: Latest, path: str, sink: Sink) -> None: ...

    def under_way(self) -> bool:
        return False


def test_a_path_that_leads_out_of_the_scratch_folder_is_a_fault_and_touches_nothing(tmp_path):
    scratch, outside = tmp_path / "essai", tmp_path / "instance" / "cle"
    scratch.mkdir()
    outside.parent.mkdir()
    outside.write_text("secret de l'instance")
    outside.chmod(0o640)
    repository = _Hostile(outside)
    trial = sample_restore.run(
        repository, repository.latest(), scratch, seed="a", part=0, remembered={}, expected={}, room=1 << 20
    )
    assert trial.restored == [] and len(trial.faults) == 2
    assert all("hors du dossier" in fault for fault in trial.faults), trial.faults
    assert outside.stat().st_mode & 0o777 == 0o640
