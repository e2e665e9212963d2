"""Territory scope of the current thread: every query on rows of a territory is limited to it.

`inside(territory)` opens its space; `host()` opens the host's own duties (its queue, its chain, who belongs where). In
neither, what belongs to a territory cannot be reached: a forgotten filter raises here, and PostgreSQL refuses it again.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from . import gates

if TYPE_CHECKING:
    from .models.places import Territory

HOST: Final = "host"
_current: ContextVar[int | str | None] = ContextVar("beffroi_scope", default=None)


class OutsideTerritory(RuntimeError):
    """A query left its territory, or was made in none: a fault of ours, never a person's."""


def current() -> int | str | None:
    """The territory's key, `HOST`, or None when nothing was opened."""
    return _current.get()


@contextmanager
def inside(territory: "Territory") -> Iterator[None]:
    """Work for one territory. Raises OutsideTerritory from within another one, TerritoryClosed while it is being restored."""
    active = _current.get()
    if active not in (None, HOST, territory.pk):
        raise OutsideTerritory(f"territory {territory.pk} cannot be opened from within {active}")
    with nullcontext() if active == territory.pk else gates.entered(territory.pk):
        token = _current.set(territory.pk)
        try:
            yield
        finally:
            _current.reset(token)


@contextmanager
def host() -> Iterator[None]:
    """The host's own duties: only the models that say `host_reads` answer, for every territory at once."""
    active = _current.get()
    if active not in (None, HOST):
        raise OutsideTerritory(f"the host's duties cannot be opened from within territory {active}")
    token = _current.set(HOST)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def nowhere() -> Iterator[None]:
    """What a request and a job start from, whatever the thread did before."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def iterate_inside[T](chunks: Iterable[T], territory: "Territory") -> Iterator[T]:
    """The chunks of an answer that is made while it is sent, each made inside the territory."""
    iterator = iter(chunks)
    end = object()
    while True:
        with inside(territory):
            chunk = next(iterator, end)
        if chunk is end:
            return
        yield chunk  # type: ignore[misc]


def key_for(model: Any) -> int | None:
    """The territory whose rows of `model` may be read; None for all of them (the host's duties). Raises OutsideTerritory."""
    active = _current.get()
    if isinstance(active, int):
        return active
    if active == HOST and model.host_reads:
        return None
    raise OutsideTerritory(
        f"{model.__name__} was asked for {'by the host' if active else 'outside any territory'}"
    )


def check_write(model: Any, territory: int | None = None) -> None:
    """Raise OutsideTerritory unless rows of this territory (by default, of the one that was opened) may be written."""
    active = _current.get()
    if not isinstance(active, int) or territory not in (None, active):
        raise OutsideTerritory(
            f"{model.__name__} of territory {territory} was written from {active or 'nowhere'}"
        )
