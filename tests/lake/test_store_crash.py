"""Writers and servers killed at any moment: what was acknowledged is there, what was not is there whole or not at all."""

import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import rings
from beffroi.lake import catalogues
from beffroi.lake.errors import LakeError, OutcomeUnknown
from beffroi.lake.store import Lake
from lake.lakes import APART, CATALOGUES, blank, in_postgresql, staged
from postgres import cluster

ROWS = 20
KILLS = 4 if rings.LONG else 2


def _write_and_report(home: Path, staging: Path, acts: str, log: Path) -> None:
    """Write forever; an act is logged once the lake has acknowledged it."""
    with Lake(home) as lake, log.open("a", buffering=1) as out:
        for turn in range(10_000):
            file = staged(staging, {"v": [turn] * ROWS})
            lake.write("t", file, delivery=1, act=f"{acts}-{turn}", mode="append")
            out.write(f"{acts}-{turn}\n")


def _acknowledged(log: Path) -> set[str]:
    return {line for line in log.read_text().splitlines() if line} if log.exists() else set()


def _until(log: Path, number: int) -> None:
    end = time.monotonic() + 60
    while len(_acknowledged(log)) < number:
        assert time.monotonic() < end, "the writer wrote nothing"
        time.sleep(0.01)


def _check(home: Path, log: Path) -> None:
    with Lake(home, read_only=True) as lake:
        committed = {
            act
            for (act,) in lake.query_rows("SELECT commit_extra_info FROM ducklake_snapshots('lake')")
            if act and act != "first"
        }
        assert _acknowledged(log) <= committed
        assert lake.count("t") == 1 + ROWS * len(committed)


@pytest.mark.parametrize("catalogue", rings.representatives(CATALOGUES, ["sqlite"]))
def test_writers_killed_at_any_moment_leave_whole_acts_and_a_free_lock(
    tmp_path: Path, catalogue: str
) -> None:
    home, log = blank(tmp_path / "lasting", catalogue), tmp_path / "told"
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [0]}), delivery=0, act="first", mode="replace")
    for turn in range(KILLS):
        before = len(_acknowledged(log))
        writer = APART.Process(target=_write_and_report, args=(home, tmp_path / f"k{turn}", f"k{turn}", log))
        writer.start()
        _until(log, before + 3)
        time.sleep(0.013 * turn)
        writer.kill()
        writer.join(30)
        _check(home, log)
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [1] * ROWS}), delivery=2, act="after", mode="append")
    _check(home, log)


@pytest.mark.long
def test_a_postgresql_killed_while_it_is_written_to_loses_nothing_acknowledged(tmp_path: Path) -> None:
    server = cluster(durable=True)
    home, log = tmp_path / "lasting", tmp_path / "told"
    catalogues.write_postgresql_address(home, in_postgresql(server))
    with Lake(home) as reader:
        reader.write("t", staged(tmp_path / "s", {"v": [0]}), delivery=0, act="first", mode="replace")
        writer = APART.Process(target=_write_and_report, args=(home, tmp_path / "k", "k", log))
        writer.start()
        _until(log, 5)
        server.stop("immediate")
        writer.join(60)
        assert writer.exitcode == 1  # a LakeError, not a hang
        with pytest.raises(LakeError):
            reader.write("t", staged(tmp_path / "s", {"v": [0]}), delivery=0, act="down", mode="append")
        server.start()
        _check(home, log)
        # A lake that was open goes on by itself.
        reader.write("t", staged(tmp_path / "s", {"v": [1] * ROWS}), delivery=2, act="after", mode="append")
    _check(home, log)


def test_commit_with_a_lost_response_is_recovered_and_never_reported_undone(tmp_path: Path) -> None:
    server = cluster(durable=True)
    home = tmp_path / "lasting"
    catalogues.write_postgresql_address(home, in_postgresql(server))
    with Lake(home) as lake:
        run = lake.execute

        def commit_then(stop: Callable[[], None]) -> Callable[..., None]:
            """The commit reaches the server; what happens to its answer is decided here."""

            def log(sql: str, values: list[object] | None = None) -> None:
                run(sql, values)
                if sql == "COMMIT":
                    stop()
                    raise duckdb.IOException("server closed the connection unexpectedly")

            return log

        lake.execute = commit_then(lambda: None)  # type: ignore[method-assign]
        file = staged(tmp_path / "s", {"v": [1]})
        version = lake.write("t", file, delivery=1, act="lost", mode="append")
        lake.execute = commit_then(lambda: server.stop("immediate"))  # type: ignore[method-assign]
        with pytest.raises(OutcomeUnknown, match="peut-être abouti"):
            lake.write("t", file, delivery=1, act="later", mode="append")
        lake.execute = run  # type: ignore[method-assign]
        server.start()
        assert lake.version_of_act("lost") == version
        assert lake.write("t", file, delivery=1, act="later", mode="append") == version + 1
        assert lake.count("t") == 2
