"""Computed-column step, and what formulas may reveal of protected rows.

In: a table and the step. Out: the table with one more column. `RevealingColumns` tracks, before a grouping of protected
rows, the columns that a formula may have made to isolate one row.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import ibis.expr.types as ir

from beffroi.recipes import formula, model
from beffroi.recipes.context import StepContext, visible_columns
from beffroi.recipes.formula import FormulaError
from beffroi.recipes.text_folding import fold


def compute(table: ir.Table, step: model.Compute, ctx: StepContext) -> ir.Table:
    name = ctx.unused_name(table, step.name)
    columns = {column: table[column] for column in visible_columns(table)}
    try:
        return table.mutate(**{name: formula.expression(step.formula, columns, ctx.today)})
    except FormulaError as error:
        _raise_at_step(error, ctx)


def _raise_at_step(error: FormulaError, ctx: StepContext) -> NoReturn:
    raise FormulaError(error.reason, error.position, ctx.message_prefix) from error


_MAKE_NOTHING = (model.Source, model.Join, model.Filter, model.Sort, model.Top)
"""Steps that derive no column from existing ones."""


def texts_in(dumped: Any) -> Iterator[str]:
    """Every text of a dumped step, names of columns included."""
    if isinstance(dumped, str):
        yield dumped
    elif isinstance(dumped, dict):
        for name, value in dumped.items():
            yield from (*texts_in(name), *texts_in(value))
    elif isinstance(dumped, list | tuple):
        for value in dumped:
            yield from texts_in(value)


def possible_names(names: Iterable[str], source: str) -> Iterator[str]:
    """Columns of another source, under every name that they may take here."""
    for name in names:
        yield from (name, f"{name}_{source}", *(f"{name}_{source}_{n}" for n in range(2, 10)))


def columns_added_by_place(step: model.Located) -> Iterator[str]:
    """Columns that a spatial step adds."""
    made = step.model_dump(include={"name", "area"})
    yield from (name for name in made.values() if name is not None)
    if isinstance(step, model.Around):
        yield from (one.name for one in step.sums)
    if isinstance(step, model.Within | model.Nearest):
        yield from possible_names(step.columns, step.source)


class RevealingColumns:
    """Columns whose sum may reveal a single row: `SI([Nom] = "X" ; [Salaire] ; 0)` summed over a large group is one
    salary, and the floor counts rows, not what each contributes. A linear formula reveals no more than the sums of its
    columns.

    Columns of another, unprotected dataset may do the same: weights 1, 1 000, 1 000 000 of three communes, joined to persons
    and summed, spell how many persons each has, even three.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._all_but: set[str] | None = None  # once set, the only names that reveal nothing

    def joined(self, source: str, names: Iterable[str], *, counted: bool, counted_before: bool) -> None:
        """Track the columns of a join. `counted`: its source is protected; `counted_before`: the rows that it joins are."""
        added_names = list(possible_names(names, source))
        if not counted:
            for name in added_names:
                self._add(name, True)
        elif not counted_before:
            self._all_but = {fold(name) for name in added_names}

    def follow(self, step: model.Step, ctx: StepContext) -> None:
        if isinstance(step, model.Compute):
            try:
                reveals = not formula.is_linear(step.formula) or self._any(formula.columns_of(step.formula))
            except FormulaError as error:
                _raise_at_step(error, ctx)
            self._add(step.name, reveals)
        elif isinstance(step, model.Derive):
            self._add(step.name, self._any([step.column, step.other or ""]))
        elif isinstance(step, model.Choose):
            for old, new in step.rename.items():
                self._add(new, self._any([old]))
        elif isinstance(step, model.Check):
            # How many rules a row breaks: summed, it counts the rows that break one, however few.
            self._add(step.name, True)
            self._add(step.why, True)
        elif isinstance(step, model.Located):
            # The location of a row relative to arbitrary shapes: an area around one house, weights that add up to
            # a code. Such columns may sort and group rows, never be added up.
            for name in columns_added_by_place(step):
                self._add(name, True)
        elif isinstance(step, model.FromReference):
            # The population of each commune is public: that of a single row can be read in a sum.
            for name in step.added.values():
                self._add(name, True)
        elif not isinstance(step, _MAKE_NOTHING):
            # Whatever another step derives from such a column, by whatever name, may isolate a row as well.
            words = list(texts_in(step.model_dump()))
            reveals = self._any(words)
            for word in words:
                self._add(word, reveals)

    def refuse_measured(self, step: model.Group | model.Pivot, ctx: StepContext) -> None:
        """Refuse a measure on such a column; it may be a key (its groups are then counted) or a filter."""
        measured = [step.value] if isinstance(step, model.Pivot) else [m.column for m in step.measures]
        for name in measured:
            if name is not None and self._any([name]):
                ctx.refuse(
                    f"« {name} » vient d'une formule ou d'un autre jeu, et pourrait faire ressortir une seule ligne de données "
                    "protégées. Servez-vous-en pour filtrer ou pour regrouper, ou faites ce calcul après le regroupement."
                )

    def _any(self, names: list[str]) -> bool:
        folded_names = (fold(name) for name in names if name)
        return any(
            name in self._names or (self._all_but is not None and name not in self._all_but)
            for name in folded_names
        )

    def _add(self, name: str, reveals: bool) -> None:
        if reveals:
            self._names.add(fold(name))
        elif self._all_but is not None:
            self._all_but.add(fold(name))
