"""The page where people note what they saw or decided in the field, row by row or a number a place, for a system to learn from.

In: one of the tables that a system lets people write in, filled in beforehand from an address. Out: a job that adds the rows.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.text import fold_name
from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import TooManyJobs

from . import cards
from .errors import WorkshopError
from .models import SystemUse
from .presentation import morning, reading
from .record_forms import ByPlaceForm, RecordForm
from .services import recording
from .views import use_here

MOST_KNOWN = 2_000
MOST_PLACES = 400  # fields of one page


@requires("system.read")
def record_page(request: HttpRequest, system: str, table: str) -> HttpResponse:
    """Fill a row in and send it."""
    use = use_here(request, system)
    if use.declared:
        raise Http404
    schema = next((one for one in recording.recordable(use) if one.name == table), None)
    if schema is None:
        raise Http404
    needs, known = recording.columns(use, schema), _known(use, schema)
    begun, refused = _begun(request, needs), ""
    most = recording.largest_credible(use, schema) if request.method == "POST" else None
    together = _by_place(request, needs, known, begun, most)
    one_row = None if together and together.is_bound else request.POST or None
    form = RecordForm(schema, needs, known, one_row, initial=begun, most=most)
    sent = together if together and together.is_bound else form
    if request.method == "POST" and sent.is_valid():
        try:
            job = recording.start(use, request.user, schema, sent.rows(), sent.key)
        except (TooManyJobs, WorkshopError) as error:
            refused = str(error)
        else:
            return redirect("job", request.territory.slug, job.pk)
    noted = "note" in request.GET and request.method == "GET"
    context = {
        "card": cards.card(request.territory, system),
        "schema": schema,
        "form": form,
        "together": together,
        "known": [(need.name, known[need.name]) for need in needs if known.get(need.name)],
        "dataset": recording.dataset_of(use, schema),
        "left_out": [need for need in schema.columns if need not in needs and need.type != "geometry"],
        "may_record": recording.may_record(use, request.user, schema),
        "permission": recording.permission(use, request.user, schema),
        "noted": noted,
        "places_and_day": recording.noted_by_place(use, schema, request.GET["note"]) if noted else None,
        "refused": refused,
    }
    return render(request, "workshop/record.html", context, status=422 if sent.errors or refused else 200)


def _by_place(
    request: HttpRequest,
    needs: list[ColumnNeed],
    known: dict[str, list[str]],
    begun: dict[str, Any],
    most: float | None,
) -> ByPlaceForm | None:
    """A field for each known place, where a row is a number by place and day, and no place is chosen beforehand."""
    columns = recording.by_place(needs)
    places = sorted(known.get(columns.place.name, []), key=fold_name) if columns else []
    if columns is None or not 2 <= len(places) <= MOST_PLACES or columns.place.name in begun:
        return None
    sent = request.POST if "places" in request.POST else None
    return ByPlaceForm(columns, places, sent, initial=begun, most=most)


def _begun(request: HttpRequest, needs: list[ColumnNeed]) -> dict[str, Any]:
    """What the address says beforehand; a first date is today's."""
    begun: dict[str, Any] = {
        need.name: request.GET[need.name][:200] for need in needs if need.name in request.GET
    }
    day = next((need.name for need in needs if need.type == "date" and need.required), None)
    if day and day not in begun:
        begun[day] = timezone.localdate()
    return begun


def _known(use: SystemUse, schema: InputSchema) -> dict[str, list[str]]:
    """The names that the last answer has, by column: they are proposed while one types."""
    run = morning.latest(use)
    if run is None:
        return {}
    wanted = {need.name for need in schema.columns if need.type in ("text", "code")}
    found: dict[str, dict[str, None]] = {}
    for view in reading.tables_of(run):
        for column in view.output.columns:
            if column.name in wanted:
                values = found.setdefault(column.name, {})
                values.update(
                    dict.fromkeys(str(row[column.name]) for row in view.rows if row.get(column.name))
                )
    return {name: list(values)[:MOST_KNOWN] for name, values in found.items()}
