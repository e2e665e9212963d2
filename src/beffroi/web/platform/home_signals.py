"""What waits on the home of a territory, asked by every room in one query: each registers rows, the home learns whether there are any.

A card that needs more than a yes asks its own query, once there is one. Exact counts are no business of this module.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Exists, QuerySet

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
    conditions = {key: Exists(_signals[key](territory)) for key in keys}
    if not conditions:
        return {}
    answers = Territory.objects.filter(pk=territory.pk).values_list(*conditions.values()).get()
    return dict(zip(conditions, answers, strict=True))


def is_any(territory: Territory, *keys: str) -> bool:
    """Whether one of these has rows."""
    found = waiting_signals(territory)
    return any(found.get(key, False) for key in keys)
