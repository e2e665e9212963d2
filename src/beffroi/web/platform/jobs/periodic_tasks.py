"""Periodic tasks: a room registers them here; `operations.duties` runs them.

`register(name, every, function)`: once a period, whatever restarts. By default the function runs in the same transaction as
the mark that it was done: what it writes in the database happens exactly once. `apart=True` is for long duties: they run
at least once a period, and must take effect once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Planned:
    """One duty; `apart`: outside of any transaction."""

    name: str
    every: timedelta
    do: Callable[[], object]
    apart: bool = False


_planned: dict[str, Planned] = {}


def register(name: str, every: timedelta, function: Callable[[], object], *, apart: bool = False) -> None:
    """Have `function` called once every `every` (a minute at least); it opens the scopes that it needs itself."""
    if every < timedelta(minutes=1):
        raise ValueError(f"{name}: the clock counts in minutes")
    _planned[name] = Planned(name, every, function, apart)


def planned() -> list[Planned]:
    return list(_planned.values())
