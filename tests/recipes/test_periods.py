"""Missing periods: each appears once, between the first and the last, and no existing row is lost."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beffroi.recipes import periods
from beffroi.recipes.compile import compile, to_sql
from beffroi.recipes.errors import RecipeError
from recipes import interpreter
from recipes.school_meals import a_meal, compared, recipe, rows, tables

PERIODS = ["day", "week", "month", "quarter", "year"]
BOUNDS = st.none() | st.dates(date(2023, 10, 1), date(2024, 3, 1)).map(date.isoformat)
MEASURES = [
    {"name": "total", "operation": "sum", "column": "repas"},
    {"name": "n", "operation": "count"},
    {"name": "moyenne", "operation": "mean", "column": "repas"},
]
near = rows.map(
    lambda them: [{**row, "jour": row["jour"] and row["jour"].replace(year=2024)} for row in them]
)


@given(
    near,
    st.sampled_from(PERIODS),
    st.lists(st.sampled_from(["ecole", "bio"]), max_size=2, unique=True),
    st.sampled_from([[], MEASURES]),
    st.sampled_from(["all", "each"]),
    st.tuples(BOUNDS, BOUNDS),
    st.sampled_from(["nothing", "zero"]),
)
def test_periods(
    repas: list[interpreter.Row], period: str, by: list[str], measures: Any, span: str, bounds: Any, fill: str
) -> None:
    first, last = bounds if None in bounds else sorted(bounds)
    step = {
        "step": "periods",
        "column": "jour",
        "period": period,
        "by": by,
        "measures": measures,
        "span": span,
    }
    compared(recipe({**step, "first": first, "last": last, "fill": fill}), repas)


def with_periods(repas: list[interpreter.Row], **step: Any) -> list[Any]:
    made = recipe({"step": "periods", **step})
    found = compile(made, tables(repas=repas)).to_pyarrow()
    return list(zip(found[step["column"]].to_pylist(), found["repas"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("period", "texts", "expected"),
    [
        ("month", ["2024-02", "2023-12"], ["2023-12", "2024-01", "2024-02"]),
        ("week", ["2021-S01", "2020-S52"], ["2020-S52", "2020-S53", "2021-S01"]),
    ],
)
def test_months_and_weeks_written_as_texts_keep_their_writing(
    period: str, texts: list[str], expected: list[str]
) -> None:
    repas = [a_meal(ecole=text, repas=number) for number, text in enumerate(texts)]
    found = with_periods(repas, column="ecole", period=period)
    assert found == [(expected[0], 1), (expected[1], None), (expected[2], 0)]


def test_what_is_no_period_stays_last() -> None:
    repas = [a_meal(ecole=text, repas=1) for text in ("inconnu", "2024-13", "2024-01", None)]
    found = with_periods(repas, column="ecole", period="month")
    assert found[0] == ("2024-01", 1)
    assert {text for text, _ in found[1:]} == {"inconnu", "2024-13", None}


def test_years_may_be_whole_numbers() -> None:
    repas = [a_meal(repas=year, ecole="x") for year in (2024, 2021)]
    made = recipe({"step": "periods", "column": "repas", "period": "year", "fill": "zero"})
    found = compile(made, tables(repas=repas)).to_pyarrow()
    assert found["repas"].to_pylist() == [2021, 2022, 2023, 2024]
    assert found["montant"].to_pylist() == [None, Decimal(0), Decimal(0), None]


def test_moments_become_the_first_day_of_their_period() -> None:
    moments = pa.table({"quand": [datetime(2024, 2, 29, 23, 59), datetime(2023, 12, 1, 0, 0)]})
    made = recipe({"step": "periods", "column": "quand", "period": "month"})
    found = compile(made, {"repas": ibis.memtable(moments)}).to_pyarrow()
    assert found["quand"].to_pylist() == [date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1)]


def test_explicit_bounds_show_periods_even_without_rows() -> None:
    step = {
        "column": "jour",
        "period": "quarter",
        "first": "2024-02-01",
        "last": "2024-07-01",
        "fill": "zero",
    }
    assert with_periods([], **step) == [(date(2024, 1, 1), 0), (date(2024, 4, 1), 0), (date(2024, 7, 1), 0)]


def test_the_rows_come_in_the_order_of_their_periods() -> None:
    days = [date(2024, 1, 5), date(2024, 1, 2), date(2024, 1, 4)]
    found = with_periods([a_meal(jour=day) for day in days], column="jour", period="day")
    assert [day for day, _ in found] == [date(2024, 1, n) for n in (2, 3, 4, 5)]


def test_too_many_periods_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periods, "MAX_PERIODS", 1_000)
    repas = [a_meal(ecole=name, jour=day) for name in "ab" for day in (date(2022, 1, 1), date(2024, 1, 1))]
    step = {"step": "periods", "column": "jour", "period": "day", "by": ["ecole"]}
    with pytest.raises(RecipeError, match=r"1\u00a0462 périodes.*les 1\u00a0000 permises"):
        compile(recipe(step), tables(repas=repas))
    compile(recipe({**step, "period": "week"}), tables(repas=repas))


def test_the_sql_is_built_without_reading_the_data() -> None:
    query = to_sql(
        recipe({"step": "periods", "column": "jour", "period": "month"}),
        {"repas": ibis.table({"jour": "date"})},
    )
    assert "UNNEST" in query
    assert "ANTI JOIN" in query


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"column": "repas", "period": "month"}, "contient des nombres ; il faut des dates, ou des mois"),
        ({"column": "ecole", "period": "day"}, r"contient du texte ; il faut des dates\."),
        ({"column": "jou", "period": "day"}, "« jour »"),
        ({"column": "jour", "period": "day", "by": ["x"]}, "« x »"),
        ({"column": "jour", "period": "day", "measures": [{**MEASURES[0], "column": "ecole"}]}, "la somme"),
    ],
)
def test_a_column_without_periods_is_refused(step: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        compile(recipe({"step": "periods", **step}), tables(repas=[]))


def test_bounds_the_wrong_way_round_are_not_stored() -> None:
    with pytest.raises(ValidationError, match="échangez-les"):
        recipe(
            {
                "step": "periods",
                "column": "jour",
                "period": "day",
                "first": "2024-02-01",
                "last": "2024-01-01",
            }
        )
