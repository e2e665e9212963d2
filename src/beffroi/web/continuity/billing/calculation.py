"""Billing statements, computed: what each payer owes from rates, subscribers and quantities, each step in words.

In: entries of the three tables as plain JSON (`payer_bills`). Out: bills to the cent, and what is impossible or unusual. Amounts are
decimals of euros; each amount is rounded half up to the cent where the invoice shows it, VAT on the sum of each rate.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from statistics import median
from typing import Final

from beffroi.public_holidays import french_public_holidays
from beffroi.text import format_number

from .payer_bills import (
    Bill,
    Entry,
    Line,
    Notes,
    Service,
    Statement,
    Tables,
    cents,
    decimal_of,
    sheets_of,
    written,
)
from .subscriber_matching import with_numbers

DAYS_OF_A_YEAR: Final = 365
UNUSUAL: Final = 5
"""A consumption is unusual beyond so many times the median of the others."""
SATURDAY: Final = 5


def compute(service: Service, tables: Tables) -> Statement:
    """The statement of one service."""
    notes = Notes()
    bills = list(_METHODS[service](with_numbers(tables, notes), notes))
    if any(remark.blocking and not remark.subscriber for remark in notes.remarks):
        bills = []  # rates that contradict themselves give no amount to anyone
    return Statement(tuple(bills), tuple(notes.remarks))


def _price(amount: Decimal) -> str:
    """Euros with two decimals, more only where they are needed: « 2,10 », « 1,4235 »."""
    return format_number(amount, ".2f") if amount == cents(amount) else written(amount)


def _euros(amount: Decimal) -> str:
    return f"{format_number(cents(amount), '.2f')} €"


# --- Water


def _water(tables: Tables, notes: Notes) -> Iterable[Bill]:
    fixed = [rate for rate in tables.rates if rate["kind"] == "fixed"]
    volume = [rate for rate in tables.rates if rate["kind"] == "volume"]
    _check_tiers(volume, notes)
    readings = {reading["number"]: reading for reading in tables.quantities}
    known = {each["number"] for each in tables.subscribers}
    for number in sorted(readings.keys() - known):
        notes.blocking(number, "ce relevé est d'un abonné qui n'est pas dans la liste")
    consumed = {
        each["number"]: _consumption(each, readings.get(each["number"]), tables, notes)
        for each in tables.subscribers
    }
    usual = [each for each in consumed.values() if each]
    middle = median(usual) if usual else Decimal(0)
    for subscriber in tables.subscribers:
        used = consumed[subscriber["number"]]
        if used is None:
            continue
        if middle and used > UNUSUAL * middle:
            notes.unusual(
                subscriber["number"],
                f"{written(used)} m³, plus de {UNUSUAL} fois la consommation médiane ({written(middle)} m³)",
            )
        elif not used:
            notes.unusual(subscriber["number"], "aucune consommation")
        days = _days_of(subscriber, tables)
        lines = [_fixed_line(rate, days) for rate in fixed]
        lines += [line for rate in volume if (line := _volume_line(rate, used))]
        yield Bill(subscriber, tuple(lines), sheets_of([readings[subscriber["number"]]]))


def _consumption(subscriber: Entry, reading: Entry | None, tables: Tables, notes: Notes) -> Decimal | None:
    """Cubic metres of the period; None where they cannot be known."""
    number = subscriber["number"]
    if reading is None:
        notes.unusual(number, "pas de relevé : rien n'est facturé")
        return None
    before, after = decimal_of(subscriber["last_index"]), decimal_of(reading["index"])
    if reading["read_on"] < subscriber["last_read_on"]:
        notes.blocking(number, "le relevé est plus ancien que le dernier relevé connu")
        return None
    if not tables.first.isoformat() <= reading["read_on"] <= tables.last.isoformat():
        notes.unusual(number, "le relevé n'est pas de la période")
    if "removed_index" in reading or "new_index" in reading:
        if "removed_index" not in reading or "new_index" not in reading:
            notes.blocking(number, "compteur changé : il faut l'index de l'ancien et celui du neuf")
            return None
        removed, new = decimal_of(reading["removed_index"]), decimal_of(reading["new_index"])
        if removed < before or after < new:
            notes.blocking(number, "compteur changé : un index recule")
            return None
        return (removed - before) + (after - new)
    if after < before:
        notes.blocking(
            number, f"l'index relevé ({written(after)}) est plus petit que le dernier ({written(before)})"
        )
        return None
    return after - before


def _days_of(subscriber: Entry, tables: Tables) -> int:
    """Days of the period during which this person subscribed."""
    first = max(tables.first, date.fromisoformat(subscriber.get("begun_on", tables.first.isoformat())))
    last = min(tables.last, date.fromisoformat(subscriber.get("ended_on", tables.last.isoformat())))
    return max(0, (last - first).days + 1)


def _fixed_line(rate: Entry, days: int) -> Line:
    price = decimal_of(rate["price"])
    amount = cents(price * days / DAYS_OF_A_YEAR)
    steps = f"{_price(price)} € par an × {days} jour{'s' if days > 1 else ''} / {DAYS_OF_A_YEAR} = {_euros(amount)}"
    return Line(rate["item"], steps, amount, decimal_of(rate.get("vat")))


def _volume_line(rate: Entry, used: Decimal) -> Line | None:
    """The cubic metres of one tier; nothing where none falls in it."""
    start = decimal_of(rate.get("from_m3"))
    end = decimal_of(rate["to_m3"]) if "to_m3" in rate else used
    part = min(used, end) - start
    if part <= 0:
        return None
    price = decimal_of(rate["price"])
    amount = cents(part * price)
    tier = f" (de {written(start)} à {written(end)} m³)" if "to_m3" in rate or start else ""
    steps = f"{written(part)} m³{tier} × {_price(price)} € = {_euros(amount)}"
    return Line(rate["item"], steps, amount, decimal_of(rate.get("vat")))


def _check_tiers(rates: Sequence[Entry], notes: Notes) -> None:
    by_item: dict[str, list[tuple[Decimal, Decimal | None]]] = defaultdict(list)
    for rate in rates:
        end = decimal_of(rate["to_m3"]) if "to_m3" in rate else None
        by_item[rate["item"]].append((decimal_of(rate.get("from_m3")), end))
    for item, tiers in by_item.items():
        _check_steps(f"« {item} »", sorted(tiers, key=lambda tier: tier[0]), notes)


def _check_steps(what: str, steps: Sequence[tuple[Decimal, Decimal | None]], notes: Notes) -> None:
    """Steps that follow each other without gap or overlap, from 0 and without end."""
    if steps and steps[0][0] != 0:
        notes.blocking("", f"les tranches de {what} ne commencent pas à 0")
    for (_, end), (start, _) in itertools.pairwise(steps):
        if end != start:
            notes.blocking(
                "", f"les tranches de {what} se chevauchent ou laissent un trou autour de {written(start)}"
            )
    if steps and steps[-1][1] is not None:
        notes.blocking("", f"la dernière tranche de {what} a une fin : laissez-la vide")


# --- Canteen and after-school care: a price a bracket of the family's quotient


def _canteen(tables: Tables, notes: Notes) -> Iterable[Bill]:
    def line(rate: Entry, rows: Sequence[Entry]) -> list[Line]:
        made = []
        for booked, title in ((True, "Repas réservés"), (False, "Repas non réservés")):
            count = sum(
                (decimal_of(row.get("meals", 1)) for row in rows if (row.get("booked") != "no") == booked),
                Decimal(0),
            )
            price = decimal_of(rate["price"] if booked else rate.get("unbooked_price", rate["price"]))
            if count:
                amount = cents(count * price)
                made.append(
                    Line(
                        title,
                        f"{written(count)} repas × {_price(price)} € (tranche {rate['bracket']}) = {_euros(amount)}",
                        amount,
                    )
                )
        return made

    for row in tables.quantities:
        if decimal_of(row.get("meals", 1)) > 1:
            notes.unusual(row["number"], f"plus d'un repas le {_day(row)}")
    return _by_bracket(tables, notes, line)


def _after_school(tables: Tables, notes: Notes) -> Iterable[Bill]:
    def line(rate: Entry, rows: Sequence[Entry]) -> list[Line]:
        unit, price = decimal_of(rate["unit_minutes"]), decimal_of(rate["price"])
        units = sum((_units(row, unit) for row in rows), Decimal(0))
        if not units:
            return []
        amount = cents(units * price)
        steps = f"{written(units)} × {written(unit)} min commencées × {_price(price)} € (tranche {rate['bracket']}) = {_euros(amount)}"
        return [Line("Accueil périscolaire", steps, amount)]

    return _by_bracket(tables, notes, line)


def _units(row: Entry, unit: Decimal) -> Decimal:
    """Units begun: as the sheet says them, or of the minutes."""
    if "units" in row:
        return decimal_of(row["units"])
    return (decimal_of(row["minutes"]) / unit).to_integral_value(ROUND_CEILING)


def _by_bracket(
    tables: Tables, notes: Notes, lines_of: Callable[[Entry, Sequence[Entry]], list[Line]]
) -> Iterable[Bill]:
    steps = sorted(
        (
            (
                decimal_of(r.get("from_quotient")),
                decimal_of(r["to_quotient"]) if "to_quotient" in r else None,
                r,
            )
            for r in tables.rates
        ),
        key=lambda step: step[0],
    )
    _check_steps("quotient", [(start, end) for start, end, _ in steps], notes)
    rows: dict[str, list[Entry]] = defaultdict(list)
    for row in tables.quantities:
        if _is_of_the_period(row, tables, notes):
            rows[row["number"]].append(row)
    known = {each["number"] for each in tables.subscribers}
    for number in sorted({row["number"] for row in tables.quantities} - known):
        notes.blocking(number, "cette présence est d'un enfant qui n'est pas dans la liste")
    for subscriber in tables.subscribers:
        own_rows = rows.get(subscriber["number"], [])
        if not own_rows:
            continue
        rate = _bracket_of(subscriber, steps, notes)
        if rate is not None:
            yield Bill(subscriber, tuple(lines_of(rate, own_rows)), sheets_of(own_rows))


def _bracket_of(
    subscriber: Entry, steps: Sequence[tuple[Decimal, Decimal | None, Entry]], notes: Notes
) -> Entry | None:
    """The rate of a family; the highest where its quotient is not known, which is said."""
    if "quotient" not in subscriber:
        notes.unusual(subscriber["number"], "quotient inconnu : la tranche la plus haute s'applique")
        return steps[-1][2] if steps else None
    quotient = decimal_of(subscriber["quotient"])
    found = next(
        (rate for start, end, rate in steps if start <= quotient and (end is None or quotient < end)), None
    )
    if found is None:
        notes.blocking(subscriber["number"], f"aucune tranche pour un quotient de {written(quotient)}")
    return found


def _is_of_the_period(row: Entry, tables: Tables, notes: Notes) -> bool:
    """Whether this presence is billed; its day is said where it is impossible or unusual."""
    day = date.fromisoformat(row["day"])
    if not tables.first <= day <= tables.last:
        notes.blocking(row["number"], f"présence du {_day(row)}, hors de la période")
        return False
    if day.weekday() >= SATURDAY or day in french_public_holidays(day.year):
        notes.unusual(row["number"], f"présence le {_day(row)}, un jour sans école")
    return True


def _day(row: Entry) -> str:
    return f"{date.fromisoformat(row['day']):%d/%m/%Y}"


_METHODS: Final[Mapping[Service, Callable[[Tables, Notes], Iterable[Bill]]]] = {
    "water": _water,
    "canteen": _canteen,
    "after_school": _after_school,
}
