"""Compiled recipes against the reference interpreter."""

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.recipes.compile import compile, join_reports, to_sql
from beffroi.recipes.text_folding import fold_place
from recipes import interpreter
from recipes.school_meals import SCHEMA, compared, connection, names, recipe, rows, schools, tables

values = {
    "ecole": names,
    "jour": st.dates(date(2022, 8, 1), date(2024, 12, 31)).map(date.isoformat),
    "repas": st.integers(-50, 400),
    "cout": st.integers(-200, 200).map(lambda number: number / 4),
}


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    column = draw(st.sampled_from(sorted(values)))
    ops = ["=", "!=", "<", "<=", ">", ">=", "in", "between", "missing", "present"]
    ops += {"ecole": ["contains"], "jour": ["last_days", "this_year", "last_year", "this_month"]}.get(
        column, []
    )
    op = draw(st.sampled_from(ops))
    value: Any = draw(values[column])
    if op == "in":
        value = draw(st.lists(values[column], min_size=1, max_size=3))
    elif op == "between":
        value = draw(st.lists(values[column], min_size=2, max_size=2))
    elif op == "last_days":
        value = draw(st.integers(1, 700))
    elif op in ("missing", "present", "this_year", "last_year", "this_month"):
        value = None
    return {"column": column, "op": op, "value": value}


@given(rows, st.lists(conditions(), min_size=1, max_size=3), st.sampled_from(["all", "any"]))
def test_filters(repas: list[interpreter.Row], tests: list[dict[str, Any]], match: str) -> None:
    compared(recipe({"step": "filter", "conditions": tests, "match": match}), repas)


DERIVED = [
    *(
        {"operation": op, "column": "jour"}
        for op in ("year", "month", "month_name", "week", "weekday", "school_year")
    ),
    {"operation": "ratio", "column": "cout", "other": "repas"},
    {"operation": "ratio", "column": "repas", "other": "cout", "times": 100},
    {"operation": "difference", "column": "cout", "other": "repas"},
    {"operation": "difference", "column": "jour", "other": "jour"},
    {"operation": "sum", "column": "repas", "other": "repas"},
    {"operation": "concatenation", "column": "ecole", "other": "repas", "separator": " : "},
]


@pytest.mark.parametrize("operation", DERIVED, ids=lambda one: f"{one['operation']} of {one['column']}")
def test_derived_columns(operation: dict[str, Any]) -> None:
    @given(rows)
    def check(repas: list[interpreter.Row]) -> None:
        compared(recipe({"step": "derive", "name": "calcul", **operation}), repas)

    check()


measures = st.lists(
    st.sampled_from(
        [("count", None), ("count", "jour"), ("count_distinct", "ecole"), ("min", "jour"), ("max", "ecole")]
        + [(op, column) for op in ("sum", "mean", "min", "max") for column in ("repas", "cout", "montant")]
    ),
    min_size=1,
    max_size=4,
).map(
    lambda them: [{"name": f"m{n}", "operation": op, "column": column} for n, (op, column) in enumerate(them)]
)


@given(rows, st.lists(st.sampled_from(["ecole", "bio", "jour"]), max_size=2, unique=True), measures)
def test_groups(repas: list[interpreter.Row], by: list[str], figures: list[dict[str, Any]]) -> None:
    compared(recipe({"step": "group", "by": by, "measures": figures}), repas)


