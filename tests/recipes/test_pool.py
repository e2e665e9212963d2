"""Query processes: killed, over their limits, or sent nonsense, they answer in French and go on."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from beffroi.lake.grants import Grant, GrantExpired
from beffroi.recipes import wire
from beffroi.recipes.engine import Limits, answer
from beffroi.recipes.errors import QueryRefused, QueryTooLong, RecipeError
from beffroi.recipes.lake_session import open_lakes
from beffroi.recipes.pool import QueryPool, send_request
from beffroi.recipes.requests import Request
from recipes_pool import ENDLESS, LARGE, TOTAL, children, recipe, running, served, some_grants, until


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    return some_grants(tmp_path_factory.mktemp("pool"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a pool that nobody harms."""
    with running(tmp_path_factory.mktemp("served")) as (socket_path, _):
        yield socket_path


def test_a_query_process_gives_the_in_process_answer(path: Path, grants: dict[str, Grant]) -> None:
    here, there = answer(Request(TOTAL, grants)), send_request(path, Request(TOTAL, grants))
    assert there.table.equals(here.table)
    assert (there.suppressed, there.reason, there.row_count, there.truncated) == (0, "", 1, False)
    assert send_request(None, Request(TOTAL, grants)).table.equals(here.table)


def test_only_its_user_may_open_the_socket_and_it_goes_when_the_pool_stops(
    tmp_path: Path, grants: dict[str, Grant]
) -> None:
    with running(tmp_path) as (path, _):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()
    with pytest.raises(QueryRefused, match="n'est pas démarré"):
        send_request(path, Request(TOTAL, grants))


def test_a_killed_process_is_reported_in_french_and_replaced(
    tmp_path: Path, grants: dict[str, Grant]
) -> None:
    with running(tmp_path) as (path, pool):
        assert send_request(path, Request(TOTAL, grants)).row_count == 1
        (victim,) = children(pool)
        answers: list[BaseException] = []

        def wait_for_ever() -> None:
            try:
                send_request(path, Request(recipe(*ENDLESS), grants))
            except QueryRefused as error:
                answers.append(error)

        until(lambda: served(pool) == [])
        asking = threading.Thread(target=wait_for_ever)
        asking.start()
        until(lambda: served(pool) != [])
        os.kill(victim, signal.SIGKILL)
        asking.join(60)
        assert [str(answer)[:21] for answer in answers] == ["Le calcul s'est inter"]
        assert send_request(path, Request(TOTAL, grants)).row_count == 1
        assert children(pool) != [victim]


def test_a_query_that_lasts_too_long_is_stopped_and_the_process_goes_on(
    tmp_path: Path, grants: dict[str, Grant]
) -> None:
    with running(tmp_path, limits=Limits(seconds=1)) as (path, pool):
        send_request(path, Request(TOTAL, grants))  # its process is there now
        before = children(pool)
        with pytest.raises(QueryTooLong, match="arrêtée après 1 secondes"):
            send_request(path, Request(recipe(*ENDLESS), grants))
        assert send_request(path, Request(TOTAL, grants)).row_count == 1
        assert children(pool) == before


def test_a_query_over_the_memory_limit_is_stopped(grants: dict[str, Grant]) -> None:
    with pytest.raises(QueryTooLong, match="plus de mémoire que permis"):
        answer(Request(recipe(*LARGE), grants), Limits(memory="100MB", seconds=120))


def test_a_client_waits_no_longer_than_its_timeout(tmp_path: Path, grants: dict[str, Grant]) -> None:
    with (
        running(tmp_path, limits=Limits(seconds=3)) as (path, _),
        pytest.raises(QueryTooLong, match="Pas de réponse"),
    ):
        send_request(path, Request(recipe(*ENDLESS), grants), timeout=0.5)


def test_errors_keep_their_kind_and_their_words(path: Path, grants: dict[str, Grant]) -> None:
    with pytest.raises(RecipeError, match="Vouliez-vous dire « meme »"):
        send_request(path, Request(recipe({"step": "choose", "columns": ["mêmes"]}), grants))
    expired = {
        "repas": grants["repas"].from_dict({**grants["repas"].to_dict(), "expires": "2020-01-01T00:00:00Z"})
    }
    with pytest.raises(GrantExpired, match="a pris fin"):
        send_request(path, Request(TOTAL, expired))
    with pytest.raises(QueryRefused, match="Aucun accès"):
        send_request(path, Request(TOTAL, {}))


