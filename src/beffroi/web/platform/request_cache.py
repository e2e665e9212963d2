"""Cache of what one page reads: the same lookup, repeated while a page is made that writes nothing, costs one query.

Opened by the middleware for requests of a safe method (RFC 9110, 9.2.1), closed with them; elsewhere nothing is cached.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.db import models

from . import scope

SAFE_METHODS = {"GET", "HEAD"}
_memory: ContextVar[dict[Any, Any] | None] = ContextVar("beffroi_reads", default=None)


@contextmanager
def cache_reads(method: str) -> Iterator[None]:
    """Cache lookups for the time of this request, if its method is safe."""
    token = _memory.set({} if method in SAFE_METHODS else None)
    try:
        yield
    finally:
        _memory.reset(token)


def cached_read[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """A lookup that depends on its arguments alone: stored rows, known by their key, and hashable values."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        memory = _memory.get()
        if memory is None:
            return function(*args, **kwargs)
        key = _key(function, args, kwargs)
        if key not in memory:
            memory[key] = function(*args, **kwargs)
        found: R = memory[key]
        return found

    return wrapper


def is_active() -> bool:
    """Whether lookups are cached now."""
    return _memory.get() is not None


def is_stored(function: Any, *args: object) -> bool:
    """Whether this lookup is cached already."""
    memory = _memory.get()
    return memory is not None and _key(function.__wrapped__, args, {}) in memory


def store_read(function: Any, value: object, *args: object) -> None:
    """Store what `function`, a cached lookup, would return: for who read several rows at once."""
    memory = _memory.get()
    if memory is not None:
        memory[_key(function.__wrapped__, args, {})] = value


def _key(function: object, args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[object, ...]:
    return function, scope.current(), *map(_identity, args), *sorted(kwargs.items())


def _identity(value: object) -> object:
    """A stored row by its table and key: a row that was read twice is the same one."""
    if isinstance(value, models.Model) and value.pk is not None:
        return type(value), value.pk
    return value
