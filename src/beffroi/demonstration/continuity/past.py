"""The clock of the demonstration set back: what was done on past days is done by the services as of those days.

In: acts, each with its moment and territory. Out: the same acts, done in the order of their moments. The clock is set back for
this context only, while a demonstration home is prepared: who else asks for the hour gets the true one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from django.utils import timezone

from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory

LONG_AGO: Final = 5
"""Days from which an act is told as one of a morning."""
THIRD_DAY: Final = timedelta(hours=50)
_TWO_DAYS, _LAST = 48, 66
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


def morning(now: datetime, days: float) -> datetime:
    """So many days ago: at nine where it is some days, to the minute where it is fewer."""
    moment = timezone.localtime(now) - timedelta(days=days)
    return moment.replace(hour=9, minute=0, second=0) if days >= LONG_AGO else moment


@dataclass(frozen=True)
class Night:
    """The night of the commune, and its hours: those of the third day stop at the moment when the demonstration is made."""

    now: datetime
    began: datetime

    @classmethod
    def before(cls, now: datetime) -> "Night":
        """The last one at 3 h 20 that is in its third day, so that the 72 hours of the law still run."""
        local = timezone.localtime(now)
        began = (local - timedelta(days=2)).replace(hour=3, minute=20, second=0, microsecond=0)
        return cls(now, began if now - began >= THIRD_DAY else began - timedelta(days=1))

    def at(self, hours: float) -> datetime:
        """The moment of the story `hours` after the night: the third day, from 48 to 66, is as long as it has lasted."""
        if hours > _TWO_DAYS:
            lasted = (self.now - self.began) / timedelta(hours=1) - _TWO_DAYS
            hours = _TWO_DAYS + (hours - _TWO_DAYS) / (_LAST - _TWO_DAYS) * (lasted - 0.2)
        return self.began + timedelta(hours=hours)


@dataclass
class Diary:
    """Acts to do, whoever wrote them first; `do` does them in the order of their moments."""

    acts: list[tuple[datetime, Territory, Callable[[], object]]] = field(default_factory=list)

    def add(self, moment: datetime, territory: Territory, act: Callable[[], object]) -> None:
        self.acts.append((moment, territory, act))

    def do(self) -> None:
        reached = None
        for moment, territory, act in sorted(self.acts, key=lambda each: each[0]):
            with as_of(max(moment, reached or moment)), scope.inside(territory):
                act()
                reached = timezone.now()
