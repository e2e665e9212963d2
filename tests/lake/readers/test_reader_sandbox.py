"""Sandbox of the readers of delivered files: the kernel leaves a reader its file and its output folder, and no network."""

import json
import socket
from pathlib import Path

import pytest

import forks
from beffroi.lake import landlock
from beffroi.lake.readers.isolated import ReadingServer
from beffroi.lake.tables import StagedTable
from commands import environment

# The real process of a reader, as its server forks it; in place of the parsers, what a hole in one of them would try.
_TRY = """
import json, socket, sys
from dataclasses import asdict
from pathlib import Path
from beffroi.lake.readers import isolated, reader_process
attempts = json.loads(sys.argv[3])
def outcome(kind, target):
    try:
        if kind == "read":
            Path(target).read_bytes()
        elif kind == "list":
            list(Path(target).iterdir())
        elif kind == "write":
            Path(target).write_text("x")
        elif kind == "duckdb":
            reader_process.connect(extensions=["spatial"]).execute(target).fetchall()
        else:
            socket.create_connection(("127.0.0.1", int(target)), timeout=2).close()
        return "done"
    except Exception as error:
        return type(error).__name__
def instead(path, staging, **_):
    print(json.dumps([outcome(*each) for each in attempts]), flush=True)
    return iter(())
reader_process.stage_parts = instead
if sys.argv[4] == "open":
    reader_process.landlock.restrict = lambda **_: False
here, there = socket.socketpair()
request = {"path": sys.argv[1], "staging": sys.argv[2], "origin": "x", "corrections": {}, "only": None,
           "limits": asdict(isolated.limits_of(0))}
here.sendall(json.dumps(request).encode() + b"\\n")
reader_process.read(there)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("incoming", "lasting"):
        (tmp_path / name).mkdir()
    (tmp_path / "incoming" / "repas.csv").write_text("ville;repas\nOrvault;120\nNantes;340\n")
    for other in ("secret.key", "incoming/autre.csv", "lasting/catalog.sqlite"):
        (tmp_path / other).write_text("secret;1\n")
    return tmp_path


def tried(home: Path, attempts: list[tuple[str, str]], *, closed: bool = True) -> list[str]:
    done = forks.run(
        _TRY,
        environment(),
        str(home / "incoming" / "repas.csv"),
        str(home / "staging"),
        json.dumps(attempts),
        "closed" if closed else "open",
    )
    assert done.returncode == 0, done.stderr
    answers: list[str] = json.loads(done.stdout.splitlines()[0])
    return answers


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_a_reader_opens_its_file_and_its_folder_and_nothing_else(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        outside = [
            ("read", f"{home}/secret.key"),
            ("read", f"{home}/incoming/autre.csv"),
            ("list", f"{home}/incoming"),
            ("write", f"{home}/incoming/repas.csv"),
            ("write", f"{home}/lasting/x"),
            ("duckdb", f"SELECT * FROM read_text('{home}/secret.key')"),
            ("duckdb", f"SELECT * FROM read_csv('{home}/incoming/autre.csv')"),
            ("read", "/etc/passwd"),
            ("connect", str(server.getsockname()[1])),
        ]
        own = [
            ("read", f"{home}/incoming/repas.csv"),
            ("write", f"{home}/staging/x"),
            ("list", f"{home}/staging"),
            ("duckdb", f"SELECT * FROM read_csv('{home}/incoming/repas.csv')"),
        ]
        answers = tried(home, outside + own)
        assert "done" not in answers[: len(outside)], dict(zip(outside, answers, strict=False))
        assert answers[len(outside) :] == ["done"] * len(own)
        assert tried(home, outside, closed=False) == ["done"] * len(outside), (
            "without it, all of these succeed"
        )


def test_a_delivered_file_is_read_whole_by_the_closed_process(home: Path) -> None:
    server = ReadingServer()
    try:
        (table,) = server.read(home / "incoming" / "repas.csv", home / "staging").outcomes
    finally:
        server.close()
    assert isinstance(table, StagedTable) and table.rows_kept == 2
    assert (home / "incoming" / "repas.csv").read_text().startswith("ville")
