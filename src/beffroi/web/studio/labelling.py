"""Caption of a figure: its base and years, counted in the rows that entered the result.

In: a recipe, its grants and the rows of its caption queries. Out: its figure, `{compte}`, `{lignes}`, `{perdues}`,
`{periode:column}` and `{depot}` replaced by the current counts; the citation of the packaged reference.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
from django.utils import timezone

from beffroi.lake.grants import Grant
from beffroi.lake.reference import ReferenceMissing, reference
from beffroi.recipes.figures import Figure
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import (
    Group,
    Join,
    Key,
    Measure,
    Recipe,
    Source,
    Step,
)
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.ui.formats import french_date

from .row_counts import COUNT, COUNT_ONCE, MERGING, Row, RowReader, count_rows, read_count, safe_difference

DEPOSITED = "{depot}"
"""In the year of a figure: the day of the last delivery that it reads."""
_PERIOD = re.compile(r"\{periode:([^}]+)\}")
_UNMATCHED = re.compile(r"\{seules:([^}]+)\}")
_SHARED = re.compile(r"\{partagees:([^}]+)\}")
_TOKENS = re.compile(r"\{[^}]+\}")
_ONE = re.compile(r"\b([01]) (ligne|commune|relevé)s\b")  # « 1 lignes » is « 1 ligne »
_NONE = re.compile(r"0 ligne\b")
_FORMER = "{trouvees}"
"""In bases written before `COUNT_ONCE`, which stands for all that they said."""


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
    base = _current_base(figure.base)
    period = _PERIOD.search(figure.year)
    counts = {COUNT, COUNT_ONCE, "{lignes}", "{perdues}"} & set(_TOKENS.findall(base))
    year = figure.year
    if period or counts:
        # Protected data refuse their smallest and largest values: a figure made of them is not dated.
        dated = period[1] if period and not any(grant.protected for grant in grants.values()) else None
        row = read(_entering(recipe, dated))
        base = _count_base(recipe, base, row.get("lignes"), grants, read)
        year = _PERIOD.sub(lambda _: format_period(row.get("debut"), row.get("fin")), year)
    base = _base_of_second(recipe, base, grants, read)
    return figure.model_copy(update={"base": _ONE.sub(r"\1 \2", base), "year": year})


def _current_base(base: str) -> str:
    """The base as it would be written today."""
    if _FORMER not in base:
        return base
    return COUNT_ONCE + "".join(found[0] for form in (_UNMATCHED, _SHARED) if (found := form.search(base)))


def _count_base(recipe: Recipe, base: str, lines: Any, grants: Mapping[str, Grant], read: RowReader) -> str:
    """The base with the counts of its rows. Raises RecipeError for several partners where one is expected."""
    for token in (COUNT, COUNT_ONCE):
        if token in base:
            found = count_rows(recipe, grants, read, lines, one_partner=token == COUNT_ONCE)
            base = base.replace(token, found.sentence)
    base = base.replace("{lignes}", _counted(lines))
    if "{perdues}" in base:
        before = read(_entering(recipe, None, lossless=True)).get("lignes")
        base = base.replace("{perdues}", _counted(safe_difference(before, lines, grants)))
    return base


def _base_of_second(recipe: Recipe, base: str, grants: Mapping[str, Grant], read: RowReader) -> str:
    """The base with what is to be known of the second dataset: rows that nothing joins, rows in several groups."""
    join = next((step for step in recipe.steps if isinstance(step, Join)), None)
    if join is None or any(grant.protected for grant in grants.values()):
        return _SHARED.sub("", _UNMATCHED.sub("", base))
    if named := _UNMATCHED.search(base):
        base = base.replace(named[0], _unmatched_text(recipe, join, named[1], grants, read))
    if named := _SHARED.search(base):
        base = base.replace(named[0], _shared(recipe, named[1], read))
    return base


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
        read_count(recipe, (Source(source=join.source), turned.model_copy(update={"keep": keep})), read)
        for keep in ("all", "matched")
    )
    unmatched = safe_difference(everything, matched, grants)
    return f" ; {_counted(unmatched)} lignes de « {title} » sans partenaire" if unmatched else ""


def _shared(recipe: Recipe, title: str, read: RowReader) -> str:
    """Warning when a row of the second dataset counts in several groups: their total is then larger than its own."""
    index = next(n for n, step in enumerate(recipe.steps) if isinstance(step, Group))
    inner = recipe.steps[index]
    counts = [
        read_count(recipe, (*recipe.steps[:index], inner.model_copy(update={"by": by})), read)
        for by in (inner.by, inner.by[:1])
    ]
    if counts[0] == counts[1]:
        return ""
    return f" ; des lignes de « {title} » comptent dans plusieurs groupes, qui ne s'additionnent donc pas"


def _first_source(recipe: Recipe) -> str:
    return next(step.source for step in recipe.steps if isinstance(step, Source))


def _counted(lines: Any) -> str:
    return humanize_number(lines) if isinstance(lines, int) else "un petit nombre de"


def counts_no_row(recipe: Recipe, base: str) -> bool:
    """Whether a base that counts rows counts none at all."""
    written = _SHARED.sub("", _UNMATCHED.sub("", _current_base(figure_of(recipe).base)))
    if written.startswith((COUNT, COUNT_ONCE)):
        return _NONE.match(base) is not None
    return bool(_TOKENS.search(written)) and base == _ONE.sub(r"\1 \2", _TOKENS.sub("0", written))


def figure_of(recipe: Recipe) -> Figure:
    """The recipe's figure; a plain table when it has none."""
    return recipe.figure or Figure(
        kind="table",
        title=recipe.title,
        unit="voir les colonnes",
        base=COUNT,
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
        if isinstance(step, MERGING):
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
    """« état au 3 mars 2026 »: the day of the last file, for data that no column dates."""
    days = [timezone.localtime(snapshot.last_file.at).date() for snapshot in snapshots]
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
