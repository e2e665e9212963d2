"""Civil status back from paper: what the follow-up sheets say of the registers, doubles, gaps and days out of order.

In: lines of numbers (sheet, register, act, day) and what each register was before the crisis. Out: findings in French. Pure.
No name is ever here: acts are in the paper register, numbered by the officer.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from beffroi.web.ui.formats import french_date

REGISTERS: Final[Mapping[str, str]] = {
    "birth": "naissances",
    "marriage": "mariages",
    "death": "décès",
    "single": "registre unique",
}


@dataclass(frozen=True, order=True)
class Series:
    """One sequence of act numbers: a register of a year, of one counter where it has its own."""

    register: str
    year: int
    counter: str = ""

    def __str__(self) -> str:
        own = f", guichet {self.counter}" if self.counter else ""
        return f"{REGISTERS.get(self.register, self.register)} {self.year}{own}"


@dataclass(frozen=True)
class ActLine:
    """What a follow-up sheet says: its own number, its counter, the act read on the paper register."""

    sheet: str
    counter: str
    register: str
    act_number: int
    act_on: date
    both: bool = True

    def series(self, own: Collection[Series]) -> Series:
        apart = Series(self.register, self.act_on.year, self.counter)
        return apart if apart in own else Series(self.register, self.act_on.year)


@dataclass(frozen=True)
class RegisterStart:
    """A register before the crisis: its last act, and the numbers whose absence the officer explains, with why."""

    series: Series
    last_number: int
    last_on: date | None = None
    explained: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """Something to look at in the paper register before anything is typed in the town's software."""

    kind: str
    series: Series
    number: int
    message: str
    sheets: tuple[str, ...] = ()


def check_series(lines: Iterable[ActLine], starts: Iterable[RegisterStart]) -> list[Finding]:
    """Every double, every gap that nobody explained, every day out of order, register by register."""
    known = {start.series: start for start in starts}
    own = {series for series in known if series.counter}
    grouped: dict[Series, list[ActLine]] = defaultdict(list)
    for line in lines:
        grouped[line.series(own)].append(line)
    return [
        finding
        for series, some in sorted(grouped.items())
        for finding in _check_one(series, some, known.get(series))
    ]


def _check_one(series: Series, lines: list[ActLine], start: RegisterStart | None) -> list[Finding]:
    found: list[Finding] = []
    by_number: dict[int, list[ActLine]] = defaultdict(list)
    for line in lines:
        by_number[line.act_number].append(line)
        if not line.both:
            message = f"Acte {line.act_number} ({series}) : écrit dans un seul exemplaire du registre."
            found.append(Finding("one_copy", series, line.act_number, message, (line.sheet,)))
    last = start.last_number if start is not None else 0
    if start is None:
        message = (
            f"Le dernier numéro de {series} avant le papier n'est pas noté : l'ordre est compté depuis 1."
        )
        found.append(Finding("no_start", series, 0, message))
    explained = start.explained if start is not None else {}
    for number, some in sorted(by_number.items()):
        sheets = tuple(line.sheet for line in some)
        if len(some) > 1:
            message = f"Acte {number} ({series}) sur {len(some)} feuilles : {', '.join(sheets)}."
            found.append(Finding("double", series, number, message, sheets))
        if number <= last:
            message = f"Acte {number} ({series}) : ce numéro existait avant le papier (dernier : {last})."
            found.append(Finding("double", series, number, message, sheets))
    missing = [n for n in range(last + 1, max(by_number) + 1) if n not in by_number and n not in explained]
    found += [
        Finding(
            "gap", series, n, f"Acte {n} ({series}) : aucune feuille ne le porte, et personne ne l'explique."
        )
        for n in missing
    ]
    return found + _disorder(series, by_number, start)


def _disorder(
    series: Series, by_number: Mapping[int, list[ActLine]], start: RegisterStart | None
) -> list[Finding]:
    """The fewest acts whose day must be wrong for the others to be in the order of their numbers.

    Those that are doubles, or older than the paper, are found as such.
    """
    last, last_on = (start.last_number, start.last_on) if start is not None else (0, None)
    lines = [some[0] for number, some in sorted(by_number.items()) if len(some) == 1 and number > last]
    found = [line for line in lines if last_on is not None and line.act_on < last_on]
    rest = [line for line in lines if line not in found]
    ordered = _longest_in_order([line.act_on for line in rest])
    found += [line for at, line in enumerate(rest) if at not in ordered]
    return [
        Finding(
            "order",
            series,
            line.act_number,
            f"Acte {line.act_number} ({series}) : sa date, {french_date(line.act_on)}, ne suit pas l'ordre des numéros.",
            (line.sheet,),
        )
        for line in sorted(found, key=lambda line: line.act_number)
    ]


def _longest_in_order(days: Sequence[date]) -> set[int]:
    """Places of the longest run of days, not all neighbours, that never goes back (patience sorting)."""
    tails: list[date] = []
    places: list[int] = []
    before: list[int] = []
    for at, day in enumerate(days):
        rank = bisect_right(tails, day)
        before.append(places[rank - 1] if rank else -1)
        tails[rank : rank + 1], places[rank : rank + 1] = [day], [at]
    found, at = set(), places[-1] if places else -1
    while at >= 0:
        found.add(at)
        at = before[at]
    return found