def test_what_is_not_a_request_is_refused(path: Path, grants: dict[str, Grant]) -> None:
    for message in (b"", b"not json", b"[]", b'{"recipe": 3}', b'{"recipe": {"steps": []}}'):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            wire.send(connection, b"valbruyere")
            wire.send(connection, message)
            with pytest.raises(QueryRefused, match="mal formée"):
                wire.receive_answer(connection)
        assert send_request(path, Request(TOTAL, grants)).row_count == 1, message


def test_a_second_pool_on_the_same_socket_is_refused(path: Path) -> None:
    with pytest.raises(QueryRefused, match="déjà démarré"):
        QueryPool(path).run()


def test_a_socket_left_by_a_crash_does_not_prevent_a_start(tmp_path: Path, grants: dict[str, Grant]) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "q.sock"))
    left.close()
    with running(tmp_path) as (path, pool):
        while not pool.children:
            time.sleep(0.05)
        assert send_request(path, Request(TOTAL, grants)).row_count == 1


def test_a_path_too_long_for_a_socket_is_reported(tmp_path: Path) -> None:
    with pytest.raises(QueryRefused, match="plus court"):
        QueryPool(tmp_path / ("x" * 200)).run()


def test_sigterm_stops_the_parent_and_every_child(tmp_path: Path, grants: dict[str, Grant]) -> None:
    code = "import sys, pathlib; from beffroi.recipes.pool import serve; serve(pathlib.Path(sys.argv[1]), processes=2)"
    path = tmp_path / "q.sock"
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], env={**os.environ, "PYTHONPATH": _source()}
    )
    while not path.exists():
        assert parent.poll() is None
        time.sleep(0.05)
    assert send_request(path, Request(TOTAL, grants)).row_count == 1
    started = descendants(parent.pid)
    assert (
        len(started) == 4
    )  # a server of forks, two processes, and a child closed onto the lake that was read
    parent.terminate()
    assert parent.wait(60) == 0
    assert not path.exists()
    wait_until_ended(started)


def test_children_end_when_their_parent_is_killed(tmp_path: Path, grants: dict[str, Grant]) -> None:
    code = "import sys, pathlib; from beffroi.recipes.pool import serve; serve(pathlib.Path(sys.argv[1]), processes=1)"
    path = tmp_path / "q.sock"
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], env={**os.environ, "PYTHONPATH": _source()}
    )
    while not path.exists():
        time.sleep(0.05)
    assert send_request(path, Request(TOTAL, grants)).row_count == 1
    started = descendants(parent.pid)
    assert len(started) == 3
    parent.kill()
    parent.wait(60)
    wait_until_ended(started)


def descendants(pid: int) -> list[int]:
    children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def wait_until_ended(pids: list[int]) -> None:
    """They end, or wait only for whoever inherited them to look."""
    for _ in range(600):
        left = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        if all("zombie" in Path(f"/proc/{pid}/status").read_text() for pid in left):
            return
        time.sleep(0.05)
    pytest.fail(f"{left} outlived their parent")


def _source() -> str:
    import beffroi

    return str(Path(beffroi.__file__).parents[1])


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('{outside}')",
        "COPY (SELECT 1) TO '{outside}.out'",
        "ATTACH '{outside}.db' AS z",
        "SET memory_limit = '10GB'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "INSTALL httpfs",
        "DELETE FROM lake0.main.repas",
        "DROP TABLE lake0.main.repas",
    ],
)
def test_even_sql_on_its_connection_reaches_nothing_else(
    tmp_path: Path, grants: dict[str, Grant], statement: str
) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("secret\n1\n")
    opened = open_lakes([grants["repas"].lake], "256MB")
    try:
        with pytest.raises(Exception, match=r"(?i)permission|disabled|locked|read-only|cannot"):
            opened.connection.execute(statement.format(outside=outside))
        assert opened.connection.execute("SELECT count(*) FROM lake0.main.repas").fetchone() == (4000,)
        assert [item.name for item in tmp_path.iterdir()] == ["outside.csv"]
    finally:
        opened.connection.close()


def test_a_territory_is_served_by_the_process_that_has_its_lake_open(
    tmp_path: Path, grants: dict[str, Grant]
) -> None:
    towns = [{"repas": replace(grants["repas"], territory=town)} for town in ("valbruyere", "pont-sur-ysane")]
    with running(tmp_path, processes=2) as (path, pool):
        for _ in range(4):
            for town in towns:
                assert send_request(path, Request(TOTAL, town)).row_count == 1
        assert sorted(list(process.recent_territories) for process in pool._processes) == [
            ["pont-sur-ysane"],
            ["valbruyere"],
        ]
