"""Drill-down page: the rows of one group of a figure, as far as the reader may see rows.

In: an analysis and the values of one group, in the address. Out: the page of the rows that entered the grouping.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from beffroi.web.platform.guards import requires

from . import answers, explanations, filters, labelling, queries
from .dataset_profiles import ANALYSIS_ERRORS
from .drilldown import NOTHING, drilldown_recipe, group_keys
from .models import StoredRecipe
from .presentation import Cell, Table, format_value, source_text, typeset

MAX_ROWS = 200


@require_GET
@requires("board.read")
def recipe_rows(request: HttpRequest, recipe: str) -> HttpResponse:
    """Rows behind a figure, or behind one of its groups; the reason when they may not be displayed."""
    place = request.territory  # type: ignore[attr-defined]
    stored: StoredRecipe = get_object_or_404(
        StoredRecipe.objects.of(place).select_related("territory", "processing"), slug=recipe
    )
    context: dict[str, Any] = {"recipe": stored}
    try:
        read = answers.read_definition(stored.definition)
        values = {key: request.GET[key] for key in group_keys(read) if key in request.GET}
        row_recipe = drilldown_recipe(read, values)
        opened = answers.open_sources(request.user, place, row_recipe, stored.processing, way="rows")  # type: ignore[arg-type]
        applied = filters.applicable(read, opened.grants, opened.snapshots, filters.parse_query(request.GET))
        row_recipe = drilldown_recipe(filters.narrow_recipe(read, opened.snapshots, applied), values)
        labels = explanations.column_labels(read, place)
        context["group"] = [
            (labels.get(key, key), "non renseigné" if value == NOTHING else value)
            for key, value in (applied | values).items()
        ]
        released = queries.run_recipe(row_recipe, opened.grants, MAX_ROWS)
    except ANALYSIS_ERRORS as error:
        context["trouble"] = str(error)
    else:
        names = [name for name in released.table.column_names if not name.startswith("_")]
        table = released.table.select(names)
        heads = [Cell(labels.get(name, name)) for name in names]
        context["table"] = Table(
            heads, [[Cell(format_value(row[name])) for name in names] for row in table.to_pylist()]
        )
        context |= {"total": released.row_count, "truncated": released.truncated, "most": MAX_ROWS}
        cited = labelling.cite_reference(step.step for step in row_recipe.steps)
        context["source"] = typeset(source_text(answers.describe_sources(opened.snapshots.values()), cited))
    return render(request, "studio/rows.html", context)
