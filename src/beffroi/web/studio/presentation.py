"""Presentation of a figure on a page: large number, table with French figures, caption, drawing.

In: an answer (or why there is none) and the links that its reader may follow. Out: `FigureView`s for the template
`studio/figures.html`, and the JSON that the chart and map islands draw.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.utils import timezone

from beffroi.recipes import figures
from beffroi.recipes.charts.comparison import NumberComparison, compare_number
from beffroi.recipes.charts.kinds import DRAWN, MAPS
from beffroi.recipes.charts.vega import vega_spec
from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import Figure, format_cell
from beffroi.recipes.french import humanize_number, join_words, natural_order
from beffroi.recipes.model import Derive, Recipe
from beffroi.recipes.text_folding import fold
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import french_date

from . import drilldown, empty_results, labelling, maps, point_maps, validation
from .answers import Answer, GrantCache, Source, StudioError, answer, preload_sources
from .models import Board, StoredRecipe
from .spelling_variants import written_apart

MAX_TABLE_ROWS = 100
_YEAR_WORDS = ("annee", "exercice", "millesime")


@dataclass(frozen=True)
class Cell:
    text: str
    number: bool = False
    link: str = ""


@dataclass(frozen=True)
class Table:
    """The table behind a figure: `more` counts the rows that the page leaves to the export."""

    headers: list[Cell]
    rows: list[list[Cell]]
    more: int = 0


@dataclass(frozen=True)
class Links:
    """Links of a figure, as far as its reader may go; an empty one is not displayed."""

    drawing: str = ""
    recipe: str = ""
    exports: Sequence[tuple[str, str]] = ()
    rows: str = ""
    change: str = ""
    remove: str = ""
    arrange: str = ""
    whole: str = ""
    """The same page without the filters that its reader chose."""

    @property
    def acts(self) -> bool:
        """Whether its reader may do something with it."""
        return bool(self.recipe or self.exports or self.change or self.remove)

    @property
    def inside(self) -> bool:
        """Whether its reader is a member, who may see names."""
        return bool(self.recipe)


@dataclass(frozen=True)
class FigureView:
    """One figure on a page. `trouble`: why there is nothing to show; `late`: why this is an older answer;
    `below`: the page of the rows behind it, when its reader may see rows; `emptied`: what left no row to draw."""

    title: str
    links: Links
    kind: str = "table"
    unit: str = ""
    base: str = ""
    year: str = ""
    source: str = ""
    value: str = ""
    compared: NumberComparison | None = None
    table: Table | None = None
    below: str = ""
    drawn: bool = False
    width: int = 6
    """In sixths of the page."""
    late: str = ""
    late_since: str = ""
    hidden: str = ""
    trouble: str = ""
    emptied: str = ""
    simulated: bool = False
    estimated: bool = False
    definition: str = ""
    """Validation of its definition, in one sentence."""
    changed: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def island(self) -> str:
        return "map" if self.kind in MAPS else "chart"


def view_of(
    person: Person | None,
    stored: StoredRecipe,
    links: Links,
    *,
    width: int = 6,
    chosen: Mapping[str, str] | None = None,
    grant_cache: GrantCache | None = None,
    validation_state: validation.ValidationState | None = None,
) -> FigureView:
    """View of a stored analysis, narrowed by the filters of `chosen` that apply to it.

    `grant_cache`: see `answers.answer`. `validation_state`: of its definition. Never raises: what prevents it, and
    what does not apply, is reported in its place.
    """
    try:
        found = answer(person, stored, chosen, grant_cache)
        view = build_view(found, stored.territory, links, width=width)
        if apart := [value for name, value in (chosen or {}).items() if name not in found.chosen]:
            note = f"Ce chiffre porte sur l'ensemble : il ne suit pas le filtre {join_words(f'« {v} »' for v in apart)}."
            view = replace(view, notes=[typeset(note), *view.notes])
        view = replace(view, notes=[*view.notes, *_remarks(found, person, stored.territory)])
        if validation_state is not None:
            definition = typeset(validation_state.describe(named=links.inside))
            view = replace(view, definition=definition, changed=validation_state.changed is not None)
        return view
    except (StudioError, CatalogueError, FigureError) as error:
        return FigureView(title=typeset(stored.title), links=links, trouble=str(error), width=width)


def build_view(found: Answer, territory: Territory, links: Links, *, width: int = 6) -> FigureView:
    """The view of an answer. Raises FigureError when its figure cannot be made of its table."""
    figure = found.figure
    number = figure.kind == "number"
    # A number that is the last of several periods has their table.
    is_single = number and figure.encodings.x is None
    below = links.rows if found.rows_open else ""
    notes = []
    empty_reason = typeset(empty_results.explain_empty(found, territory))
    if found.released.truncated and figure.kind != "points":
        notes.append(
            f"Seules les {humanize_number(found.released.table.num_rows)} premières lignes du résultat "
            f"({humanize_number(found.released.row_count)} en tout) sont gardées."
        )
    if apart := written_apart(found.recipe, found.released.table):
        advice = (
            " Pour les réunir, ajoutez avant « Regrouper » une étape « Calculer par une formule » : MAJUSCULE(…)."
            if links.inside
            else ""
        )
        notes.append(typeset(f"{apart}{advice}"))
    return FigureView(
        title=typeset(figure.title),
        links=links,
        kind=figure.kind,
        unit=figure.unit,
        base=typeset(figure.base),
        year=_year(found),
        source=typeset(source_of(found)),
        value=_large(figure, found.released.table) if number and not empty_reason else "",
        compared=None if empty_reason else compare_number(figure, found.released.table),
        below=below,
        table=None
        if is_single or empty_reason
        else table_of(found.recipe, figure, found.released.table, below=below),
        drawn=figure.kind in (*DRAWN, *MAPS) and not empty_reason,
        width=width,
        late=found.failure or "",
        late_since=french_date(found.at) if found.failure else "",
        hidden=found.released.reason,
        emptied=empty_reason,
        simulated=figure.simulated,
        estimated=figure.estimated,
        notes=notes,
    )


def _year(found: Answer) -> str:
    """Years of the figure; none for a count of no row."""
    undated = found.figure.year == labelling.format_period(None, None)
    return "" if undated and labelling.counts_no_row(found.recipe, found.figure.base) else found.figure.year


def typeset(text: str) -> str:
    """French spaces that do not break: within guillemets, before double signs."""
    return re.sub(r"(?<=«) | (?=[»:;?!])|(?<=n°) ", "\u00a0", text)


def source_of(found: Answer) -> str:
    """Source of a figure, in words."""
    return source_text(found.sources, found.reference) if found.sources else found.figure.source


def source_text(sources: Sequence[Source], reference: str = "") -> str:
    """« Fréquentation (Ville de Nantes), livraison n° 3 du 24 novembre 2026 » for each dataset read, then the reference."""
    deliveries = [
        f"« {s.dataset} »{f' ({s.producer})' if s.producer else ''}, livraison n° {s.number} "
        f"du {french_date(timezone.localtime(s.date).date())}"
        for s in sources
    ]
    return " ; ".join([*deliveries, reference] if reference else deliveries)


def drawing(found: Answer, person: Person | None, territory: Territory) -> dict[str, Any] | None:
    """What the island draws: a Vega-Lite specification or a GeoJSON; None for a number or a table."""
    if found.figure.kind == "map":
        return maps.drawing(found, person, territory)
    if found.figure.kind == "points":
        return point_maps.drawing(found)
    if found.figure.kind in DRAWN:
        return vega_spec(found.figure, found.released.table)
    return None


def _remarks(found: Answer, person: Person | None, territory: Territory) -> list[str]:
    if found.figure.kind == "map":
        return maps.remarks(found, person, territory)
    return point_maps.remarks(found) if found.figure.kind == "points" else []


def build_preview(
    found: Answer, person: Person | None, territory: Territory
) -> tuple[FigureView, dict[str, Any] | None]:
    """View of a figure that has no address yet, and the data of its drawing, embedded in the page. Raises
    FigureError.
    """
    view = build_view(found, territory, Links())
    view = replace(view, notes=[*view.notes, *_remarks(found, person, territory)])
    return view, None if view.emptied else drawing(found, person, territory)


def table_of(
    recipe: Recipe, figure: Figure, table: pa.Table, *, max_rows: int = MAX_TABLE_ROWS, below: str = ""
) -> Table:
    """The figure's own columns, years without a space, days in the order of the week, the first rows.

    `below`: the page of the rows behind the figure; a line that is one group leads there.
    """
    if figure.kind == "histogram":
        # Its classes hold rows of many groups: none of them leads below.
        table, below = figures.histogram_table(figure, table), ""
    names = table.column_names if figure.kind == "histogram" else columns_of(figure, table)
    labels = figure.encodings.labels
    years = {name for name in names if is_year(recipe, labels.get(name, name), name, table)}
    numeric = {name: name not in years and is_number(table.schema.field(name).type) for name in names}
    ruled = figures.measure_columns(figure)
    keys = drilldown.group_keys(recipe) if below else ()
    keys = keys if set(keys) <= set(table.column_names) else ()
    rows = in_calendar_order(table.select(list(dict.fromkeys([*names, *keys]))).to_pylist(), names)
    cells = []
    for row in rows[:max_rows]:
        line = [Cell(_text(figure, row[n], ruled=n in ruled, year=n in years), numeric[n]) for n in names]
        if keys:
            line[0] = replace(
                line[0], link=f"{below}{'&' if '?' in below else '?'}{drilldown.encode_group(keys, row)}"
            )
        cells.append(line)
    headers = [Cell(labels.get(name, name), numeric[name]) for name in names]
    return Table(headers, cells, max(0, len(rows) - max_rows))


def in_calendar_order(rows: list[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows by day of the week or month of the first column that holds such names; otherwise as they are."""
    for name in names:
        if order := natural_order(row[name] for row in rows):
            ranks = {value: rank for rank, value in enumerate(order)}
            return sorted(rows, key=lambda row: ranks.get(row[name], len(ranks)))
    return rows