@given(rows, schools, st.sampled_from(["all", "matched"]), st.sampled_from([None, ["nom"], ["nom", "repas"]]))
def test_joins(
    repas: list[interpreter.Row], ecoles: list[interpreter.Row], keep: str, columns: list[str] | None
) -> None:
    step = {"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}]}
    compared(recipe({**step, "keep": keep, "columns": columns}), repas, ecoles)


@given(rows, schools)
def test_a_join_report_counts_what_was_matched_lost_and_added(
    repas: list[interpreter.Row], ecoles: list[interpreter.Row]
) -> None:
    step = {"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}]}
    (report,) = join_reports(recipe(step), tables(repas=repas, ecoles=ecoles))
    codes = [row["code"] for row in ecoles]
    matched = [row for row in repas if row["ecole"] in codes]
    assert (report.step, report.source, report.rows) == (2, "ecoles", len(repas))
    assert (report.matched, report.lost) == (len(matched), len(repas) - len(matched))
    assert report.added == sum(codes.count(row["ecole"]) - 1 for row in matched)
    assert report.unmatched_right == len(
        [code for code in codes if code not in {row["ecole"] for row in matched}]
    )


@given(rows, st.sampled_from(["sum", "mean", "count", "max"]), st.sampled_from([None, ["B", "A", "absent"]]))
def test_pivots(repas: list[interpreter.Row], operation: str, spread: list[str] | None) -> None:
    step = {"step": "pivot", "rows": ["bio"], "column": "ecole", "value": "repas", "operation": operation}
    compared(recipe({**step, "values": spread}), repas)


@given(rows, st.booleans(), st.booleans())
def test_sorts_put_missing_values_last(repas: list[interpreter.Row], one: bool, other: bool) -> None:
    by = [{"column": "ecole", "descending": one}, {"column": "repas", "descending": other}]
    choose = {"step": "choose", "columns": ["ecole", "repas"]}
    compared(recipe(choose, {"step": "sort", "by": by}), repas, ordered=True)


@given(rows, st.integers(1, 6), st.booleans())
def test_the_top_rows_are_those_with_the_largest_values(
    repas: list[interpreter.Row], count: int, smallest: bool
) -> None:
    step = {"step": "top", "count": count, "column": "repas", "smallest": smallest}
    found = compile(recipe(step), tables(repas=repas)).to_pyarrow()["repas"].to_pylist()
    there = sorted((row["repas"] for row in repas if row["repas"] is not None), reverse=not smallest)
    assert found == (there + [None] * len(repas))[: min(count, len(repas))]


@given(rows)
def test_a_whole_recipe_and_its_order(repas: list[interpreter.Row]) -> None:
    steps = [
        {"step": "filter", "conditions": [{"column": "repas", "op": ">", "value": 0}]},
        {"step": "derive", "name": "mois", "operation": "month", "column": "jour"},
        {"step": "derive", "name": "prix", "operation": "ratio", "column": "cout", "other": "repas"},
        {
            "step": "group",
            "by": ["mois", "ecole"],
            "measures": [
                {"name": "total", "operation": "sum", "column": "repas"},
                {"name": "n", "operation": "count"},
            ],
        },
        {"step": "filter", "conditions": [{"column": "n", "op": ">=", "value": 1}]},
        {"step": "choose", "columns": ["ecole", "mois", "total"], "rename": {"total": "Repas servis"}},
        {"step": "sort", "by": [{"column": name} for name in ("ecole", "mois")]},
    ]
    compared(recipe(*steps), repas, ordered=True)


def test_groups_without_an_order_come_in_the_order_of_their_keys() -> None:
    repas = [{**dict.fromkeys(SCHEMA.names), "ecole": name} for name in "CABAC"]
    step = {"step": "group", "by": ["ecole"], "measures": [{"name": "n", "operation": "count"}]}
    assert compile(recipe(step), tables(repas=repas)).to_pyarrow()["ecole"].to_pylist() == ["A", "B", "C"]


def test_keys_of_different_types_are_compared_as_texts() -> None:
    repas = [{**dict.fromkeys(SCHEMA.names), "repas": 12}]
    ecoles = [{"code": "12", "nom": "Zola", "repas": 1}]
    step = {
        "step": "join",
        "source": "ecoles",
        "on": [{"left": "repas", "right": "code"}],
        "columns": ["nom"],
    }
    assert compile(recipe(step), tables(repas=repas, ecoles=ecoles)).to_pyarrow()["nom"].to_pylist() == [
        "Zola"
    ]


def test_a_pivot_of_days_keeps_the_order_of_the_week() -> None:
    days = [date(2024, 3, n) for n in (13, 11, 15)]
    repas = [{**dict.fromkeys(SCHEMA.names), "jour": day, "repas": 1} for day in days]
    steps = [
        {"step": "derive", "name": "quand", "operation": "weekday", "column": "jour"},
        {"step": "pivot", "rows": ["bio"], "column": "quand", "value": "repas"},
    ]
    assert compile(recipe(*steps), tables(repas=repas)).columns == ("bio", "lundi", "mercredi", "vendredi")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1001", "01001"),
        ("01001", "01001"),
        (" 2a004 ", "2A004"),
        ("44109", "44109"),
        ("441", None),
        ("Nantes", None),
    ],
)
def test_a_commune_is_recognised_by_its_code(written: str, code: str | None) -> None:
    repas = [{**dict.fromkeys(SCHEMA.names), "ecole": written}]
    step = {"step": "place", "column": "ecole"}
    assert compile(recipe(step), tables(repas=repas)).to_pyarrow()["code_commune"].to_pylist() == [code]


def test_a_code_read_as_a_number_is_recognised_too() -> None:
    repas = [{**dict.fromkeys(SCHEMA.names), "repas": 1001, "cout": 44109.0}]
    for column, code in (("repas", "01001"), ("cout", "44109")):
        made = compile(recipe({"step": "place", "column": column}), tables(repas=repas))
        assert made.to_pyarrow()["code_commune"].to_pylist() == [code]


