"""Caption of a figure: its base and years, counted in the rows that entered the result.

In: a recipe, its grants and the rows of its caption queries. Out: its figure, `{lignes}`, `{perdues}`,
`{periode:column}` and `{depot}` replaced by the current counts; the citation of the packaged reference.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
from django.utils import timezone

from beffroi.lake.grants import Grant
from beffroi.lake.reference import ReferenceMissing, reference
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.figures import Figure
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import (
    Group,
    Join,
    Key,
    Measure,
    Periods,
    Pivot,
    Recipe,
    Source,
    Step,
    Top,
    Unpivot,
)
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.ui.formats import french_date

DEPOSITED = "{depot}"
"""In the year of a figure: the day of the last delivery that it reads."""
_PERIOD = re.compile(r"\{periode:([^}]+)\}")
_UNMATCHED = re.compile(r"\{seules:([^}]+)\}")
_SHARED = re.compile(r"\{partagees:([^}]+)\}")
_TOKENS = re.compile(r"\{[^}]+\}")
_ONE = re.compile(r"\b([01]) (ligne|commune|relevé)s\b")  # « 1 lignes » is « 1 ligne »


type Row = Mapping[str, Any]
type RowReader = Callable[[Recipe], Row]


def caption_queries(recipe: Recipe, grants: Mapping[str, Grant]) -> tuple[Recipe, ...]:
    """Recipes of one row that the caption of the figure quotes, in the order in which `label_figure` reads them."""
    queries: list[Recipe] = []

    def record(query: Recipe) -> Row:
        queries.append(query)
        return {}

    _label(recipe, grants, record)
    return tuple(queries)


def label_figure(recipe: Recipe, grants: Mapping[str, Grant], rows: Iterable[Row]) -> Figure:
    """Figure whose `{lignes}`, `{perdues}` and `{periode:column}` are replaced by what the data say today.

    `rows`: the results of `caption_queries`, empty for one that does not run. Raises RecipeError.
    """
    results = iter(rows)
    return _label(recipe, grants, lambda _: next(results))


def first_row(table: pa.Table | None) -> Row:
    """Row of the result of a caption's query."""
    rows = [] if table is None else table.slice(0, 1).to_pylist()
    return rows[0] if rows else {}


def _label(recipe: Recipe, grants: Mapping[str, Grant], read: RowReader) -> Figure:
    figure = figure_of(recipe)
    period = _PERIOD.search(figure.year)
    figure = _label_join(recipe, figure, grants, read)
    if not period and not {"{lignes}", "{perdues}"} & set(_TOKENS.findall(figure.base)):
        return figure
    # Protected data refuse their smallest and largest values: a figure made of them is not dated.
    dated = period[1] if period and not any(grant.protected for grant in grants.values()) else None
    row = read(_entering(recipe, dated))
    lines = row.get("lignes")
    base = figure.base.replace("{lignes}", _counted(lines))
    if "{perdues}" in base:
        before = read(_entering(recipe, None, lossless=True)).get("lignes")
        lost = safe_difference(before, lines, grants)
        base = base.replace("{perdues}", _counted(lost))
    base = _ONE.sub(r"\1 \2", base)
    year = _PERIOD.sub(lambda _: format_period(row.get("debut"), row.get("fin")), figure.year)
    return figure.model_copy(update={"base": base, "year": year})


def safe_difference(total: Any, part: Any, grants: Mapping[str, Grant]) -> int | None:
    """Difference of two row counts; None where it is a small number of protected rows, or none, which reveals as
    much.
    """
    if not isinstance(total, int) or not isinstance(part, int):
        return None
    floor = max((max(grant.floor, 2) for grant in grants.values() if grant.protected), default=0)
    return None if abs(total - part) < floor else total - part


def _label_join(recipe: Recipe, figure: Figure, grants: Mapping[str, Grant], read: RowReader) -> Figure:
    """The base of two datasets brought together: rows of the first, those that found a partner, those that did not.

    Raises RecipeError when a row finds several partners, as a new delivery may bring: totals would be too large.
    """
    index = next((n for n, step in enumerate(recipe.steps) if isinstance(step, Join)), None)
    if index is None or "{trouvees}" not in figure.base:
        return figure
    before, join = recipe.steps[:index], recipe.steps[index]
    rows = _count(recipe, before, read)
    found = _count(recipe, (*before, join.model_copy(update={"keep": "matched"})), read)
    everything = _count(recipe, (*before, join.model_copy(update={"keep": "all"})), read)
    lost = safe_difference(everything, found, grants)
    if lost is None:
        # A subtraction would reveal a few protected rows.
        found = None
    elif isinstance(rows, int) and found != rows - lost:
        raise RecipeError(
            "des lignes trouvent maintenant plusieurs partenaires dans le second jeu : les totaux seraient trop grands. "
            "Retirez de ce jeu les lignes en double, ou refaites l'analyse avec une autre colonne commune."
        )
    base = figure.base.replace("{trouvees}", _counted(found)).replace("{avant}", _counted(rows))
    base = base.replace("{perdues}", _counted(lost))
    if any(grant.protected for grant in grants.values()):
        base = _SHARED.sub("", _UNMATCHED.sub("", base))
    if named := _UNMATCHED.search(base):
        base = base.replace(named[0], _unmatched_text(recipe, join, named[1], grants, read))
    if named := _SHARED.search(base):
        base = base.replace(named[0], _shared(recipe, named[1], read))
    return figure.model_copy(update={"base": _ONE.sub(r"\1 \2", base)})