def columns_of(figure: Figure, table: pa.Table) -> list[str]:
    """The columns that the figure shows, in order. Raises FigureError when the analysis no longer gives one."""
    names = figures.figure_column_names(figure, table)
    if absent := [name for name in names if name not in table.column_names]:
        raise FigureError(
            f"La figure « {figure.title} » montre la colonne « {absent[0]} », que l'analyse ne donne plus."
        )
    return names


def board_views(
    board: Board,
    person: Person | None,
    links: Callable[[int, StoredRecipe], Links],
    chosen: Mapping[str, str] | None = None,
) -> list[FigureView]:
    """Every figure of a board for this reader, in order; `links` gives the addresses of the figure of a rank."""
    placed = list(board.figures.select_related("recipe__territory", "recipe__processing"))
    preload_sources(board.territory, [figure.recipe for figure in placed])
    states = validation.states_of(figure.recipe for figure in placed)
    grant_cache: GrantCache = {}
    return [
        view_of(
            person,
            figure.recipe,
            links(figure.rank, figure.recipe),
            width=figure.width,
            chosen=chosen,
            grant_cache=grant_cache,
            validation_state=states.get(figure.recipe_id),
        )
        for figure in placed
    ]


def format_value(value: Any) -> str:
    """A cell as it is read."""
    return "non renseigné" if value is None else format_cell(value)


def _text(figure: Figure, value: Any, *, ruled: bool, year: bool) -> str:
    if year and value is not None:
        return str(value)
    decimals = figure.look.decimals
    if ruled and decimals is not None and isinstance(value, int | float | Decimal):
        return humanize_number(value, decimals=decimals)
    return format_value(value)


def _large(figure: Figure, table: pa.Table) -> str:
    """Number rounded as it is read; its unit is displayed next to it."""
    value = figures.single_value(figure, table)
    if value is None:
        return "non montré"
    if figure.look.decimals is not None:
        return figures.format_figure_value(figure, value)
    value = float(value)
    return humanize_number(round(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2))


def is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def is_year(recipe: Recipe, label: str, name: str, table: pa.Table) -> bool:
    if not pa.types.is_integer(table.schema.field(name).type):
        return False
    derived = any(isinstance(s, Derive) and s.name == name and s.operation == "year" for s in recipe.steps)
    return derived or any(word in fold(f"{label} {name}") for word in _YEAR_WORDS)