COMMUNES = [
    {"code": "44172", "name": "Sainte-Luce-sur-Loire"},
    {"code": "44162", "name": "Saint-Herblain"},
    {"code": "44026", "name": "Carquefou"},
    {"code": "11111", "name": "Saint-Denis"},
    {"code": "22222", "name": "Saint-Denis"},
    {"code": "33333", "name": "L'Haÿ-les-Rœux"},
]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("STE LUCE SUR LOIRE", "44172"),
        ("St-Herblain (44)", "44162"),
        ("  carquefou ", "44026"),
        ("Saint-Denis", None),
        ("l’hay les roeux", "33333"),
        ("Nantes", None),
    ],
)
def test_a_commune_is_recognised_by_its_name_however_it_is_written(written: str, code: str | None) -> None:
    repas = [{**dict.fromkeys(SCHEMA.names), "ecole": written}]
    step = {"step": "place", "column": "ecole", "by": "name", "communes": COMMUNES}
    assert compile(recipe(step), tables(repas=repas)).to_pyarrow()["code_commune"].to_pylist() == [code]


@given(st.text(st.sampled_from("aÀéÊœÆ' -’()Stse0ÿ\u00a0\n")))
def test_the_engine_and_python_fold_names_alike(text: str) -> None:
    from beffroi.recipes.text_folding import fold_place_expression

    assert connection.execute(fold_place_expression(ibis.literal(text))) == fold_place(text)


@given(st.text(st.sampled_from("aÀéÊœÆ' -’()Stse0ÿ\u00a0\u202f\n_/.")))
def test_the_engine_and_python_fold_keys_alike(text: str) -> None:
    from beffroi.recipes.text_folding import fold_key, fold_key_expression

    found = connection.execute(fold_key_expression(ibis.literal(text)))
    assert (None if found is None or found != found else found) == fold_key(text)


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("SAINT-REMY", "Saint Rémy", True),
        ("L’Haÿ les  Roses ", "l'hay-les-roses", True),
        ("12/3", "12.3", False),
        ("", "", False),
        ("-", "'", False),
    ],
)
def test_folded_keys_find_each_other_however_they_are_written(left: str, right: str, alike: bool) -> None:
    repas = [{**dict.fromkeys(SCHEMA.names), "ecole": left}]
    ecoles = [{"code": right, "nom": "trouvée", "repas": None}]
    step = {
        "step": "join",
        "source": "ecoles",
        "on": [{"left": "ecole", "right": "code"}],
        "columns": ["nom"],
    }
    found = tables(repas=repas, ecoles=ecoles)
    together = compile(recipe({**step, "fold": True}), found).to_pyarrow()["nom"].to_pylist()
    assert together == (["trouvée"] if alike else [None])
    (report,) = join_reports(recipe({**step, "fold": True}), found)
    assert report.matched == int(alike)


def test_the_query_can_be_read_as_one_sql_statement() -> None:
    text = to_sql(recipe({"step": "choose", "columns": ["ecole"]}), tables(repas=[]))
    assert text.startswith("SELECT")
    assert ";" not in text


def test_the_mean_of_decimals_is_not_rounded_to_their_digits() -> None:
    repas = [{**dict.fromkeys(SCHEMA.names), "montant": Decimal(cents) / 100} for cents in (0, 1)]
    step = {"step": "group", "measures": [{"name": "m", "operation": "mean", "column": "montant"}]}
    assert compile(recipe(step), tables(repas=repas)).to_pyarrow()["m"].to_pylist() == [0.005]


def test_decimals_of_incompatible_scales_are_added_and_joined_exactly() -> None:
    schema = pa.schema([("prix", pa.decimal128(12, 2)), ("part", pa.decimal128(6, 3))])
    rows = [
        {"prix": Decimal("1.50"), "part": Decimal("1.500")},
        {"prix": Decimal("2.00"), "part": Decimal("0.125")},
    ]
    found = {"repas": ibis.memtable(pa.Table.from_pylist(rows, schema))}
    both = {"name": "v", "column": "prix", "other": "part"}
    for operation, wanted in (("sum", ["3.000", "2.125"]), ("difference", ["0.000", "1.875"])):
        made = recipe({"step": "derive", "operation": operation, **both})
        assert list(map(str, compile(made, found).to_pyarrow()["v"].to_pylist())) == wanted
    step = {"step": "join", "source": "repas", "on": [{"left": "prix", "right": "part"}], "keep": "matched"}
    joined = compile(recipe({**step, "columns": ["prix"]}), found).to_pyarrow()
    assert joined["prix_repas"].to_pylist() == [Decimal("1.50")]


def test_a_number_that_is_no_code_recognises_no_commune() -> None:
    for number, code in (
        (44109.5, None),
        (1e30, None),
        (float("nan"), None),
        (-3.0, None),
        (1001.0, "01001"),
    ):
        repas = [{**dict.fromkeys(SCHEMA.names), "cout": number}]
        made = compile(recipe({"step": "place", "column": "cout"}), tables(repas=repas))
        assert made.to_pyarrow()["code_commune"].to_pylist() == [code]
