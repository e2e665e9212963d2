"""What a billing statement is made of, and what it gives: tables, lines, bills to the cent, remarks.

Entries are plain JSON, one a row of a table (`statement_tables`), or of a sheet that was typed again (`rekeyed_quantities`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Literal

from beffroi.text import format_number

CENT: Final = Decimal("0.01")

type Service = Literal["water", "canteen", "after_school"]
type Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Tables:
    """What a statement is made of. `first`, `last`: days of the period, both billed."""

    rates: Sequence[Entry]
    subscribers: Sequence[Entry]
    quantities: Sequence[Entry]
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Line:
    """One line of a bill: `steps`: how it was computed; `amount`: before tax, € ; `vat`: its rate, %."""

    title: str
    steps: str
    amount: Decimal
    vat: Decimal = Decimal(0)


@dataclass(frozen=True)
class Bill:
    """What one subscriber owes. `sheets`: numbers of the sheets that it comes from, where it does."""

    subscriber: Entry
    lines: tuple[Line, ...]
    sheets: tuple[str, ...] = ()

    @property
    def net(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def taxes(self) -> dict[Decimal, Decimal]:
        """VAT by rate, on the sum of the lines of that rate."""
        sums: dict[Decimal, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            if line.vat:
                sums[line.vat] += line.amount
        return {rate: cents(amount * rate / 100) for rate, amount in sorted(sums.items())}

    @property
    def total(self) -> Decimal:
        return self.net + sum(self.taxes.values(), Decimal(0))


@dataclass(frozen=True)
class Remark:
    """What a person must look at. `blocking`: it cannot be billed so; the subscriber it is about, "" for a rate."""

    subscriber: str
    text: str
    blocking: bool = False


@dataclass(frozen=True)
class Statement:
    """Every bill, in the order of the subscribers, and every remark; what is blocking is not billed."""

    bills: tuple[Bill, ...]
    remarks: tuple[Remark, ...]

    @property
    def total(self) -> Decimal:
        return sum((bill.total for bill in self.bills), Decimal(0))


@dataclass
class Notes:
    """Remarks, as they are found."""

    remarks: list[Remark] = field(default_factory=list)

    def blocking(self, subscriber: str, text: str) -> None:
        self.remarks.append(Remark(subscriber, text, blocking=True))

    def unusual(self, subscriber: str, text: str) -> None:
        self.remarks.append(Remark(subscriber, text))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def decimal_of(value: Any) -> Decimal:
    """The decimal that was written, from a number of JSON."""
    return Decimal(format(value, ".15g")) if isinstance(value, int | float) else Decimal(0)


def written(amount: Decimal) -> str:
    """A number the French way: « 1,85 »."""
    return format_number(amount.normalize(), "f")


def sheets_of(rows: Iterable[Entry]) -> tuple[str, ...]:
    """The sheets that these rows were typed from, each once."""
    return tuple(sorted({row["sheet"] for row in rows if "sheet" in row}))
