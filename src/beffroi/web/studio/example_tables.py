"""Tables of the examples of a recipe: titles of the datasets, labels of the columns, French numbers and dates.

In: a recipe, its territory, the results of its examples. Out: the tables of each example.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from beffroi.recipes.examples import ExampleResult
from beffroi.recipes.french import format_date, humanize_number
from beffroi.recipes.model import Recipe
from beffroi.web.platform.models import Territory

from . import explanations
from .columns import is_year_header
from .presentation import Cell, Table, typeset

_DECIMAL = re.compile(r"-?\d+\.\d+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T.+)?")


@dataclass(frozen=True)
class ExampleTables:
    """Tables of one example: its input for each dataset, under its title, and its expected rows."""

    number: int
    title: str
    verdict: ExampleResult
    inputs: list[tuple[str, Table]]
    expected: Table


def build_example_tables(
    recipe: Recipe, territory: Territory, verdicts: Iterable[ExampleResult]
) -> list[ExampleTables]:
    """Each example with its verdict, in order."""
    labels = explanations.column_labels(recipe, territory)
    found = []
    for number, (example, verdict) in enumerate(zip(recipe.examples, verdicts, strict=True), start=1):
        inputs = []
        kinds: dict[str, str] = {}
        for alias, sample in example.given.items():
            kinds |= sample.columns
            slug = recipe.sources.get(alias, alias)
            words = [labels.get(f"{name}_{alias}", "") for name in sample.columns]
            title = labels.get(slug, slug)
            words = [
                word.removesuffix(f" ({title})") or name
                for word, name in zip(words, sample.columns, strict=True)
            ]
            inputs.append(
                (typeset(f"Données : {title}"), _table(words, sample.columns.values(), sample.rows))
            )
        expect = example.expect
        words = [labels.get(name, name) for name in expect.columns]
        expected = _table(words, [kinds.get(name, "") for name in expect.columns], expect.rows)
        found.append(ExampleTables(number, example.title, verdict, inputs, expected))
    return found


def _table(words: Sequence[str], kinds: Iterable[str], rows: Sequence[Sequence[Any]]) -> Table:
    kinds = list(kinds)
    lines = [[_cell(*one) for one in zip(row, kinds, words, strict=True)] for row in rows]
    numeric = [all(line[n].number for line in lines) and bool(lines) for n in range(len(words))]
    return Table([Cell(word, number) for word, number in zip(words, numeric, strict=True)], lines)


def _cell(value: Any, kind: str, word: str) -> Cell:
    """Cell of a value: codes and years without separators; decimals stored as texts are numbers again."""
    if value is None:
        return Cell("")
    if isinstance(value, bool):
        return Cell("oui" if value else "non")
    if isinstance(value, str):
        return _text(value, kind)
    if kind in ("code", "text") or (isinstance(value, int) and is_year_header(word, word)):
        return Cell(str(value))
    return Cell(humanize_number(value), number=True)


def _text(value: str, kind: str) -> Cell:
    """What a text of a recipe stands for; a column that the analysis computes says no kind, and is known by its look."""
    if kind in ("decimal", "number") or (not kind and _DECIMAL.fullmatch(value)):
        try:
            return Cell(humanize_number(Decimal(value)), number=True)
        except InvalidOperation:
            return Cell(value)
    if kind in ("date", "datetime") or (not kind and _DAY.fullmatch(value)):
        try:
            return Cell(
                format_date(date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value))
            )
        except ValueError:
            return Cell(value)
    return Cell(value)
