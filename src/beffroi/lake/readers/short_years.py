"""Years of two digits: the hundred years that they are read in, by the header, the years beside them, or a person's word.

In: a column's name, the years that it has. Out: the last year that one may be, the guess that a person may correct, the SQL.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, Self, get_args

from beffroi.lake.tables import Guess

type Century = Literal["past", "planned", "future"]
CENTURIES: Final = get_args(Century.__value__)

# They end with next year; later when years follow one another up to there and MIN_GAP years are free behind; PLANNED years
# later under a header that names the future; this year under one that names the past.
CENTURY, PLANNED, FAR, MIN_GAP = 100, 40, 80, 20
_PAST_HEADER = re.compile(r"naiss|birth|(^|_)nee?(_|$)|(^|_)ddn(_|$)|deces")
_FUTURE_HEADER = re.compile(
    r"(^|_)(fin|finale?|echeances?|expir\w+|prevu\w*|prevision\w*|terme|validite|limite|butoir|prochaine?s?|jusqu\w*|end)(_|$)"
)
_WORDS: Final[dict[Century, str]] = {
    "past": "années passées",
    "planned": f"jusqu'à {PLANNED} ans à venir",
    "future": f"jusqu'à {FAR} ans à venir",
}


@dataclass(frozen=True)
class ShortYears:
    """`latest`: the last year that one may be, to which the header sets a limit when `bounded`. `century`: chosen by a person."""

    latest: int = 0
    bounded: bool = False
    century: Century | None = None

    @classmethod
    def of_header(cls, name: str) -> Self:
        """The last year that the header allows."""
        today = date.today().year
        if _PAST_HEADER.search(name):
            return cls(today, bounded=True)
        planned = _FUTURE_HEADER.search(name) is not None
        return cls(today + (PLANNED if planned else 1), bounded=planned)

    def corrected(self, century: Century) -> Self:
        return replace(self, century=century)

    def last_year(self, seen: str = "") -> int:
        """Last year of the hundred; `seen`: all the years of the column, two digits each, separated by spaces."""
        today = date.today().year
        if self.century:
            return today + {"past": 0, "planned": PLANNED, "future": FAR}[self.century]
        first = self.latest or today
        if self.bounded or not self.latest:
            return first
        # Years that follow the latest one, with no other for long after them, are plans.
        last = 0
        for year in _after(first, seen):
            if year > last + 3:
                return first + last if year >= last + MIN_GAP and last <= PLANNED else first
            last = max(last, year)
        return first + last if last <= PLANNED else first

    def guess(self, label: str, seen: str) -> Guess:
        """What the years were read as; certain when no other century gives them another sense within FAR years."""
        today, last = date.today().year, self.last_year(seen)
        doubtful = [year for year in _after(today, seen) if 0 < year <= FAR]
        chosen: Century = "past" if last <= today + 1 else "planned" if last <= today + PLANNED else "future"
        choices = ("past", "planned") if all(year <= PLANNED for year in doubtful) else CENTURIES
        why = f"L'année n'a que deux chiffres : les dates sont lues de {last - CENTURY + 1} à {last}."
        example = (f"{(today + doubtful[0]) % CENTURY:02}",) if doubtful else ()
        return Guess(
            f"Siècle de « {label} »",
            _WORDS[chosen],
            why,
            not doubtful and not self.bounded,
            "century",
            choices=choices,
            chosen=chosen,
            examples=example,
        )


def _after(first: int, seen: str) -> list[int]:
    """How many years after `first` each would be, from 0 to 99."""
    return sorted((int(text) - first) % CENTURY for text in seen.split())


def candidates(year: str) -> tuple[int, int]:
    """The two years that « 65 » may be: before today, and after.

    >>> candidates("65")[1] - candidates("65")[0]
    100
    """
    today = date.today().year
    coming = today + (int(year) - today) % CENTURY
    return coming - CENTURY, coming


def hundred_years(century: Century) -> tuple[int, int]:
    """The first and last years of a chosen century.

    >>> first, last = hundred_years("future"); last - first
    99
    """
    last = ShortYears(century=century).last_year()
    return last - CENTURY + 1, last


def years_sql(cell: str) -> str:
    """SQL: the years of cells, as text."""
    return f"right({cell}, 2)"


def with_century_sql(text: str, cell: str, last_year: int) -> str:
    """SQL: the text of a date whose year has two digits, with four."""
    last, year = last_year % CENTURY, f"CAST({years_sql(cell)} AS INTEGER)"
    century = f"{last_year // CENTURY} - CASE WHEN {year} > {last} THEN 1 ELSE 0 END"
    return f"left({text}, length({text}) - 2) || ({century}) || {years_sql(cell)}"
