"""The time that a report counts: a calendar year, up to today while it runs."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

EARLIEST = 2000


@dataclass(frozen=True)
class Period:
    """Both days are counted; `since` ≤ moment < `until`."""

    year: int
    first: date
    last: date

    @classmethod
    def of(cls, year: int, today: date) -> "Period":
        """Raises ValueError, in French."""
        if not EARLIEST <= year <= today.year:
            raise ValueError(
                f"Il n'y a pas de rapport pour {year} : donnez une année de {EARLIEST} à {today.year}."
            )
        return cls(year, date(year, 1, 1), min(date(year, 12, 31), today))

    @property
    def complete(self) -> bool:
        """Whether the whole year is counted."""
        return self.last == date(self.year, 12, 31)

    @property
    def since(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.first, time.min))

    @property
    def until(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time.min))
