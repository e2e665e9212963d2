"""The one ranking of a run, from which the list, the table, the charts and the maps of its page all come.

In come its tables, and the proposals that wait; out come the tables, what matters most first, and the proposals to read first. The
sentence of the morning is the system's own: `beffroi check` compares it with the same ranking.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict

from beffroi.systems.manifest import Manifest
from beffroi.systems.row_ranking import Row, rank_places, rank_rows, severity
from beffroi.web.decisions import day_page, deadlines, triage
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.notices import notice_for
from beffroi.web.platform.ledger.memo import until_next_act
from beffroi.web.platform.models import Territory

from ..models import Run
from . import changes
from .reading import OutputView

_NAMES = ("place", "group")


@dataclass(frozen=True)
class FirstToRead:
    """Proposals with why each is read; how many of the system wait. `day`: the one that they are about, None where there is none; `without_ai`: how many of
    its lines take the number of the way without AI; `day_unit`: of its lines."""

    lines: list[tuple[Proposal, str]]
    waiting: int = 0
    day: date | None = None
    without_ai: int = 0
    day_unit: str = ""

    @property
    def day_in_words(self) -> str:
        return deadlines.day_in_words(self.day) if self.day else ""

    @property
    def unit(self) -> str:
        return self.day_unit or (self.lines[0][0].unit if self.lines else "")


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


def first_to_read(
    territory: Territory, manifest: Manifest, run: Run, waiting: QuerySet[Proposal], most: int
) -> FirstToRead:
    """Where the system decides by day, the exceptions of the next day, as its page finds them; else the first in its own order."""
    known = deadlines.by_system(territory)
    slots = day_page.slots(territory, known)
    slot = day_page.chosen(slots, QueryDict(urlencode({"systeme": manifest.id})), known)
    count = sum(several for (system, _), several in slots.items() if system == manifest.id)
    if slot is None or slot[1] is None:
        proposals = _of_system(run, waiting) if slot else []
        if slot and len(proposals) < most:
            pks = {proposal.pk for proposal in proposals}
            proposals += [proposal for proposal in waiting[: 2 * most] if proposal.pk not in pks]
        return FirstToRead([(one, one.first_reason) for one in proposals[:most]], count)
    key = f"workshop.first:{manifest.id}:{slot[1]}:{most}"
    of_day = until_next_act(territory, key, lambda: _of_day(territory, manifest.id, slot[1], most))
    return replace(of_day, waiting=count)


def _of_day(territory: Territory, system: str, day: date | None, most: int) -> FirstToRead:
    assessed = triage.assess(territory, notice_for(territory, system), system, day)
    return FirstToRead(
        [(one.proposal, one.why) for one in assessed if not one.ordinary][:most],
        day=day,
        without_ai=sum(bool(one.poorly_forecast) for one in assessed),
        day_unit=assessed[0].proposal.unit if assessed else "",
    )


def _of_system(run: Run, waiting: QuerySet[Proposal]) -> list[Proposal]:
    priority: list[str] = run.outcome.get("priority") or []
    named = waiting.filter(key__in=priority)
    return sorted(named, key=lambda proposal: priority.index(proposal.identity))
