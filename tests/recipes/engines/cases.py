"""Recipes that cover every step and option, on the meals: run by the shared suite on each engine.

`sorted_by`: the columns whose order the recipe guarantees; rows equal on them may come in any order. `plainly`: whether the
reference interpreter supports it on these columns.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from beffroi.recipes.model import DIVISIONS, Recipe

ALL = "*"
UNPLAIN = re.compile(
    "place|instant|stack|fold=True|^top|^pivot|^periods|^window|whole|laid|12,5|oui|10,25|montant part|cout montant|bio"
)
"""Cases that the plain reference does not follow: steps or types that it does not know, rows too many for it. What DuckDB
makes of those is compared with it elsewhere, on tables made for it."""


@dataclass(frozen=True)
class Case:
    name: str
    recipe: Recipe
    sorted_by: tuple[str, ...] = ()

    @property
    def plainly(self) -> bool:
        return not UNPLAIN.search(self.name)


def recipe(*steps: dict[str, Any]) -> Recipe:
    first = {"step": "source", "source": "repas"}
    sources = {"repas": "cantines", "ecoles": "ecoles", "autres": "autres-repas"}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [first, *steps]})


def cases() -> list[Case]:
    return [
        *_chosen(), *_filtered(), *_derived(), *_joined(), *_grouped(), *_ordered(), *_pivoted(), *_placed(),
        *_windowed(), *_periods(), *_ranked(), *_unpivoted(), *_stacked(), *_checked(), *_together(),
    ]  # fmt: skip


def _chosen() -> Iterator[Case]:
    yield Case("the source alone", recipe())
    rename = {"repas": "Repas servis", "ecole": 'l\'école `dite` "là"'}
    yield Case("choose", recipe({"step": "choose", "columns": ["n", "repas", "ecole"], "rename": rename}))


def _filtered() -> Iterator[Case]:
    tests: list[tuple[str, str, Any]] = [
        *(("repas", op, 50) for op in ("=", "!=", "<", "<=", ">", ">=")),
        *(("jour", op, "2024-02-29") for op in ("=", "!=", "<", "<=", ">", ">=")),
        *(("instant", op, "2024-02-29T12:00:00") for op in ("!=", "<", ">=")),
        *(("montant", op, "12,50") for op in ("<", ">=")),
        *(("ecole", op, "École") for op in ("=", "!=", "<", ">=")),
        *((column, op, None) for column in ("ecole", "cout", "jour", "bio") for op in ("missing", "present")),
        ("bio", "=", "oui"),
        ("bio", "!=", True),
        ("repas", "in", [0, 5, 10]),
        ("ecole", "in", ["A", "É'l", ""]),
        ("jour", "in", ["2024-02-29", "2021-01-03"]),
        ("montant", "in", [1, "2,5"]),
        ("cout", "between", ["-10,25", 10]),
        ("jour", "between", ["2023-01-01", "2023-12-31"]),
        ("ecole", "between", ["A", "c"]),
        ("ecole", "contains", "ECOLE"),
        ("ecole", "contains", "oe"),
        ("ecole", "contains", "'"),
        ("ecole", "contains", "%"),
        ("repas", "contains", "5"),
        *((column, "last_days", days) for column, days in (("jour", 1), ("jour", 500), ("instant", 300))),
        *((c, op, None) for c in ("jour", "instant") for op in ("this_year", "last_year", "this_month")),
    ]
    for column, op, value in tests:
        condition = {"column": column, "op": op, "value": value}
        yield Case(f"filter {column} {op} {value}", recipe({"step": "filter", "conditions": [condition]}))
    both = [{"column": "repas", "op": ">", "value": 0}, {"column": "bio", "op": "=", "value": True}]
    for match in ("all", "any"):
        yield Case(f"filter {match}", recipe({"step": "filter", "conditions": both, "match": match}))


def _derived() -> Iterator[Case]:
    for column in ("jour", "instant"):
        for operation in ("year", "month", "month_name", "week", "weekday", "school_year"):
            step = {"step": "derive", "name": "calcul", "operation": operation, "column": column}
            yield Case(f"derive {operation} of {column}", recipe(step))
    for operation, column, other in [
        ("ratio", "repas", "places"), ("ratio", "montant", "part"), ("ratio", "cout", "repas"),
        ("difference", "repas", "places"), ("difference", "montant", "part"), ("difference", "jour", "instant"),
        ("difference", "instant", "jour"), ("difference", "cout", "montant"),
        ("sum", "repas", "places"), ("sum", "montant", "part"), ("sum", "montant", "repas"),
    ]:  # fmt: skip
        step = {"step": "derive", "name": "calcul", "operation": operation, "column": column, "other": other}
        yield Case(f"derive {operation} {column} {other}", recipe(step))
    step = {"step": "derive", "name": "calcul", "operation": "ratio", "column": "repas", "other": "cout"}
    yield Case("derive ratio times", recipe({**step, "times": 100}))
    for other in ("repas", "montant", "jour", "commune", "bio", "instant"):
        step = {"step": "derive", "name": "calcul", "operation": "concatenation", "column": "ecole"}
        yield Case(f"derive concatenation {other}", recipe({**step, "other": other, "separator": " : "}))


def _joined() -> Iterator[Case]:
    ecole = [{"left": "ecole", "right": "code"}]
    for keep in ("all", "matched"):
        for fold in (False, True):
            step = {"step": "join", "source": "ecoles", "on": ecole, "keep": keep, "fold": fold}
            yield Case(f"join {keep} fold={fold}", recipe(step))
    step = {"step": "join", "source": "ecoles", "on": ecole}
    yield Case("join some columns", recipe({**step, "columns": ["nom", "repas"]}))
    on = [{"left": "jour", "right": "jour"}, {"left": "ecole", "right": "ecole"}]
    itself = {"step": "join", "source": "repas", "on": on, "columns": ["repas", "montant"]}
    yield Case("join a table to itself", recipe(itself))
    yield Case("join a table to itself after a filter", recipe(
        {"step": "filter", "conditions": [{"column": "repas", "op": "present"}]}, {**itself, "keep": "matched"}
    ))  # fmt: skip
    on = [{"left": "repas", "right": "code"}]
    yield Case("join keys of two types", recipe({"step": "join", "source": "ecoles", "on": on}))
    on = [{"left": "places", "right": "numero"}, {"left": "ecole", "right": "code"}]
    yield Case("join on two keys", recipe({"step": "join", "source": "ecoles", "on": on, "keep": "matched"}))
    on = [{"left": "repas", "right": "repas"}]
    yield Case("join folded numbers", recipe({"step": "join", "source": "ecoles", "on": on, "fold": True}))
    on = [{"left": "jour", "right": "jour"}]
    yield Case("join a day and a moment", recipe({"step": "join", "source": "autres", "on": on}))
    on = [{"left": "montant", "right": "repas"}]
    yield Case("join decimals", recipe({"step": "join", "source": "autres", "on": on}))


_MEASURES = [
    {"name": "lignes", "operation": "count"},
    *({"name": f"{op} {column}", "operation": op, "column": column} for op, column in [
        ("count", "jour"), ("count", "bio"), ("count_distinct", "ecole"), ("count_distinct", "repas"),
        ("count_distinct", "jour"), ("min", "jour"), ("max", "instant"), ("max", "ecole"), ("min", "ecole"),
        ("min", "bio"), ("max", "bio"),
        *((op, c) for op in ("sum", "mean") for c in ("repas", "places", "cout", "montant", "part", "bio")),
        *((op, c) for op in ("min", "max") for c in ("repas", "places", "cout", "montant", "part")),
    ]),
]  # fmt: skip


def _grouped() -> Iterator[Case]:
    for by in ([], ["ecole"], ["bio"], ["jour"], ["bio", "ecole"], ["montant"], ["cout"]):
        step = {"step": "group", "by": by, "measures": _MEASURES}
        yield Case(f"group by {by}", recipe(step), tuple(by))
    nobody = {"step": "filter", "conditions": [{"column": "repas", "op": ">", "value": 10_000}]}
    for by in ([], ["ecole"]):
        yield Case(
            f"group nothing by {by}", recipe(nobody, {"step": "group", "by": by, "measures": _MEASURES})
        )


def _ordered() -> Iterator[Case]:
    for columns in (["ecole", "n"], ["cout", "n"], ["bio", "jour", "n"], ["montant", "n"], ["instant", "n"]):
        for descending in (False, True):
            by = [{"column": name, "descending": descending} for name in columns]
            yield Case(f"sort {columns} {descending}", recipe({"step": "sort", "by": by}), (ALL,))
    for column in ("repas", "ecole", "montant", "jour", "bio"):
        for smallest in (False, True):
            step = {"step": "top", "count": 17, "column": column, "smallest": smallest}
            yield Case(f"top {column} smallest={smallest}", recipe(step), (ALL,))


def _pivoted() -> Iterator[Case]:
    for operation in ("sum", "mean", "count", "count_distinct", "min", "max"):
        step = {
            "step": "pivot",
            "rows": ["bio"],
            "column": "ecole",
            "value": "montant",
            "operation": operation,
        }
        yield Case(f"pivot {operation}", recipe(step), ("bio",))
    step = {"step": "pivot", "rows": ["ecole", "bio"], "column": "places", "value": "repas"}
    yield Case("pivot numbers", recipe(step), ("ecole", "bio"))
    step = {"step": "pivot", "rows": ["ecole"], "column": "ecole", "value": "repas"}
    yield Case(
        "pivot given values", recipe({**step, "values": ["B", "A", "absente", ""], "rows": ["bio"]}), ("bio",)
    )
    for operation in ("month_name", "weekday"):
        derive = {"step": "derive", "name": "quand", "operation": operation, "column": "jour"}
        pivot = {"step": "pivot", "rows": ["bio"], "column": "quand", "value": "repas"}
        yield Case(f"pivot {operation}", recipe(derive, pivot), ("bio",))
    pivot = {"step": "pivot", "rows": ["ecole"], "column": "bio", "value": "montant"}
    yield Case("pivot of yes and no", recipe(pivot), ("ecole",))


COMMUNES = [
    {"code": "44172", "name": "Sainte-Luce-sur-Loire"}, {"code": "44162", "name": "Saint-Herblain"},
    {"code": "44026", "name": "Carquefou"}, {"code": "11111", "name": "Saint-Denis"},
    {"code": "22222", "name": "Saint-Denis"}, {"code": "33333", "name": "L'Haÿ-les-Rœux"},
]  # fmt: skip


def _placed() -> Iterator[Case]:
    for column in ("code", "repas", "cout"):
        yield Case(f"place {column} by code", recipe({"step": "place", "column": column}))
    step = {"step": "place", "column": "commune", "by": "name", "communes": COMMUNES, "name": "insee"}
    yield Case("place by name", recipe(step))
    yield Case("place over itself", recipe({"step": "place", "column": "code", "name": "code"}))
    yield Case(
        "place, then its reference",
        recipe(step, {"step": "reference", "column": "insee", "bring": ["epci_name"]}),
    )
    everything = {"step": "reference", "column": "code", "bring": list(DIVISIONS)}
    yield Case("reference", recipe(everything))
    order = {"step": "sort", "by": [{"column": "n", "descending": True}]}
    yield Case("reference after a sort", recipe(order, everything), (ALL,))
    twice = {**everything, "bring": ["population"], "names": {"population": "habitants"}}
    yield Case("reference twice", recipe(everything, twice))


_OF_ROWS = ("previous", "next", "difference", "change", "moving_mean", "moving_sum")


def _windowed() -> Iterator[Case]:
    every: list[tuple[str, str | None, int]] = [("rank", None, 1), ("dense_rank", None, 1)]
    for column in ("repas", "cout", "montant"):
        every += [
            (one, column, 1) for one in ("cumulative", "share", "previous", "next", "difference", "change")
        ]
        every += [(one, column, 3) for one in _OF_ROWS]
    every += [("previous", "ecole", 1), ("next", "jour", 2)]
    columns = [
        {"name": f"c{n}", "operation": operation, **({"column": column} if column else {}), "rows": rows}
        for n, (operation, column, rows) in enumerate(every)
    ]
    orders = [["jour"], ["ecole", "-repas"], ["-cout"], ["places"], ["-bio", "jour"]]
    for order in orders:
        by = [{"column": name.lstrip("-"), "descending": name.startswith("-")} for name in order]
        for partition in ([], ["bio"]):
            step = {"step": "window", "partition": partition, "order": by, "columns": columns}
            yield Case(f"window {order} of {partition}", recipe(step))
    for period in ("jour", "instant", "mois", "semaine", "scolaire", "annee", "code"):
        for partition in ([], ["ecole"]):
            calculations = [
                {"name": f"{operation} {column}", "operation": operation, "column": column}
                for operation in ("last_year", "last_year_difference", "last_year_change")
                for column in ("total", "cents", "moyenne")
            ]
            group = {"step": "group", "by": [*partition, period], "measures": [
                {"name": "total", "operation": "sum", "column": "repas"},
                {"name": "cents", "operation": "sum", "column": "montant"},
                {"name": "moyenne", "operation": "mean", "column": "cout"},
            ]}  # fmt: skip
            step = {"step": "window", "partition": partition, "period": period, "columns": calculations}
            yield Case(f"last year of {period} within {partition}", recipe(group, step))
    step = {"step": "window", "period": "mois", "columns": [
        {"name": "texte", "operation": "last_year", "column": "ecole"},
        {"name": "jour avant", "operation": "last_year", "column": "jour"},
        {"name": "bio avant", "operation": "last_year", "column": "bio"},
    ]}  # fmt: skip
    yield Case("last year of several rows", recipe(step))


def _periods() -> Iterator[Case]:
    measures = [
        {"name": f"{op} {column}", "operation": op, "column": column}
        for op, column in [("sum", "repas"), ("sum", "montant"), ("mean", "cout"), ("max", "jour"), ("min", "repas")]
    ] + [{"name": "lignes", "operation": "count"}]  # fmt: skip
    columns = [("jour", p) for p in ("day", "week", "month", "quarter", "year")]
    columns += [("instant", "month"), ("mois", "month"), ("semaine", "week"), ("annee", "year")]
    for column, period in columns:
        measured = measures if column != "jour" else [m for m in measures if m.get("column") != "jour"]
        step = {"step": "periods", "column": column, "period": period}
        yield Case(
            f"periods {column} by {period}", recipe({**step, "measures": measured, "fill": "zero"}), (column,)
        )
        yield Case(f"periods {column} by {period}, rows", recipe(step), (column,))
        yield Case(
            f"periods {column} by {period} and school",
            recipe({**step, "by": ["ecole"], "measures": measured, "span": "each"}),
            ("ecole", column),
        )
    step = {"step": "periods", "column": "jour", "period": "month", "by": ["bio"]}
    bounds = {"first": "2022-11-15", "last": "2025-02-03"}
    yield Case("periods between bounds", recipe({**step, **bounds, "fill": "zero"}), ("bio", "jour"))
    measured = [{"name": "total", "operation": "sum", "column": "repas"}]
    yield Case(
        "periods from a bound", recipe({**step, "first": "2023-01-01", "measures": measured}), ("bio", "jour")
    )
    outside = {"first": "1990-01-01", "last": "1990-05-01"}
    yield Case("periods outside", recipe({**step, **outside, "measures": measured}), ("bio", "jour"))


def _ranked() -> Iterator[Case]:
    for extra in (
        {}, {"ties": "dense"}, {"ascending": True}, {"within": ["bio"]}, {"then": ["montant", "jour"]},
        {"denominator": "places"}, {"denominator": "cout", "per": 100_000, "within": ["ecole"]},
        {"denominator": "part", "rate": "taux", "ties": "dense", "ascending": True, "then": ["ecole"]},
    ):  # fmt: skip
        yield Case(f"ranking {extra}", recipe({"step": "ranking", "value": "repas", **extra}), (ALL,))
    yield Case("ranking of dates", recipe({"step": "ranking", "value": "jour"}), (ALL,))
    yield Case("ranking of decimals", recipe({"step": "ranking", "value": "montant"}), (ALL,))


def _unpivoted() -> Iterator[Case]:
    for columns in (
        ["repas", "places"], ["repas", "montant"], ["repas", "cout"], ["montant", "part"], ["ecole", "commune"],
        ["jour", "instant"], ["bio"],
    ):  # fmt: skip
        for drop in (False, True):
            step = {
                "step": "unpivot",
                "columns": columns,
                "drop_missing": drop,
                "name": "quoi",
                "value": "combien",
            }
            yield Case(f"unpivot {columns} {drop}", recipe(step))


def _stacked() -> Iterator[Case]:
    yield Case("stack", recipe({"step": "stack", "sources": ["autres"]}))
    rename = {"autres": {"note": "cout"}, "ecoles": {"nom": "ecole", "numero": "places"}}
    step = {"step": "stack", "sources": ["autres", "ecoles"], "rename": rename}
    yield Case("stack two", recipe({**step, "origin": None}))
    yield Case("stack with its origin", recipe({**step, "origin": "venue de"}))


def _checked() -> Iterator[Case]:
    rules: list[dict[str, Any]] = [
        {"column": "ecole", "rule": "present"},
        {"column": "repas", "rule": "present"},
        {"column": "jour", "rule": "unique"},
        {"column": "jour", "rule": "unique", "also": ["ecole"]},
        {"column": "repas", "rule": "between", "minimum": 0, "maximum": 150},
        {"column": "montant", "rule": "between", "minimum": "-12,5"},
        {"column": "jour", "rule": "between", "maximum": "2024-01-01"},
        {"column": "ecole", "rule": "one_of", "values": ["A", "B", "École"]},
        {"column": "jour", "rule": "one_of", "values": ["2024-02-29"]},
        {"column": "commune", "rule": "length", "minimum": 3, "maximum": 10},
        {"column": "code", "rule": "prefix", "values": ["44", "1", "'"]},
    ]
    for keep in ("all", "failing", "passing"):
        yield Case(f"check {keep}", recipe({"step": "check", "rules": rules, "keep": keep}))
    for rule in rules:
        yield Case(f"check {rule}", recipe({"step": "check", "rules": [rule]}))


def _together() -> Iterator[Case]:
    yield Case(
        "a whole recipe",
        recipe(
            {"step": "filter", "conditions": [{"column": "jour", "op": ">=", "value": "2022-01-01"}]},
            {"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}], "fold": True},
            {"step": "compute", "name": "prix", "formula": "ARRONDI([montant] / [repas] ; 2)"},
            {"step": "periods", "column": "jour", "period": "month", "by": ["nom"], "measures": [
                {"name": "prix", "operation": "mean", "column": "prix"},
                {"name": "total", "operation": "sum", "column": "montant"},
            ]},
            {"step": "window", "partition": ["nom"], "order": [{"column": "jour"}], "columns": [
                {"name": "lissé", "operation": "moving_mean", "column": "total", "rows": 3},
            ]},
            {"step": "ranking", "value": "total", "within": ["jour"], "then": ["nom"]},
            {"step": "top", "count": 40, "column": "total"},
        ),
        (ALL,),
    )  # fmt: skip
    yield Case(
        "grouped, then joined, then laid in columns",
        recipe(
            {"step": "group", "by": ["ecole", "scolaire"], "measures": [
                {"name": "total", "operation": "sum", "column": "montant"}, {"name": "n", "operation": "count"},
            ]},
            {"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}], "columns": ["nom"]},
            {"step": "pivot", "rows": ["nom"], "column": "scolaire", "value": "total"},
        ),
        ("nom",),
    )  # fmt: skip
