"""What is said of a figure: its base and its years, counted in the rows that entered the result.

In: a recipe, its grants and what was shown before. Out: its figure, `{lignes}`, `{perdues}`, `{periode:column}` and
`{depot}` replaced by what the data say today; how the packaged reference is cited.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

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
from beffroi.recipes.requests import GrantedRecipe
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.ui.formats import french_date

from .queries import run_recipe

DEPOSITED = "{depot}"
"""In the year of a figure: the day of the last delivery that it reads."""
_PERIOD = re.compile(r"\{periode:([^}]+)\}")
_UNMATCHED = re.compile(r"\{seules:([^}]+)\}")
_SHARED = re.compile(r"\{partagees:([^}]+)\}")
_TOKENS = re.compile(r"\{[^}]+\}")
_ONE = re.compile(r"\b([01]) (ligne|commune|relevé)s\b")  # « 1 lignes » is « 1 ligne »


def label_figure(recipe: Recipe, grants: dict[str, Grant], earlier: tuple[GrantedRecipe, ...] = ()) -> Figure:
    """The figure, its `{lignes}`, `{perdues}` and `{periode:column}` replaced by what the data say today."""
    figure = figure_of(recipe)
    period = _PERIOD.search(figure.year)
    figure = _label_join(recipe, figure, grants, earlier)
    if not period and not {"{lignes}", "{perdues}"} & set(_TOKENS.findall(figure.base)):
        return figure
    # Protected data refuse their smallest and largest values: a figure made of them is not dated.
    dated = period[1] if period and not any(grant.protected for grant in grants.values()) else None
    row = _one_row(_entering(recipe, dated), grants, earlier)
    lines = row.get("lignes")
    base = figure.base.replace("{lignes}", _counted(lines))
    if "{perdues}" in base:
        before = _one_row(_entering(recipe, None, lossless=True), grants, earlier).get("lignes")
        lost = safe_difference(before, lines, grants)
        base = base.replace("{perdues}", _counted(lost))
    base = _ONE.sub(r"\1 \2", base)
    year = _PERIOD.sub(lambda _: format_period(row.get("debut"), row.get("fin")), figure.year)
    return figure.model_copy(update={"base": base, "year": year})


def safe_difference(total: Any, part: Any, grants: dict[str, Grant]) -> int | None:
    """How many rows the part lacks; nothing where that is a small number of protected ones, or none, which says as much."""
    if not isinstance(total, int) or not isinstance(part, int):
        return None
    floor = max((max(grant.floor, 2) for grant in grants.values() if grant.protected), default=0)
    return None if abs(total - part) < floor else total - part


def _label_join(
    recipe: Recipe, figure: Figure, grants: dict[str, Grant], earlier: tuple[GrantedRecipe, ...]
) -> Figure:
    """The base of two datasets brought together: rows of the first, those that found a partner, those that did not.

    Raises RecipeError when a row finds several partners, as a new delivery may bring: totals would be too large.
    """
    index = next((n for n, step in enumerate(recipe.steps) if isinstance(step, Join)), None)
    if index is None or "{trouvees}" not in figure.base:
        return figure
    before = tuple(step for step in recipe.steps[:index])
    join = recipe.steps[index]
    counting = Group(measures=(Measure(name="lignes", operation="count"),))

    def count(*steps: Step) -> Any:
        counting_recipe = Recipe(
            title=recipe.title, sources=recipe.sources, steps=(*before, *steps, counting)
        )
        return _one_row(counting_recipe, grants, earlier).get("lignes")

    rows = count()
    found = count(join.model_copy(update={"keep": "matched"}))
    everything = count(join.model_copy(update={"keep": "all"}))
    lost = safe_difference(everything, found, grants)
    if lost is None:
        # A few protected rows would be told by a subtraction.
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
        base = base.replace(named[0], _unmatched_text(recipe, join, named[1], grants))
    if named := _SHARED.search(base):
        base = base.replace(named[0], _shared(recipe, named[1], grants))
    return figure.model_copy(update={"base": _ONE.sub(r"\1 \2", base)})


def _unmatched_text(recipe: Recipe, join: Join, title: str, grants: dict[str, Grant]) -> str:
    """The rows of the second dataset that no row of the first joins, whatever the condition: nothing when there are none."""
    turned = Join(
        source=_first_source(recipe),
        on=tuple(Key(left=pair.right, right=pair.left) for pair in join.on),
        columns=(),
        fold=join.fold,
    )
    everything, matched = (
        _rows(recipe, (Source(source=join.source), turned.model_copy(update={"keep": keep})), grants)
        for keep in ("all", "matched")
    )
    unmatched = safe_difference(everything, matched, grants)
    return f", ni {_counted(unmatched)} lignes de « {title} » que rien n'a rejoint" if unmatched else ""


def _shared(recipe: Recipe, title: str, grants: dict[str, Grant]) -> str:
    """What is said when a row of the second dataset counts in several groups: their total is then larger than its own."""
    index = next(n for n, step in enumerate(recipe.steps) if isinstance(step, Group))
    inner = recipe.steps[index]
    counts = [
        _rows(recipe, (*recipe.steps[:index], inner.model_copy(update={"by": by})), grants)
        for by in (inner.by, inner.by[:1])
    ]
    if counts[0] == counts[1]:
        return ""
    return f" ; des lignes de « {title} » comptent dans plusieurs groupes, qui ne s'additionnent donc pas"


def _first_source(recipe: Recipe) -> str:
    return next(step.source for step in recipe.steps if isinstance(step, Source))


def _rows(recipe: Recipe, steps: tuple[Step, ...], grants: dict[str, Grant]) -> Any:
    """How many rows these steps give."""
    counting = Group(measures=(Measure(name="lignes", operation="count"),))
    counting_recipe = Recipe(title=recipe.title, sources=recipe.sources, steps=(*steps, counting))
    return _one_row(counting_recipe, grants, ()).get("lignes")


def _one_row(recipe: Recipe, grants: dict[str, Grant], earlier: tuple[GrantedRecipe, ...]) -> dict[str, Any]:
    try:
        rows = run_recipe(recipe, grants, earlier=earlier).table.to_pylist()
    except RecipeError:
        return {}
    return dict(rows[0]) if rows else {}


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
    """The packaged reference of communes, its version and its year, when one of these kinds of steps brings from it.

    Empty otherwise, and where its file is absent: the engine says so when it computes the step.
    """
    if "reference" not in steps:
        return ""
    try:
        return str(reference())
    except ReferenceMissing:
        return ""
