"""When a source is read next, in the time of Paris: every few minutes or hours, or at an hour of a day, a week, a month.

In: a `Schedule` and an instant. Out: the next instant, strictly after. An hour that the clock skips in spring is read
one hour later; one that it repeats in autumn is read once, the first time.
"""

import calendar
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal, Self, cast
from zoneinfo import ZoneInfo

from beffroi.text import WEEKDAYS

PARIS: Final = ZoneInfo("Europe/Paris")
MINUTES: Final = (5, 10, 15, 30)
HOURS: Final = (1, 2, 3, 4, 6, 8, 12)

type Unit = Literal["never", "minute", "hour", "day", "week", "month"]


@dataclass(frozen=True)
class Schedule:
    """`every` counts for minutes and hours; `at` (HH:MM) for the rest, `weekday` from 0 (Monday), `day` of the month.

    >>> Schedule("month", at="06:30", day=31).describe()
    'le 31 de chaque mois (ou le dernier jour), à 6 h 30'
    """

    unit: Unit = "never"
    every: int = 1
    at: str = "06:00"
    weekday: int = 0
    day: int = 1

    def __post_init__(self) -> None:
        time.fromisoformat(self.at)
        if self.unit == "minute" and self.every not in MINUTES:
            raise ValueError(f"every {self.every} minutes")
        if self.unit == "hour" and self.every not in HOURS:
            raise ValueError(f"every {self.every} hours")
        if not (0 <= self.weekday <= 6 and 1 <= self.day <= 31):
            raise ValueError(f"weekday {self.weekday}, day {self.day}")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)

    def describe(self) -> str:
        """The rhythm in French."""
        hour = f"à {int(self.at[:2])} h {self.at[3:]}".removesuffix(" 00")
        match self.unit:
            case "minute":
                return f"toutes les {self.every} minutes"
            case "hour":
                return "toutes les heures" if self.every == 1 else f"toutes les {self.every} heures"
            case "day":
                return f"chaque jour, {hour}"
            case "week":
                return f"chaque {WEEKDAYS[self.weekday]}, {hour}"
            case "month":
                day = "1er" if self.day == 1 else str(self.day)
                last = " (ou le dernier jour)" if self.day > 28 else ""
                return f"le {day} de chaque mois{last}, {hour}"
            case _:
                return "à la demande"

    def next_after(self, instant: datetime) -> datetime | None:
        """The first moment strictly after `instant`, in UTC; None when it is read on demand only."""
        if self.unit == "never":
            return None
        if self.unit in ("minute", "hour"):
            step = self.every * (60 if self.unit == "minute" else 3600)
            return datetime.fromtimestamp((instant.timestamp() // step + 1) * step, tz=UTC)
        today = instant.astimezone(PARIS).date()
        for day in self._days_from(today):
            moment = _at(day, self.at)
            if moment > instant:
                return moment
        raise AssertionError("a calendar has a next day")

    def _days_from(self, today: date) -> list[date]:
        """Enough of the days named, from today on, for one of them to come after now."""
        if self.unit == "day":
            return [today, today + timedelta(days=1)]
        if self.unit == "week":
            ahead = (self.weekday - today.weekday()) % 7
            return [today + timedelta(days=ahead), today + timedelta(days=ahead + 7)]
        return [in_month(today.year, today.month + n, self.day) for n in range(2)]


def in_month(year: int, month: int, day: int) -> date:
    """That day of that month, or its last one; months beyond 12 run into the next years.

    >>> in_month(2027, 2, 31), in_month(2026, 13, 15)
    (datetime.date(2027, 2, 28), datetime.date(2027, 1, 15))
    """
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _at(day: date, hour: str) -> datetime:
    # fold=0: before the clock moves. An hour that does not exist is then shifted by the change itself.
    local = datetime.combine(day, time.fromisoformat(hour), tzinfo=PARIS)
    return local.astimezone(UTC)


def unit_of(text: str) -> Unit:
    return cast("Unit", text)
