"""Cached runs of the canteen on one small invented town: forests cost seconds."""

from functools import cache
from typing import Any

import pyarrow as pa

from beffroi.systems.canteen import backtest, make_sample, run
from beffroi.systems.contract import Outcome, Score, Tables

LAST, NEXT = "2024-07-02", "2024-07-04"  # the last day served in the town, and the next one


@cache
def town() -> Tables:
    return make_sample(seed=3, sites=6, years=2, first_year=2022)


@cache
def outcome(**settings: Any) -> Outcome:
    return run(town(), settings, 0)


@cache
def score() -> Score:
    return backtest(town(), {}, 0)


def with_rows(tables: Tables, name: str, rows: list[dict[str, object]]) -> Tables:
    """The same tables, one of them with other rows of the same types."""
    return {**tables, name: pa.Table.from_pylist(rows, schema=tables[name].schema)}
