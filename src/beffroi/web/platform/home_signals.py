"""What waits on the home of a territory, asked by every room in one query: each registers rows, the home learns whether there are any.

A card that needs more than a yes asks its own query, once there is one. Exact counts are no business of this module.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from . import request_cache
from .models import Territory
from .request_cache import cached_read

type Rows = Callable[[Territory], QuerySet[Any]]
"""The rows that a room looks for in a territory."""

_signals: dict[str, Rows] = {}


def register(key: str, rows: Rows) -> None:
    """`key`: of the room first, « cyber.incidents »."""
    _signals[key] = rows


@cached_read
def waiting_signals(territory: Territory) -> Mapping[str, bool]:
    """Whether there are such rows, by key: one query for all of them."""
    return _ask(territory, tuple(_signals))


@cached_read
def _some_signals(territory: Territory, keys: tuple[str, ...]) -> Mapping[str, bool]:
    return _ask(territory, keys)


def read_signals(territory: Territory, keys: tuple[str, ...]) -> Mapping[str, bool]:
    """The same for some keys alone, on a page that may ask nothing else: one query, none where all were read."""
    every = request_cache.is_stored(waiting_signals, territory)
    return waiting_signals(territory) if every else _some_signals(territory, keys)


def _ask(territory: Territory, keys: tuple[str, ...]) -> Mapping[str, bool]:
    # Each look-up is written by Django, their sum by hand: as conditions of one query it would clone each several times.
    lookups: dict[str, tuple[str, tuple[Any, ...]]] = {}
    for key in keys:
        with suppress(EmptyResultSet):  # nothing to ask: there is none
            lookups[key] = (
                _signals[key](territory).query.exists().get_compiler(connection=connection).as_sql()
            )
    if not lookups:
        return dict.fromkeys(keys, False)
    with connection.cursor() as cursor:
        columns = ", ".join(f"EXISTS({sql})" for sql, _ in lookups.values())
        cursor.execute(
            f"SELECT {columns}", [each for _, parameters in lookups.values() for each in parameters]
        )
        answers = map(bool, cursor.fetchone())
    return dict.fromkeys(keys, False) | dict(zip(lookups, answers, strict=True))


def is_any(territory: Territory, *keys: str) -> bool:
    """Whether one of these has rows."""
    found = waiting_signals(territory)
    return any(found.get(key, False) for key in keys)
