"""The sheet of one day: what was decided for each place, what still waits, and the sum, to hand over or to print.

In come a territory and a day; out go sheets, one a system. What concerns a person is never on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from beffroi.web.platform.models import Person, Territory

from . import inbox, plans
from .models import Decision, Proposal
from .notices import notice_for

MOST_DAYS = 60


@dataclass(frozen=True)
class Line:
    """One subject: what stands for it (None: refused, or nobody decided), and what is proposed and waits."""

    subject: str
    about: str
    place: str
    unit: str
    decision: Decision | None
    waiting: Proposal | None

    @property
    def value(self) -> float | None:
        return self.decision.in_force[1] if self.decision else None

    @property
    def items(self) -> list[plans.Part]:
        """The parts of the plan that stands, in their order."""
        stands = self.decision is not None and self.value is not None
        return (self.decision.items or []) if stands and self.decision else []

    @property
    def reordered(self) -> bool:
        """Whether a person changed the parts: what the system said beside them is then of the plan before."""
        return (
            bool(self.items)
            and self.decision is not None
            and plans.is_changed(self.decision.proposal, self.items)
        )

    @property
    def by(self) -> Person | None:
        """Who answers for what stands."""
        return (self.decision.correction or self.decision).person if self.decision else None

    @property
    def text(self) -> str:
        """What became of it, in a word."""
        if self.decision is None:
            return "à valider"
        last = self.decision.correction or self.decision
        return str(last.get_verdict_display())


@dataclass(frozen=True)
class Sheet:
    """The lines of one system, in the order of its places."""

    system: str
    title: str
    place_word: str  # what its places are
    lines: list[Line]

    @property
    def decided(self) -> int:
        return sum(line.value is not None for line in self.lines)

    @property
    def waiting(self) -> int:
        return sum(line.waiting is not None for line in self.lines)

    @property
    def total(self) -> float | None:
        """The sum of what was decided; None where units differ or nothing was decided."""
        values = [line.value for line in self.lines if line.value is not None]
        return sum(values) if values and len({line.unit for line in self.lines}) == 1 else None

    @property
    def unit(self) -> str:
        return self.lines[0].unit


def days(territory: Territory, system: str = "") -> list[date]:
    """The days that have something, the latest first."""
    rows = _rows(territory).filter(system=system) if system else _rows(territory)
    found = rows.exclude(due=None).order_by("-due").values_list("due", flat=True).distinct()
    return list(found[:MOST_DAYS])


def chosen(territory: Territory, day: date | None, system: str, today: date) -> date | None:
    """The day that was asked, where something is there; else the nearest; None where there is none at all."""
    if (
        day is not None
        and _rows(territory).filter(due=day, **({"system": system} if system else {})).exists()
    ):
        return day
    return nearest(days(territory, system), today)


def nearest(known: Iterable[date], today: date) -> date | None:
    """Today or the first day to come; failing that, the last one."""
    ahead = [day for day in known if day >= today]
    return min(ahead) if ahead else max(known, default=None)


def of_day(territory: Territory, day: date, system: str = "") -> list[Sheet]:
    rows = _rows(territory).filter(due=day)
    if system:
        rows = rows.filter(system=system)
    rows = rows.select_related("decision__person").prefetch_related("decision__corrections__person")
    titles = dict(inbox.systems_of(territory))
    found: dict[tuple[str, str], list[Proposal]] = {}  # by system and identity
    for proposal in rows.order_by("system", "place", "subject", "created_at", "pk"):
        found.setdefault((proposal.system, proposal.identity), []).append(proposal)
    sheets: dict[str, list[Line]] = {}
    for (named, _), several in found.items():
        sheets.setdefault(named, []).append(_line(several))
    return [
        Sheet(named, titles.get(named, named), notice_for(territory, named).place_word, lines)
        for named, lines in sheets.items()
    ]


def _rows(territory: Territory) -> QuerySet[Proposal]:
    of_nobody = inbox.ordinary(territory).filter(Q(case=None) | Q(case=""))
    return of_nobody.filter(Q(decision__isnull=False) | Q(superseded_at=None))


def _line(several: list[Proposal]) -> Line:
    """What was proposed on one subject, the earliest first: the last decision stands, the last that waits is told."""
    decided = [one.decision for one in several if hasattr(one, "decision")]
    waits = [one for one in several if one.waiting]
    last = several[-1]
    return Line(
        last.subject,
        last.about or "",
        last.place or last.subject,
        last.unit,
        max(decided, key=lambda one: (one.at, one.pk), default=None),
        waits[-1] if waits else None,
    )
