"""Hypothesis strategies for tables of meals and schools, and the comparison of the engine with the reference interpreter."""

import math
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from hypothesis import strategies as st

from beffroi.recipes.compile import compile
from beffroi.recipes.model import Recipe
from recipes import interpreter

TODAY = date(2024, 3, 15)
SCHEMA = pa.schema(
    [
        ("ecole", pa.string()),
        ("jour", pa.date32()),
        ("repas", pa.int64()),
        ("cout", pa.float64()),
        ("bio", pa.bool_()),
        ("montant", pa.decimal128(12, 2)),
    ]
)
SCHOOLS = pa.schema([("code", pa.string()), ("nom", pa.string()), ("repas", pa.int64())])

names = st.sampled_from(["A", "B", "c", "École", "É'l", ""])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "ecole": st.none() | names,
            "jour": st.none() | st.dates(date(2022, 8, 1), date(2024, 12, 31)),
            "repas": st.none() | st.integers(-50, 400),
            # Quarters, so that sums are exact whatever their order.
            "cout": st.none() | st.integers(-200, 200).map(lambda number: number / 4),
            "bio": st.none() | st.booleans(),
            "montant": st.none() | st.integers(-500, 500).map(lambda cents: Decimal(cents) / 100),
        }
    ).map(lambda row: {name: row[name] for name in SCHEMA.names}),
    max_size=25,
)
schools = st.lists(
    st.fixed_dictionaries({"code": names, "nom": st.none() | names, "repas": st.none() | st.integers(0, 9)}),
    min_size=1,
    max_size=6,
)

connection = ibis.duckdb.from_connection(duckdb.connect())


def tables(
    *, repas: list[interpreter.Row], ecoles: list[interpreter.Row] | None = None
) -> dict[str, ir.Table]:
    made = {
        "repas": pa.Table.from_pylist(repas, SCHEMA),
        "ecoles": pa.Table.from_pylist(ecoles or [], SCHOOLS),
    }
    for name, table in made.items():
        connection.con.register("arriving", table)
        connection.con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    return {name: connection.table(name) for name in made}


def recipe(*steps: dict[str, Any]) -> Recipe:
    first = {"step": "source", "source": "repas"}
    sources = {"repas": "cantines", "ecoles": "ecoles"}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [first, *steps]})


def key(row: interpreter.Row) -> list[tuple[str, str]]:
    return [(name, repr(value)) for name, value in sorted(row.items())]


def compared(
    made: Recipe,
    repas: list[interpreter.Row],
    ecoles: list[interpreter.Row] | None = None,
    *,
    ordered: bool = False,
) -> None:
    found = compile(made, tables(repas=repas, ecoles=ecoles), today=TODAY).to_pyarrow().to_pylist()
    expected = interpreter.follow(made, {"repas": repas, "ecoles": ecoles or []}, TODAY)
    if not ordered:
        found, expected = sorted(found, key=key), sorted(expected, key=key)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.keys() == other.keys()
        assert all(alike(one[name], other[name]) for name in one), (one, other)


def alike(one: Any, other: Any) -> bool:
    """Equal and of one type; floats within the last digits that the order of a sum moves."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return type(one) is type(other) and bool(one == other)


def a_meal(**values: Any) -> interpreter.Row:
    """One row of which only this is known."""
    return {**dict.fromkeys(SCHEMA.names), **values}
