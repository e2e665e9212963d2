"""Legal clocks: when a duty that runs from a fact ends, by the way in which its text counts.

In: a clock, the moment of the fact with its time zone. Out: the deadline in French time. Three ways: hours counted one by
one; the periods of EU texts (Regulation 1182/71: the hour or the day of the fact is not counted, and a period in days or
months that ends on a day off goes on to the next working day); calendar days.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.public_holidays import french_public_holidays

from .conditions import Condition
from .model import KEY, Data
from .questions import PARIS


class Clock(Data):
    """A delay that runs from the fact `starts`. `rule`: the rule guide whose text must be in force for it to run.

    `ends`: the fact that says when what is due was done, which stops it; `reference`: the fact of its number; `done`: how to say it.
    """

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=5)
    text: str = Field(min_length=10)
    article: str = Field(min_length=3)
    starts: str = Field(pattern=KEY)
    hours: int | None = Field(default=None, gt=0)
    days: int | None = Field(default=None, gt=0)
    months: int | None = Field(default=None, gt=0)
    counting: Literal["hours", "eu", "calendar"]
    rule: str = ""
    ends: str = Field(default="", pattern=f"^$|{KEY}")
    reference: str = Field(default="", pattern=f"^$|{KEY}")
    done: str = ""
    when: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if sum(each is not None for each in (self.hours, self.days, self.months)) != 1:
            raise ValueError("dites soit « hours », soit « days », soit « months »")
        if bool(self.ends) != bool(self.done) or (self.reference and not self.ends):
            raise ValueError("« ends » et « done » vont ensemble, et « reference » ne va pas sans eux")
        if self.counting == "hours" and self.hours is None:
            raise ValueError("un délai compté heure par heure est en heures")
        return self

    def deadline(self, fact: datetime) -> datetime:
        """When it ends, in French time. Raises ValueError for a moment without its time zone."""
        if fact.tzinfo is None:
            raise ValueError("l'heure du fait est sans fuseau")
        if self.hours is not None:
            begun = _next_hour(fact) if self.counting == "eu" else fact
            # Hours that pass, whatever the clocks of a town do in March and October.
            return (begun.astimezone(UTC) + timedelta(hours=self.hours)).astimezone(PARIS)
        first = fact.astimezone(PARIS).date()
        last = first + timedelta(self.days) if self.days is not None else add_months(first, self.months or 0)
        if self.counting == "eu":
            last = _end_of_eu_period(first, last)
        return datetime.combine(last, time(23, 59, 59), PARIS)


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_working_day(day: date) -> bool:
    """Neither Saturday, Sunday, nor a French public holiday."""
    return day.weekday() < 5 and day not in french_public_holidays(day.year)


def _next_hour(moment: datetime) -> datetime:
    """Article 3(1): the hour in which the fact falls is not counted."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _end_of_eu_period(first: date, last: date) -> date:
    """Article 3(4) and (5): the end falls on a working day, and two days or more hold two working days at least."""
    least = 2 if (last - first).days >= 2 else 0
    while not is_working_day(last) or _working_days(first, last) < least:
        last += timedelta(1)
    return last


def _working_days(first: date, last: date) -> int:
    """Working days after the first day, up to the last."""
    return sum(is_working_day(first + timedelta(n)) for n in range(1, min(10, (last - first).days) + 1))