def _unmatched_text(
    recipe: Recipe, join: Join, title: str, grants: Mapping[str, Grant], read: RowReader
) -> str:
    """The rows of the second dataset that no row of the first joins, whatever the condition: nothing when there are none."""
    turned = Join(
        source=_first_source(recipe),
        on=tuple(Key(left=pair.right, right=pair.left) for pair in join.on),
        columns=(),
        fold=join.fold,
    )
    everything, matched = (
        _count(recipe, (Source(source=join.source), turned.model_copy(update={"keep": keep})), read)
        for keep in ("all", "matched")
    )
    unmatched = safe_difference(everything, matched, grants)
    return f", ni {_counted(unmatched)} lignes de « {title} » que rien n'a rejoint" if unmatched else ""


def _shared(recipe: Recipe, title: str, read: RowReader) -> str:
    """Warning when a row of the second dataset counts in several groups: their total is then larger than its own."""
    index = next(n for n, step in enumerate(recipe.steps) if isinstance(step, Group))
    inner = recipe.steps[index]
    counts = [
        _count(recipe, (*recipe.steps[:index], inner.model_copy(update={"by": by})), read)
        for by in (inner.by, inner.by[:1])
    ]
    if counts[0] == counts[1]:
        return ""
    return f" ; des lignes de « {title} » comptent dans plusieurs groupes, qui ne s'additionnent donc pas"


def _first_source(recipe: Recipe) -> str:
    return next(step.source for step in recipe.steps if isinstance(step, Source))


def _count(recipe: Recipe, steps: tuple[Step, ...], read: RowReader) -> Any:
    """How many rows these steps give."""
    counting = Group(measures=(Measure(name="lignes", operation="count"),))
    return read(Recipe(title=recipe.title, sources=recipe.sources, steps=(*steps, counting))).get("lignes")


def _counted(lines: Any) -> str:
    return humanize_number(lines) if isinstance(lines, int) else "un petit nombre de"


def counts_no_row(recipe: Recipe, base: str) -> bool:
    """Whether a base that counts rows counts none at all."""
    written = _SHARED.sub("", _UNMATCHED.sub("", figure_of(recipe).base))
    return bool(_TOKENS.search(written)) and base == _ONE.sub(r"\1 \2", _TOKENS.sub("0", written))


def figure_of(recipe: Recipe) -> Figure:
    """The recipe's figure; a plain table when it has none."""
    return recipe.figure or Figure(
        kind="table",
        title=recipe.title,
        unit="voir les colonnes",
        base="{lignes} lignes",
        year="non précisée",
        source="voir les jeux de données",
    )


def format_period(begin: Any, end: Any) -> str:
    """« 2011 à 2017 », « 2016 »: the years from the first value to the last."""
    if begin is None or end is None:
        return "non datée"
    first, last = (str(value.year) if isinstance(value, date) else str(value) for value in (begin, end))
    return first if first == last else f"{first} à {last}"


def _entering(recipe: Recipe, period: str | None, *, lossless: bool = False) -> Recipe:
    """The recipe that counts the rows entering the first step that merges, makes or drops some, and their period.

    `lossless` keeps the rows for which a join found nothing.
    """
    before: list[Step] = []
    for step in recipe.steps:
        if isinstance(step, Group | Periods | Pivot | Top | Unpivot):
            break
        before.append(
            step.model_copy(update={"keep": "all"}) if lossless and isinstance(step, Join) else step
        )
    measures = [Measure(name="lignes", operation="count")]
    if period:
        measures += [Measure(name="debut", operation="min", column=period)]
        measures += [Measure(name="fin", operation="max", column=period)]
    return Recipe(
        title=recipe.title, sources=recipe.sources, steps=(*before, Group(measures=tuple(measures)))
    )


def deposited_text(snapshots: Iterable[Snapshot]) -> str:
    """« état au 3 mars 2026 »: the day of the last delivery, for data that no column dates."""
    days = [timezone.localtime(snapshot.at).date() for snapshot in snapshots]
    return f"état au {french_date(max(days))}" if days else "non datée"


def cite_reference(steps: Iterable[str]) -> str:
    """Citation of the packaged reference of communes, when one of these kinds of steps reads it.

    Empty otherwise, and where its file is absent: the engine reports it when it computes the step.
    """
    if "reference" not in steps:
        return ""
    try:
        return str(reference())
    except ReferenceMissing:
        return ""
