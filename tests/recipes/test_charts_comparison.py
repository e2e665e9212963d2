"""Comparison of a large number: its sentence, its direction, and the reason when there is none."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from beffroi.recipes.charts.comparison import compare_number, format_period, year_before
from beffroi.recipes.figures import Figure, format_single_value

WORDS = {"title": "T", "unit": "repas", "base": "b", "year": "2025", "source": "s"}
MONTHLY = pa.table({"mois": ["2025-01", "2024-02", "2025-02"], "n": [250, 200, 220]})


def figure(comparison: dict[str, Any] | None, unit: str = "repas", **encodings: Any) -> Figure:
    written = {
        "kind": "number",
        **WORDS,
        "unit": unit,
        "encodings": encodings,
        "comparison": comparison,
    }
    return Figure.model_validate(written)


def compared(table: pa.Table, comparison: dict[str, Any], **more: Any) -> str:
    found = compare_number(figure(comparison, **more), table)
    assert found is not None
    return found.text.replace("\u00a0", " ")


def test_the_number_is_that_of_the_last_period() -> None:
    assert format_single_value(figure(None, value="n", x="mois"), MONTHLY) == "220 repas"


def test_it_is_compared_to_the_period_before_and_to_the_same_a_year_before() -> None:
    before = compared(MONTHLY, {"to": "previous"}, value="n", x="mois")
    assert before == "En baisse de 30 repas (−12 %) par rapport à janvier 2025 (250 repas)."
    year = compared(MONTHLY, {"to": "year"}, value="n", x="mois")
    assert year == "En hausse de 20 repas (+10 %) par rapport à février 2024 (200 repas)."


def test_an_unknown_period_is_reported() -> None:
    table = pa.table({"annee": [2023, 2025], "n": [1, 2]})
    assert compared(table, {"to": "year"}, value="n", x="annee") == (
        "Pas de comparaison : aucune valeur connue pour 2024."
    )
    single = pa.table({"annee": [2025], "n": [1]})
    assert "aucune valeur connue" in compared(single, {"to": "previous"}, value="n", x="annee")


def test_a_target_and_a_column_are_named_in_the_comparison() -> None:
    one = pa.table({"n": [90], "prevu": [100]})
    target = {"to": "target", "value": 100, "name": "l'objectif 2030", "better": "down"}
    assert compared(one, target, value="n") == "10 repas sous l'objectif 2030 (−10 %) (100 repas)."
    found = compare_number(figure(target, value="n"), one)
    assert found is not None
    assert found.good is True
    assert found.arrow == "▼"
    column = {"to": "column", "column": "prevu"}
    assert compared(one, column, value="n", labels={"prevu": "Prévu"}).startswith("En baisse de 10 repas")


def test_shares_differ_by_points_and_nought_has_no_percentage() -> None:
    one = pa.table({"n": [12.5], "avant": [10.0]})
    column = {"to": "column", "column": "avant", "name": "avant"}
    assert compared(one, column, value="n", unit="%") == "En hausse de 2,5 points par rapport à avant (10 %)."
    nought = pa.table({"n": [3], "avant": [0]})
    assert compared(nought, column, value="n") == "En hausse de 3 repas par rapport à avant (0 repas)."
    assert compared(pa.table({"n": [3], "avant": [3]}), column, value="n").startswith("Sans changement")


def test_a_hidden_number_is_not_compared() -> None:
    hidden = pa.table({"n": pa.array([None], pa.int64())})
    assert compare_number(figure({"to": "target", "value": 3}, value="n"), hidden) is None


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (2025, 2024), ("2025-03", "2024-03"), ("2024-2025", "2023-2024"), ("hiver", None),
        (date(2024, 2, 29), date(2023, 2, 28)),
    ],
)  # fmt: skip
def test_a_year_before_is_found_for_each_way_to_write_a_period(period: Any, before: Any) -> None:
    assert year_before(period) == before


def test_periods_are_written_in_french() -> None:
    assert [format_period(p) for p in ("2025-08", 2024, date(2025, 3, 1))] == [
        "août 2025",
        "2024",
        "le 01/03/2025",
    ]


@pytest.mark.parametrize("comparison", [{"to": "previous"}, {"to": "column"}, {"to": "target"}])
def test_a_comparison_without_its_other_side_is_refused(comparison: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        figure(comparison, value="n")
