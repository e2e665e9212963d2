"""School meals with values on which engines differ: accents, missing and empty texts, ends of years, ties, cents, odd numbers."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

TODAY = date(2024, 3, 15)
MEALS = pa.schema(
    [
        ("n", pa.int64()),
        ("ecole", pa.string()),
        ("commune", pa.string()),
        ("jour", pa.date32()),
        ("instant", pa.timestamp("us")),
        ("mois", pa.string()),
        ("semaine", pa.string()),
        ("scolaire", pa.string()),
        ("annee", pa.int64()),
        ("repas", pa.int64()),
        ("places", pa.int32()),
        ("cout", pa.float64()),
        ("bio", pa.bool_()),
        ("montant", pa.decimal128(12, 2)),
        ("part", pa.decimal128(6, 3)),
        ("code", pa.string()),
    ]
)
SCHOOLS = pa.schema(
    [("code", pa.string()), ("nom", pa.string()), ("repas", pa.int64()), ("numero", pa.int32())]
)
OTHERS = pa.schema(
    [
        ("ecole", pa.string()),
        ("repas", pa.decimal128(9, 3)),
        ("jour", pa.timestamp("us")),
        ("note", pa.float64()),
    ]
)

_NAMES = [
    "A",
    "B",
    "c",
    "École",
    "É'l",
    "",
    "ST-REMY",
    "Saint Rémy",
    "œuvre",
    "L’Haÿ  les-Roses",
    " x ",
    None,
]
_COMMUNES = [
    "STE LUCE SUR LOIRE",
    "St-Herblain (44)",
    "  carquefou ",
    "Saint-Denis",
    "l’hay les roeux",
    "Nantes",
    None,
]
_CODES = ["1001", "01001", " 2a004 ", "44109", "441", "Nantes", "1 234,5", "-12", "12,50 ", None, ""]
_EDGES = [
    date(2020, 12, 31), date(2021, 1, 1), date(2021, 1, 3), date(2021, 1, 4), date(2023, 1, 1), date(2024, 2, 29),
    date(2023, 2, 28), date(2023, 8, 31), date(2023, 9, 1), date(2024, 3, 15), date(2024, 3, 1), date(2023, 3, 15),
    date(2024, 12, 30), date(2022, 6, 30), date(1999, 12, 31),
]  # fmt: skip


def meals(count: int = 120) -> list[dict[str, Any]]:
    chance = random.Random(15)
    rows = []
    for n in range(count):
        day = _EDGES[n] if n < len(_EDGES) else date(2022, 8, 1) + timedelta(days=chance.randrange(800))
        year, week, _ = day.isocalendar()
        first = day.year if day.month >= 9 else day.year - 1
        row: dict[str, Any] = {
            "ecole": chance.choice(_NAMES),
            "commune": chance.choice(_COMMUNES),
            "jour": day,
            "instant": datetime(
                day.year, day.month, day.day, chance.randrange(24), chance.randrange(60), 7, 250
            ),
            "mois": f"{day.year}-{day.month:02}",
            "semaine": f"{year}-S{week:02}",
            "scolaire": f"{first}-{first + 1}",
            "annee": day.year,
            "repas": chance.randrange(-20, 40) * 5,
            "places": chance.randrange(-3, 4),
            # Quarters: a sum of them is exact in whatever order.
            "cout": chance.randrange(-200, 200) / 4,
            "bio": chance.random() < 0.5,
            "montant": Decimal(chance.randrange(-50_000, 50_000)) / 100,
            "part": Decimal(chance.randrange(-5000, 5000)).scaleb(-3),
            "code": chance.choice(_CODES),
        }
        for name in row:
            if chance.random() < 0.08:
                row[name] = None
        rows.append({"n": n, **row})
    return rows


def schools() -> list[dict[str, Any]]:
    names = ["A", "B", "c", "Ecole", "saint remy", "L'Hay les Roses", "A", "absente", ""]
    return [
        {"code": name, "nom": f"École {n}" if n % 3 else None, "repas": n, "numero": n - 3}
        for n, name in enumerate(names)
    ]


def others() -> list[dict[str, Any]]:
    return [
        {"ecole": "A", "repas": Decimal("1.500"), "jour": datetime(2024, 3, 1, 12, 30), "note": 0.5},
        {"ecole": None, "repas": None, "jour": None, "note": None},
    ]


def arrow() -> dict[str, pa.Table]:
    return {
        "repas": pa.Table.from_pylist(meals(), MEALS),
        "ecoles": pa.Table.from_pylist(schools(), SCHOOLS),
        "autres": pa.Table.from_pylist(others(), OTHERS),
    }
