"""Gate of each territory: closed while its rows and files are replaced, and nobody is inside meanwhile.

In: a territory's key. Out: whoever works for it is counted (a shared lock of the system, which dies with its process), or refused.
The mark of a closed gate outlives whoever closed it: what was cut short is finished before the gate opens again. Without a folder
`run/`, there is no instance, and no gate.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi.home import HomeError

MESSAGE: Final = (
    "Les données de cette collectivité sont en cours de restauration. Rien n'est perdu de ce qui est repris. Revenez dans "
    "quelques minutes."
)
RETRY_AFTER: Final = 30  # seconds
_passing: ContextVar[int | None] = ContextVar("beffroi_gate", default=None)


class TerritoryClosed(HomeError):
    """The territory is being restored: nothing is read nor written for it at this moment."""

    def __init__(self) -> None:
        super().__init__(MESSAGE)


@contextmanager
def entered(territory: int) -> Iterator[None]:
    """Work inside the territory. Raises TerritoryClosed."""
    if _passing.get() == territory:
        yield
        return
    handle = None
    try:
        # On a full disk, or without a folder `run/`, nobody can have closed it either; its mark is still looked for.
        with suppress(OSError):
            handle = _open(_lock(territory))
        try:
            if handle is not None:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TerritoryClosed from None
        if os.access(_mark(territory), os.F_OK):
            raise TerritoryClosed
        yield
    finally:
        if handle is not None:
            os.close(handle)


def closed() -> set[int]:
    """Keys of the territories whose gate is closed."""
    return {int(path.name.split("-")[1].split(".")[0]) for path in settings.HOME.run.glob("gate-*.closed")}


@contextmanager
def passing(territory: int) -> Iterator[None]:
    """For whoever replaces it: inside a closed gate."""
    token = _passing.set(territory)
    try:
        yield
    finally:
        _passing.reset(token)


@contextmanager
def closing(territory: int, *, seconds: float) -> Iterator[bool]:
    """Close the gate, wait for those inside to leave: whether they did in time. It stays closed until `reopen`."""
    Path(_mark(territory)).touch(mode=0o600)
    handle = _open(_lock(territory))
    end = time.monotonic() + seconds
    try:
        yield _acquire(handle, end)
    finally:
        os.close(handle)


def reopen(territory: int) -> None:
    Path(_mark(territory)).unlink(missing_ok=True)


def _open(lock: str) -> int:
    """The lock's file, made once, its owner that of the folder: a command of root's must not close it to the service."""
    try:
        return os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        handle = os.open(lock, os.O_RDONLY | os.O_CREAT, 0o600)
        if os.geteuid() == 0:
            folder = Path(lock).parent.stat()
            os.fchown(handle, folder.st_uid, folder.st_gid)
        return handle


def _acquire(handle: int, end: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.05)


def _lock(territory: int) -> str:
    return _file(territory, "lock")


def _mark(territory: int) -> str:
    return _file(territory, "closed")


def _file(territory: int, kind: str) -> str:
    # Text, not a `Path`: this is asked at each entry.
    return f"{settings.HOME.path}/run/gate-{territory}.{kind}"
