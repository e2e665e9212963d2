"""Billing statements rebuilt from tables: a water one checked by a second person, a canteen one that waits for its check."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.utils import timezone

from beffroi.web.continuity.billing import services
from beffroi.web.continuity.billing.calculation import Service
from beffroi.web.continuity.billing.statement_tables import PARTS, SERVICES, read, schemas
from beffroi.web.continuity.models import BillingStatement
from beffroi.web.guides.tables import Table
from beffroi.web.platform.models import Person, Territory

from ..life import EXAMPLE

SUBSCRIBERS: Final = 30
FAMILIES: Final = 18
_FILES: Final = {"rates": "tarifs", "subscribers": "redevables", "quantities": "relevés"}
_NAMES: Final = ("Dune", "Rivage", "Saule", "Brume", "Clairière", "Falaise")
_WATER_RATES: Final = (
    {"item": "Abonnement", "kind": "fixed", "price": "48,50", "vat": "5,5"},
    {"item": "Eau potable", "kind": "volume", "from_m3": "0", "to_m3": "60", "price": "1,4235", "vat": "5,5"},
    {"item": "Eau potable", "kind": "volume", "from_m3": "60", "price": "1,871", "vat": "5,5"},
    {"item": "Assainissement", "kind": "volume", "price": "2,0175", "vat": "10"},
)
_CANTEEN_RATES: Final = (
    {"bracket": "A", "from_quotient": "0", "to_quotient": "500", "price": "1,05", "unbooked_price": "2,05"},
    {
        "bracket": "B",
        "from_quotient": "500",
        "to_quotient": "1000",
        "price": "2,35",
        "unbooked_price": "4,35",
    },
    {"bracket": "C", "from_quotient": "1000", "price": "4,15", "unbooked_price": "6,15"},
)


def bill_water(territory: Territory, by: Person, checks: Person) -> None:
    """The half-year before, one reading missing; checked."""
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    first = (last - timedelta(days=170)).replace(day=1)
    before, after = first - timedelta(days=3), last - timedelta(days=1)
    subscribers = [
        {
            "number": f"E{n:03}", "name": f"{_NAMES[n % 6]} {n} (inventé)", "address": f"{n + 1} rue inventée",
            "meter": f"SIM{n:05}", "last_index": str(900 + 13 * n), "last_read_on": f"{before:%d/%m/%Y}",
        }
        for n in range(SUBSCRIBERS)
    ]  # fmt: skip
    readings = [
        {"number": f"E{n:03}", "index": str(900 + 13 * n + 28 + 5 * (n % 9)), "read_on": f"{after:%d/%m/%Y}"}
        for n in range(SUBSCRIBERS)
        if n != 17
    ]
    statement = _prepare(territory, by, "water", first, last, (_WATER_RATES, subscribers, readings))
    note = f"{EXAMPLE} : dix lignes relues, total comparé au semestre précédent, E017 à relever."
    services.check(statement, checks, note)


def bill_canteen(territory: Territory, by: Person) -> None:
    """The month before, from the presence written on paper; a second person has not checked it."""
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    first = last.replace(day=1)
    families = [
        {
            "number": f"F{n:03}", "name": f"Enfant {n} (inventé)", "payer": f"Famille {_NAMES[n % 6]} {n}",
            "address": f"{n + 1} rue inventée", "quotient": str(300 + 97 * n),
        }
        for n in range(FAMILIES)
    ]  # fmt: skip
    days = [each for each in _days(first, last) if each.weekday() in (0, 1, 3, 4)]
    presence = [
        {"number": f"F{n:03}", "day": f"{day:%d/%m/%Y}", "meals": "1", "booked": "non" if (n + at) % 11 == 0 else "oui"}
        for n in range(FAMILIES)
        for at, day in enumerate(days)
        if (n + at) % 4
    ]  # fmt: skip
    _prepare(territory, by, "canteen", first, last, (_CANTEEN_RATES, families, presence))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _prepare(
    territory: Territory,
    by: Person,
    service: Service,
    first: date,
    last: date,
    rows: Sequence[Sequence[Mapping[str, Any]]],
) -> BillingStatement:
    """By the tables that a person would bring, read column by column."""
    schema = schemas(service)
    tables = {part: read(schema[part], _table(each)) for part, each in zip(PARTS, rows, strict=True)}
    names = {part: f"{SERVICES[service]}, {_FILES[part]} (données simulées).csv" for part in PARTS}
    return services.prepare(territory, by, service, first, last, tables, names)


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    heading = list(dict.fromkeys(key for row in rows for key in row))
    texts = [[str(row.get(key, "")) for key in heading] for row in rows]
    return Table(heading, texts, list(range(2, len(rows) + 2)))
