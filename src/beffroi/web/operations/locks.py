"""One server a home, and one writer of its format at a time: locks that die with their holder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from beffroi.home import Home, HomeError

_handles: set[int] = set()


def _leave_to_the_parent() -> None:
    """A forked process would keep the lock of its parent beyond the parent's end."""
    for handle in _handles:
        os.close(handle)
    _handles.clear()


os.register_at_fork(after_in_child=_leave_to_the_parent)


class Busy(HomeError):
    """Another process has the lock."""


@contextmanager
def not_serving(home: Home) -> Iterator[None]:
    """Keep the home from being served meanwhile, or raise HomeError when it is: what exchanges a key begins with this."""
    refusal = "Cette instance est en service : arrêtez-la avant de remplacer sa clé (systemctl stop beffroi). Rien n'a été modifié."
    with exclusive(home, "serve", refusal):
        yield


def exclusive(home: Home, name: str, refusal: str) -> AbstractContextManager[None]:
    """Exclusive lock `run/<name>.lock`. Raises `Busy(refusal)`, a HomeError, at once when another process has it."""
    return _locked(home, name, refusal, fcntl.LOCK_EX)


def shared(home: Home, name: str, refusal: str) -> AbstractContextManager[None]:
    """The same for those who may have it together, and not with one who has it alone."""
    return _locked(home, name, refusal, fcntl.LOCK_SH)


@contextmanager
def _locked(home: Home, name: str, refusal: str, kind: int) -> Iterator[None]:
    home.run.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(home.run / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    _handles.add(handle)
    try:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(refusal) from None
        yield
    finally:
        if handle in _handles:
            _handles.remove(handle)
            os.close(handle)
