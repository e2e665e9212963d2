"""One server a home, and one writer of its format at a time: locks that die with their holder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from beffroi.home import Home, HomeError


@contextmanager
def exclusive(home: Home, name: str, refusal: str) -> Iterator[None]:
    """Hold `run/<name>.lock`, or raise `HomeError(refusal)` at once."""
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
