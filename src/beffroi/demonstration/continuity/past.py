"""The clock of the demonstration set back: what was done on past days is done by the services as of those days.

In: acts, each with its moment and territory. Out: the same acts, done in the order of their moments. The clock is set back for
this context only, while a demonstration home is prepared: who else asks for the hour gets the true one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.utils import timezone

from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory

_behind: ContextVar[timedelta] = ContextVar("beffroi_demonstration_behind", default=timedelta())


class _SetBack(datetime):
    """The class that Django asks for the hour."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return datetime.now(tz) - _behind.get()


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Inside, it is this past moment, and time goes on from it."""
    names = vars(timezone)
    token, before = _behind.set(datetime.now(moment.tzinfo) - moment), names["datetime"]
    names["datetime"] = _SetBack
    try:
        yield
    finally:
        names["datetime"] = before
        _behind.reset(token)


@dataclass
class Diary:
    """Acts to do, whoever wrote them first; `do` does them in the order of their moments."""

    acts: list[tuple[datetime, Territory, Callable[[], object]]] = field(default_factory=list)

    def add(self, moment: datetime, territory: Territory, act: Callable[[], object]) -> None:
        self.acts.append((moment, territory, act))

    def do(self) -> None:
        for moment, territory, act in sorted(self.acts, key=lambda each: each[0]):
            with as_of(moment), scope.inside(territory):
                act()
