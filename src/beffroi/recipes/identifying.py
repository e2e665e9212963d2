"""Protection against singling out: identifying columns may not filter data that a reader only sees as groups.

In: a recipe, the grants through which it reads, the tables that they open. Out: nothing, or a `RecipeError` that names the
step. « All the families but the Martins » counted next to « all the families » says whether there is one: the floor of
neither count is crossed. So whoever may not read the rows of personal data neither filters nor computes on an identifying
column: those that the grant lists, and those whose values are shared by fewer people than the floor, on average. Such a
column may still be counted, or join two protected sources.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir

from beffroi.lake.grants import Grant
from beffroi.recipes import formula, model
from beffroi.recipes.context import UNIT_READ, StepContext, visible_columns
from beffroi.recipes.formula import FormulaError
from beffroi.recipes.formula_step import columns_added_by_place, possible_names, texts_in
from beffroi.recipes.text_folding import fold

ALMOST_ALL = 0.9
"""Share of distinct values from which a number identifies its row as a name does."""
_EXACT = ("=", "!=", "in")
_FILTERING_STEPS = (model.Filter, model.Check, model.Compute, model.Join, model.Located, model.Top)


@dataclass(frozen=True)
class IdentifyingColumns:
    """Identifying columns of a source: those that name people, and the numbers of which one exact value does."""

    named: frozenset[str]
    exact: frozenset[str]


def group_only_grants(grants: Mapping[str, Grant]) -> dict[str, Grant]:
    """Sources that the reader only sees as groups, and by whose columns nobody may be singled out."""
    return {alias: grant for alias, grant in grants.items() if grant.identifying is not None}


def refuse_singling_out(
    recipe: model.Recipe,
    grants: Mapping[str, Grant],
    tables: Mapping[str, ir.Table],
    known: dict[str, IdentifyingColumns] | None = None,
) -> None:
    """Raises RecipeError for a step that would single somebody out, before the rows are grouped.

    `known`: cache of the identifying columns of these tables; it grows.
    """
    known = {} if known is None else known
    guarded_grants = {alias: grant for alias, grant in group_only_grants(grants).items() if alias in tables}
    if not guarded_grants or not any(isinstance(step, _FILTERING_STEPS) for step in recipe.steps):
        return
    protected = {alias for alias, grant in grants.items() if grant.protected}
    for alias in guarded_grants.keys() - known.keys():
        known[alias] = identifying_columns(guarded_grants[alias], tables[alias])
    check_steps(recipe, known, protected)


def identifying_columns(grant: Grant, table: ir.Table) -> IdentifyingColumns:
    """Identifying columns of a source: those of the grant, and those with nearly unique values."""
    named = {fold(name) for name in grant.identifying or ()}
    kinds = {name: table[name].type() for name in visible_columns(table) if fold(name) not in named}
    counted = {name: kind for name, kind in kinds.items() if _is_countable(kind)}
    if not counted:
        return IdentifyingColumns(frozenset(named), frozenset())
    names = list(counted)
    people = table[UNIT_READ].nunique() if UNIT_READ in table.columns else table.count()
    found = table.aggregate(
        people=people, **{f"d{n}": table[name].nunique() for n, name in enumerate(names)}
    ).to_pyarrow()
    (row,) = found.to_pylist()
    exact = set()
    for n, name in enumerate(names):
        different, most = row[f"d{n}"] or 0, row["people"] or 0
        if different * max(grant.floor, 2) <= most:
            continue
        if not counted[name].is_numeric() or different >= ALMOST_ALL * most:
            named.add(fold(name))
        else:
            exact.add(fold(name))
    return IdentifyingColumns(frozenset(named), frozenset(exact))


def _is_countable(kind: Any) -> bool:
    return bool(kind.is_string() or kind.is_numeric() or kind.is_date() or kind.is_timestamp())


def check_steps(recipe: model.Recipe, sources: Mapping[str, IdentifyingColumns], protected: set[str]) -> None:
    """Follow the identifying columns through renamings, up to the grouping.

    `protected`: the sources whose rows are counted, which such columns may join.
    """
    identifying, counted = _IdentifyingNames(), False
    for number, step in enumerate(recipe.steps, 1):
        ctx = StepContext(number, step, date.min)
        read = [alias for alias in model.reads(step) if alias in sources]
        if isinstance(step, model.Join) and step.source not in protected:
            identifying.refuse(ctx, [key.left for key in step.on], exactly=True)
        for alias in read:
            identifying.add_source(sources[alias], alias)
        if isinstance(step, model.Join) and read and not counted:
            # An arbitrary list would single them out as well from the other side.
            identifying.refuse(ctx, [key.right for key in step.on], exactly=True)
        counted = counted or any(alias in protected for alias in model.reads(step))
        if identifying.entered and isinstance(step, model.Group | model.Pivot):
            return
        if identifying.entered:
            identifying.follow(step, ctx)


class _IdentifyingNames:
    """Names of identifying columns: `named` never filter, `exact` are in no equality. `entered`: guarded rows were read."""

    def __init__(self) -> None:
        self.named: set[str] = set()
        self.exact: set[str] = set()
        self.entered = False

    def add_source(self, source: IdentifyingColumns, alias: str) -> None:
        self.entered = True
        for into, names in ((self.named, source.named), (self.exact, source.exact)):
            into |= {fold(name) for name in possible_names(names, alias)}

    def refuse(self, ctx: StepContext, names: Iterable[str], *, exactly: bool = False) -> None:
        found = {fold(name): name for name in names}
        picked = found.keys() & (self.named | (self.exact if exactly else set()))
        if picked:
            ctx.refuse(
                f"« {found[min(picked)]} » désigne des personnes, et vous ne lisez ces données que par groupes : cette "
                "colonne ne sert ni à filtrer ni à calculer. Choisissez une colonne que beaucoup de lignes partagent, ou "
                "demandez au gestionnaire des données."
            )

    def follow(self, step: model.Step, ctx: StepContext) -> None:
        if isinstance(step, model.Filter):
            for condition in step.conditions:
                self.refuse(ctx, [condition.column], exactly=condition.op in _EXACT)
        elif isinstance(step, model.Check):
            tested = [name for rule in step.rules for name in (rule.column, *rule.also)]
            self.refuse(ctx, tested, exactly=True)
        elif isinstance(step, model.Top):
            ctx.refuse(
                "les premières lignes de données que vous ne lisez que par groupes désigneraient quelqu'un. Placez cette étape "
                "après « Regrouper »."
            )
        elif isinstance(step, model.Compute):
            self._compute(step, ctx)
        elif isinstance(step, model.Choose):
            for old, new in step.rename.items():
                self._copy_name(old, new)
        elif isinstance(step, model.Located):
            # An area drawn around one house identifies who lives there.
            self.named |= {fold(name) for name in columns_added_by_place(step)}
        elif not isinstance(step, model.Source | model.Join | model.Sort):
            words = {fold(word) for word in texts_in(step.model_dump())}
            for names in (self.named, self.exact):
                if words & names:
                    names |= words

    def _compute(self, step: model.Compute, ctx: StepContext) -> None:
        try:
            read, linear = formula.columns_of(step.formula), formula.is_linear(step.formula)
        except FormulaError:
            return  # reported where the formula is compiled
        self.refuse(ctx, read, exactly=not linear)
        for name in read:
            self._copy_name(name, step.name)

    def _copy_name(self, old: str, new: str) -> None:
        for names in (self.named, self.exact):
            if fold(old) in names:
                names.add(fold(new))
