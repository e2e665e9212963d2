"""The page of the morning: the answer in large, its map and chart, what changed since an earlier day, what to do.

In come a use and the place that the reader chose; out goes `Morning`, for the page and for the page of one run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from beffroi.systems.contract import TODAY
from beffroi.systems.manifest import Manifest

from ..models import Run, SystemUse
from . import changes, charts, maps, ranking, reading
from .charts import Drawing
from .reading import Large, OutputView

MOST_LARGE = 4
MOST_EXCEPTIONS = 3


@dataclass(frozen=True)
class Part:
    """One table with the drawings that it asks for."""

    view: OutputView
    drawings: list[Drawing]
    map: dict[str, Any] | None
    place: str
    page: int = 0  # of the rows of its table, the one that the reader asked for; 0 where they asked for none

    @property
    def page_number(self) -> int:
        return self.page or 1

    @property
    def cells(self) -> list[list[reading.Cell]]:
        """The rows of this page."""
        return self.view.cells_of_page(self.page_number)

    @property
    def previous_page(self) -> int:
        """0 before the first."""
        return self.page_number - 1

    @property
    def next_page(self) -> int:
        """0 after the last."""
        return self.page_number + 1 if self.page_number < self.view.pages else 0

    @property
    def choosable(self) -> bool:
        """Whether a reader may choose the place that is drawn."""
        return "series" in self.view.output.views and len(self.view.places) > 1

    @cached_property
    def drawn_place(self) -> str:
        """The place whose days are drawn: the one chosen, else the first of the ranking; empty where all are drawn together."""
        return self.place or ("" if self.view.output.adds_up else next(iter(self.view.places), ""))

    @property
    def choices(self) -> list[str]:
        """The places to choose from, in the order of the alphabet: a reader looks for a name."""
        return sorted(self.view.places)

    @property
    def chosen_by(self) -> str:
        """The setting whose options its rows follow: its key bears the name of that setting. Empty where it has no key."""
        key = self.view.column("key")
        return "" if key is None else key.name


@dataclass(frozen=True)
class Option:
    """One value of the dial: what the waiting proposals would add up to."""

    value: float
    total: float | None
    chosen: bool


@dataclass(frozen=True)
class Morning:
    """What one run says today; `before`: the run that it is compared with, the last one of an earlier day."""

    run: Run
    before: Run | None
    figures: list[Large]
    parts: list[Part]
    changes: list[changes.Change]

    @property
    def lead(self) -> OutputView | None:
        """The table that ranks, the first of the manifest; None where it has no row."""
        return self.parts[0].view if self.parts and self.parts[0].view.rows else None

    @property
    def illustrated(self) -> Part | None:
        """The first table that has a map or a chart: the page shows that one unfolded."""
        return next((one for one in self.parts if one.view.rows and (one.map or one.drawings)), None)

    @property
    def exceptions(self) -> list[str]:
        """The first rows of the table that ranks, where their status is worse than the ordinary: what to see where nothing is proposed."""
        return [] if self.lead is None else ranking.exceptions(self.lead)[:MOST_EXCEPTIONS]

    @property
    def first_figures(self) -> list[Large]:
        """Those that a page shows in large: the system puts first what matters most."""
        return self.figures[:MOST_LARGE]

    @property
    def other_figures(self) -> list[Large]:
        return self.figures[MOST_LARGE:]

    @property
    def before_day(self) -> date | None:
        """The day with which all is compared."""
        return None if self.before is None else day_of(self.before)


def of(run: Run, place: str = "", table: str = "", page: str = "") -> Morning:
    """Everything that the page shows of this run; `table`, `page`: of its rows, those that the reader asked for."""
    before = _before(run)
    tables = ranking.ranked(reading.tables_of(run))
    changed = []
    if before is not None and tables and (earlier := reading.tables_of(before)):
        changed = changes.between(earlier[0], tables[0])
    parts = [part(one, place, tables) for one in tables]
    parts = [
        replace(one, page=_page(page, one.view)) if one.view.output.name == table else one for one in parts
    ]
    return Morning(run, before, reading.figures_of(run, before), parts, changed)


def _page(written: str, view: OutputView) -> int:
    """The page that an address names, within those that there are."""
    number = int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else 1
    return max(1, min(number, view.pages))


def latest(use: SystemUse) -> Run | None:
    """The last run that gave something."""
    run: Run | None = use.runs.filter(verb=Run.Verb.RUN, state=Run.State.DONE).order_by("-at", "-pk").first()
    return run


def part(view: OutputView, place: str, others: Sequence[OutputView] = ()) -> Part:
    """One table with its drawings; `others`: those of the run, of which some lie under its map."""
    place = place if place in view.places else ""
    views = view.output.views
    drawings = [
        drawing
        for drawing in (
            charts.series(view, place) if "series" in views else None,
            charts.bars(view) if "bars" in views and not place else None,
        )
        if drawing is not None
    ]
    under = [other for other in others if other.output.name in view.output.under]
    return Part(view, drawings, maps.drawing(view, under) if "map" in views else None, place)


def options(manifest: Manifest, run: Run) -> list[Option]:
    """The dial's options, with what the proposals of this run add up to."""
    if manifest.dial is None or not run.outcome.get("dial"):
        return []
    totals = {float(option): total for option, total in run.outcome["dial"].items()}
    chosen = run.settings.get(manifest.dial.setting)
    return [Option(option, totals.get(option), option == chosen) for option in manifest.dial.options]


def day_of(run: Run) -> date:
    """The day of the calculation: the one that the system was given, or that on which it was made."""
    return _day(run.at, run.settings.get(TODAY))


def _day(at: datetime, today: Any) -> date:
    try:
        return date.fromisoformat(today)
    except (TypeError, ValueError):
        return timezone.localdate(at)


def _before(run: Run) -> Run | None:
    """The last answer of an earlier day: one dial turned twice in a morning must not hide what changed since yesterday."""
    earlier = run.use.runs.filter(verb=Run.Verb.RUN, state=Run.State.DONE, at__lt=run.at)
    day = day_of(run)
    dated = [
        (made_for, at, pk)
        for pk, at, today in earlier.values_list("pk", "at", f"settings__{TODAY}")
        if (made_for := _day(at, today)) < day
    ]
    return None if not dated else Run.objects.get(pk=max(dated)[2])
