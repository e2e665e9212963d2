"""Programs that read a repository are closed in: what they may open, write and call, how long and how much. Each starts a process."""

import shutil
import socket
import sys
from pathlib import Path

import pytest

from beffroi.lake import landlock
from beffroi.web.continuity.backups.reading import programs
from beffroi.web.continuity.backups.reading.programs import Limits, Workplace
from beffroi.web.continuity.backups.reading.readable_repository import Unreachable

closed_in = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")


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
    return Workplace(scratch, (repository,), (), {})


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
@pytest.mark.skipif(landlock.version() < 4, reason="this kernel lets a program call any port")
def test_a_program_calls_the_port_of_its_server_alone(place: Workplace):
    called = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    python = shutil.which("python3", path="/usr/bin") or sys.executable
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        command = [python, "-S", "-c", called, str(port)]
        allowed = Workplace(place.scratch, place.readable, (port,), {})
        assert programs.run(command, allowed).code == 0, "it calls the one that it was given"
        assert b"PermissionError" in programs.run(command, place).messages


def test_a_program_that_lasts_or_says_too_much_proves_nothing(place: Workplace):
    with pytest.raises(Unreachable, match="temps permis"):
        programs.run(["sleep", "60"], place, Limits(seconds=1))
    with pytest.raises(Unreachable, match="trop de fichiers"):
        programs.run(["yes"], place, Limits(seconds=30, output=1 << 16))
