"""One server a home, and one writer of its format at a time: locks that die with their holder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from beffroi.home import Home, HomeError


@contextmanager
def not_serving(home: Home) -> Iterator[None]:
    """Keep the home from being served meanwhile, or raise HomeError when it is: what exchanges a key begins with this."""
    refusal = "Cette instance est en service : arrêtez-la avant de remplacer sa clé (systemctl stop beffroi). Rien n'a été modifié."
    with exclusive(home, "serve", refusal):
        yield


@contextmanager
def exclusive(home: Home, name: str, refusal: str) -> Iterator[None]:
    """Exclusive lock `run/<name>.lock`. Raises `HomeError(refusal)` at once when another process has it."""
    home.run.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(home.run / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeError(refusal) from None
        yield
    finally:
        os.close(handle)


@contextmanager
def waiting_exclusive(home: Home, name: str, refusal: str, *, seconds: float) -> Iterator[None]:
    """The same, once the other process has let it go; `HomeError(refusal)` when it has not after so long."""
    end = time.monotonic() + seconds
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(exclusive(home, name, refusal))
                break
            except HomeError:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.2)
        yield
