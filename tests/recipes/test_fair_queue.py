"""Fair queue of the query processes: a territory that floods them waits behind itself, never before the others."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import rings
from beffroi.lake.grants import Grant
from beffroi.recipes import fair_queue
from beffroi.recipes.engine import Limits
from beffroi.recipes.errors import QueryRefused, QueryTooLong
from beffroi.recipes.fair_queue import Caller, FairQueue
from beffroi.recipes.pool import send_request
from beffroi.recipes.requests import Request
from recipes_pool import ENDLESS, LARGE, TOTAL, children, queued, recipe, running, served, some_grants, until

SORT = ({"step": "join", "source": "repas", "on": [{"left": "meme", "right": "meme"}], "keep": "matched",
         "columns": ["n"]}, {"step": "sort", "by": [{"column": "n_repas"}, {"column": "n"}]})  # fmt: skip


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    return some_grants(tmp_path_factory.mktemp("lines"))


def of(territory: str, grants: dict[str, Grant]) -> dict[str, Grant]:
    return {alias: replace(grant, territory=territory) for alias, grant in grants.items()}


def in_background(
    count: int, work: Callable[[], object]
) -> tuple[list[threading.Thread], list[BaseException]]:
    errors: list[BaseException] = []

    def do() -> None:
        try:
            work()
        except QueryRefused as error:
            errors.append(error)

    threads = [threading.Thread(target=do, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, errors


def waiting(territory: str) -> tuple[Caller, socket.socket]:
    server_end, client_end = socket.socketpair()
    caller = Caller(server_end)
    caller.territory = territory
    return caller, client_end


@pytest.mark.requirement("R92")
def test_territories_are_served_in_rotation_and_none_takes_every_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, client_ends = FairQueue(3), []
    for line in ("a", "a", "a", "b", "c", "b"):
        caller, other = waiting(line)
        client_ends.append(other)
        assert queue.enqueue(caller) is None
    order = []
    while (caller := queue.dequeue([])) is not None:
        order.append(caller.territory)
    assert order == ["a", "b", "c", "a", "b", "a"]
    caller, other = waiting("a")
    queue.enqueue(caller)
    assert queue.dequeue(["a"]) is None  # others asked a moment ago: one process each
    monkeypatch.setattr(fair_queue, "ACTIVE_SECONDS", 0.0)
    assert queue.dequeue(["a", "a"]) is None
    assert queue.dequeue(["a"]) is caller


def test_who_went_away_is_not_served() -> None:
    queue = FairQueue(1)
    disconnected, client_end = waiting("a")
    queue.enqueue(disconnected)
    stays, other_end = waiting("a")
    queue.enqueue(stays)
    client_end.close()
    assert queue.dequeue([]) is stays
    assert queue.dequeue([]) is None
    other_end.close()


def test_a_name_that_comes_byte_by_byte_is_read_and_one_too_long_is_not() -> None:
    caller, client_end = waiting("")
    caller.connection.setblocking(False)
    for byte in (0, 0, 0, 0, 0, 0, 0, 2):
        assert caller.read_territory() is None
        client_end.send(bytes([byte]))
    assert caller.read_territory() is None
    client_end.send(b"ab" + b"what follows is not read")
    assert caller.read_territory() is True
    assert caller.territory == "ab"
    assert caller.connection.recv(4) == b"what"
    caller, client_end = waiting("")
    client_end.send(b"GET / HTTP/1.1\r\n\r\n")
    assert caller.read_territory() is False


FOR_EVER = Limits(seconds=600)  # what is endless ends with the pool


def test_endless_queries_of_one_territory_do_not_stop_another(
    tmp_path: Path, grants: dict[str, Grant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_queue, "ACTIVE_SECONDS", 600.0)
    with running(tmp_path, processes=2, limits=FOR_EVER) as (path, pool):
        for town in ("ogre", "voisine"):
            send_request(path, Request(TOTAL, of(town, grants)))
        before = pool.children
        hostile = Request(recipe(*ENDLESS), of("ogre", grants))
        until(lambda: served(pool) == [])
        threads, errors = in_background(2, lambda: send_request(path, hostile))
        until(lambda: served(pool) == ["ogre"] and queued(pool) == 1)
        for _ in range(3):
            assert send_request(path, Request(TOTAL, of("voisine", grants))).row_count == 1
        # It never waited behind the endless ones, which follow each other.
        assert (errors, pool.children, queued(pool)) == ([], before, 1)
    for thread in threads:
        thread.join(60)
    assert len(errors) == 2


def test_a_full_line_is_refused_in_french_and_the_other_lines_are_not(
    tmp_path: Path, grants: dict[str, Grant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_queue, "MAX_WAITING", 2)
    monkeypatch.setattr(fair_queue, "ACTIVE_SECONDS", 600.0)
    with running(tmp_path, processes=2, limits=FOR_EVER) as (path, pool):
        for town in ("ogre", "voisine"):
            send_request(path, Request(TOTAL, of(town, grants)))
        hostile = Request(recipe(*ENDLESS), of("ogre", grants))
        until(lambda: served(pool) == [])
        first, ended = in_background(1, lambda: send_request(path, hostile))
        until(lambda: served(pool) == ["ogre"])
        others, errors = in_background(5, lambda: send_request(path, hostile))
        until(lambda: len(errors) == 3)
        assert queued(pool) == 2 and ended == []
        assert ["attendent déjà" in str(error) for error in errors] == [True] * 3
        assert send_request(path, Request(TOTAL, of("voisine", grants))).row_count == 1
    for thread in (*first, *others):
        thread.join(60)
    assert (len(errors), len(ended)) == (5, 1)


def test_hostile_recipes_are_stopped_without_harm(tmp_path: Path, grants: dict[str, Grant]) -> None:
    limits = Limits(memory="100MB", seconds=5 if rings.LONG else 2)
    with running(tmp_path, limits=limits) as (path, _):
        for steps in (ENDLESS, LARGE, SORT):
            try:  # a huge sort may also end in time: only its first rows are asked for
                send_request(path, Request(recipe(*steps), grants))
            except QueryTooLong as error:
                assert "Vos données sont intactes" in str(error)
            assert send_request(path, Request(TOTAL, grants)).row_count == 1


def test_a_process_killed_while_others_wait_is_replaced_and_they_are_served(
    tmp_path: Path, grants: dict[str, Grant]
) -> None:
    with running(tmp_path, limits=Limits(seconds=30)) as (path, pool):
        assert send_request(path, Request(TOTAL, grants)).row_count == 1
        (victim,) = children(pool)
        until(lambda: served(pool) == [])
        first, errors = in_background(1, lambda: send_request(path, Request(recipe(*ENDLESS), grants)))
        until(lambda: served(pool) != [])
        later, refused = in_background(5, lambda: send_request(path, Request(TOTAL, of("voisine", grants))))
        until(lambda: queued(pool) == 5)
        os.kill(victim, signal.SIGKILL)
        for thread in (*first, *later):
            thread.join(60)
        assert ["interrompu" in str(error) for error in errors] == [True]
        assert refused == []
        assert children(pool) != [victim]
