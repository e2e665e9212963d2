"""The one ranking of a run, from which the list, the table, the charts and the maps of its page all come.

In come its tables, and the proposals that wait; out come the tables, what matters most first, and the proposals to read first. The
sentence of the morning is the system's own: `beffroi check` compares it with the same ranking.
"""

from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet

from beffroi.systems.row_ranking import Row, rank_places, rank_rows, severity
from beffroi.web.decisions.models import Proposal

from ..models import Run
from . import changes
from .reading import OutputView

MOST_ROWS = 60  # of a table by day, looked for among the proposals
_NAMES = ("place", "group")


def ranked(tables: Sequence[OutputView]) -> list[OutputView]:
    """The first table by its roles; the rows of the others that are about its places, in the order of these."""
    if not tables:
        return []
    lead = OutputView(tables[0].output, rank_rows(tables[0].output, tables[0].rows))
    places = rank_places(lead.output, lead.rows)

    def rank(view: OutputView, row: Row) -> int:
        named = (places.get(str(view.value(row, role))) for role in _NAMES)
        return next((found for found in named if found is not None), len(places))

    others = (
        OutputView(view.output, sorted(view.rows, key=lambda row, view=view: rank(view, row)))  # type: ignore[misc]
        for view in tables[1:]
    )
    return [lead, *others]


def exceptions(lead: OutputView) -> list[str]:
    """The rows whose status is worse than the ordinary, each in words: « Bourg : fuite probable, 15,1 m³/h »."""
    status = lead.column("status")
    worse = (row for row in lead.rows if severity(status, row))
    words = ((changes.about(lead, row), changes.describe_value(lead, row)) for row in worse)
    return ["\u00a0: ".join(filter(None, of_row)) for of_row in words]


def first_proposals(
    run: Run, lead: OutputView | None, waiting: QuerySet[Proposal], most: int
) -> list[Proposal]:
    """Those to read first: in the order of the ranked rows where these are by day, else in the order of the system; then as they wait."""
    by_day = lead is not None and lead.column("day") is not None and lead.column("place") is not None
    found = _of_rows(lead, waiting) if by_day and lead is not None else _of_system(run, waiting)
    if len(found) < most:
        pks = {proposal.pk for proposal in found}
        found += [proposal for proposal in waiting[: 2 * most] if proposal.pk not in pks]
    return found[:most]


def _of_rows(lead: OutputView, waiting: QuerySet[Proposal]) -> list[Proposal]:
    rows = lead.rows[:MOST_ROWS]
    wanted = [(str(lead.value(row, "place")), day) for row in rows if (day := _day(lead.value(row, "day")))]
    near = waiting.filter(place__in={place for place, _ in wanted}, due__in={day for _, day in wanted})
    known = {(one.place, one.due): one for one in near}
    return [known[name] for name in dict.fromkeys(wanted) if name in known]


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _of_system(run: Run, waiting: QuerySet[Proposal]) -> list[Proposal]:
    priority: list[str] = run.outcome.get("priority") or []
    named = waiting.filter(key__in=priority)
    return sorted(named, key=lambda proposal: priority.index(proposal.identity))
