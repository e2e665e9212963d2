"""Longest bearable outages of a territory, and the state of the analysis of each service: what other nouns and pages read.

In: a territory. Out: frozen lines, in five queries at most, however many services.
"""

from dataclasses import dataclass
from typing import Any, Final

from beffroi.text import fold_name
from beffroi.web.guides.models import Answer, RegisterEntry, Response
from beffroi.web.platform.models import Territory

from ..models import OutageValidation
from .impact import HOURS, Grid
from .services import name_of, services_of

ANALYSIS: Final = "impact_analysis"
EMPTY: Final = Grid({})


@dataclass(frozen=True)
class Outage:
    """How long a service may stop. `hours`: None while nobody said; `validated`: by a person who may."""

    hours: float | None = None
    validated: bool = False


def longest_outages(territory: Territory) -> dict[int, Outage]:
    """By primary key of the entry, for every service of the register; what was validated before what is being written."""
    found = {entry.pk: Outage() for entry in services_of(territory)}
    drafts = Answer.objects.of(territory).filter(
        question=HOURS, response__guide=ANALYSIS, response__entry__in=found
    )
    for entry, hours in drafts.order_by("pk").values_list("response__entry", "value"):
        found[entry] = Outage(float(hours) if hours is not None else None)
    for row in _validations(territory).filter(entry__in=found):
        found[row.entry_id] = Outage(row.hours, True)
    return found


def without_validated_outage(territory: Territory) -> list[RegisterEntry]:
    """The services whose longest bearable outage nobody validated."""
    validated = set(_validations(territory).values_list("entry", flat=True))
    return [entry for entry in services_of(territory) if entry.pk not in validated]


def _validations(territory: Territory) -> Any:
    return OutageValidation.objects.of(territory).order_by("pk")


@dataclass(frozen=True)
class ServiceLine:
    """One service and its analysis. `grid`: in force, validated where there is one; `draft`: the open response, if any."""

    entry: RegisterEntry
    name: str
    grid: Grid
    validation: OutageValidation | None = None
    draft: Response | None = None
    draft_grid: Grid = EMPTY

    @property
    def hours(self) -> float | None:
        return self.validation.hours if self.validation else self.grid.hours

    @property
    def state(self) -> tuple[str, str]:
        """A word and how it looks."""
        if self.validation:
            return ("validé, en révision", "info") if self.draft else ("validé", "good")
        return ("en cours", "info") if self.grid.answers else ("à faire", "warn")

    @property
    def is_done(self) -> bool:
        return self.validation is not None and self.draft is None

    @property
    def is_complete(self) -> bool:
        """Whether the draft waits for nothing but a person who validates it."""
        return self.draft is not None and self.draft_grid.is_full and self.draft_grid.hours is not None


def service_lines(territory: Territory, entries: list[RegisterEntry] | None = None) -> list[ServiceLine]:
    """Every service by name, or these."""
    entries = services_of(territory) if entries is None else entries
    keys = [entry.pk for entry in entries]
    last: dict[int, Response] = {}
    for response in Response.objects.of(territory).filter(guide=ANALYSIS, entry__in=keys).order_by("pk"):
        last[response.entry_id] = response
    validations = _validations(territory).filter(entry__in=keys).select_related("by", "response")
    validated = {row.entry_id: row for row in validations}
    in_sight = {each.pk for each in last.values()} | {each.response_id for each in validated.values()}
    answers: dict[int, dict[str, Any]] = {}
    rows = Answer.objects.of(territory).filter(response__in=in_sight).order_by("pk")
    for of, question, value in rows.values_list("response", "question", "value"):
        answers.setdefault(of, {})[question] = value
    grids = {
        of: Grid({key: value for key, value in each.items() if value is not None})
        for of, each in answers.items()
    }
    lines = []
    for entry in entries:
        response, validation = last.get(entry.pk), validated.get(entry.pk)
        draft = response if response is not None and response.closed_at is None else None
        draft_grid = grids.get(draft.pk, EMPTY) if draft else EMPTY
        grid = grids.get(validation.response_id, EMPTY) if validation else draft_grid
        lines.append(ServiceLine(entry, name_of(entry), grid, validation, draft, draft_grid))
    return lines


def by_shortest_outage(lines: list[ServiceLine]) -> list[ServiceLine]:
    """What can wait the least first; what nobody said last."""
    return sorted(lines, key=lambda line: (line.hours is None, line.hours or 0.0, fold_name(line.name)))
