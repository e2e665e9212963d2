"""Inspection of a recipe being written: columns, counts and first rows after each step, or why it is invalid.

In: a person, a recipe and its purpose. Out: a `RecipeInspector`. Everything is read through grants in the query
processes; nothing is cached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from beffroi.lake.grants import Grant
from beffroi.recipes.draft_previews import first_steps
from beffroi.recipes.errors import QueryTooLong
from beffroi.recipes.model import Condition, Filter, Group, Measure, Recipe, Step, Top, reads, sources_of
from beffroi.recipes.release import Released
from beffroi.recipes.requests import DraftRequest, Request
from beffroi.recipes.spatial_report import SpatialJoinReport
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.grants import Shows
from beffroi.web.catalogue.models import Processing, Snapshot
from beffroi.web.platform.models import Person, Territory

from .. import explanations
from ..answers import OpenedSources, StudioError, open_sources
from ..dataset_profiles import ANALYSIS_ERRORS
from ..join_keys import KeyMatch, KeyPair
from ..queries import MAX_ROWS, submit

FIRST_ROWS = 50
SECONDS = 5.0
"""The time that counting may take for a page; what is not counted by then is said not to be."""
FREQUENT = 24


@dataclass(frozen=True)
class Column:
    """A column at one place of the recipe; `kind`: text, integer, number, boolean, date, datetime or other; `type`: the
    engine's own, which formulas are checked against."""

    name: str
    label: str
    kind: str
    type: str

    @property
    def is_number(self) -> bool:
        return self.kind in ("integer", "number")

    @property
    def is_dated(self) -> bool:
        return self.kind in ("date", "datetime")


@dataclass(frozen=True)
class Stage:
    """One step (`number` from 1): its sentence and the columns after it; `trouble`: why it cannot be followed.

    `reached` is false for the steps behind one in trouble: nothing is known of them.
    """

    number: int
    step: Step
    sentence: str
    columns: tuple[Column, ...] = ()
    trouble: str = ""
    reached: bool = True


@dataclass(frozen=True)
class Counts:
    """Rows after each step, by its number; `over`: some were not counted in time; `trouble`: why none is."""

    rows: Mapping[int, int] = field(default_factory=dict)
    over: bool = False
    trouble: str = ""

    @property
    def emptied_by(self) -> int:
        """The number of the first step after which nothing is left; 0 when there is none."""
        return next((number for number, rows in sorted(self.rows.items()) if rows == 0), 0)


@dataclass
class RecipeInspector:
    """A recipe being written, looked at by one person for one purpose."""

    person: Person
    territory: Territory
    recipe: Recipe
    processing: Processing

    @cached_property
    def _opened(self) -> tuple[OpenedSources, dict[str, str]]:
        """The sources that can be read, and why the others cannot."""
        grants: dict[str, Grant] = {}
        snapshots: dict[str, Snapshot] = {}
        closed: dict[str, str] = {}
        for alias, slug in self.recipe.sources.items():
            one = self.recipe.model_copy(update={"sources": {alias: slug}})
            try:
                found = open_sources(
                    self.person, self.territory, one, self.processing, shows=Shows.GROUPS, way="draft"
                )
            except (CatalogueError, StudioError) as error:
                closed[alias] = str(error)
                continue
            grants |= found.grants
            snapshots |= found.snapshots
        return OpenedSources(grants, snapshots), closed

    @property
    def opened(self) -> OpenedSources:
        return self._opened[0]

    @cached_property
    def labels(self) -> dict[str, str]:
        return explanations.column_labels(self.recipe, self.territory)

    @cached_property
    def stages(self) -> list[Stage]:
        """Every step with what is known of it."""
        steps, closed = self.recipe.steps, self._opened[1]
        sentences = explanations.describe_steps(self.recipe, self.territory)
        shut = next((n for n, step in enumerate(steps) if closed.keys() & set(reads(step))), len(steps))
        columns, troubles = self._columns(shut)
        if shut < len(steps) and not troubles:
            troubles[shut] = " ".join(
                closed[alias] for alias in sorted(closed.keys() & set(reads(steps[shut])))
            )
        first = min(troubles, default=len(steps))
        return [
            Stage(n + 1, step, sentences[n], tuple(columns.get(n, ())), troubles.get(n, ""), n <= first)
            for n, step in enumerate(steps)
        ]

    @property
    def sound(self) -> int:
        """How many steps can be followed from the first."""
        return next((stage.number - 1 for stage in self.stages if stage.trouble), len(self.stages))

    def columns_after(self, count: int) -> tuple[Column, ...]:
        """The columns after the first `count` steps."""
        return self.stages[count - 1].columns if 0 < count <= len(self.stages) else ()

    def first_rows(self, count: int) -> Released:
        """The first rows after `count` steps. Raises one of ANALYSIS_ERRORS."""
        recipe = first_steps(self.recipe, count)
        return submit(DraftRequest(Request(recipe, self._grants_of(recipe), FIRST_ROWS)))

    def result(self) -> Released:
        """The whole result, as far as a figure shows it. Raises one of ANALYSIS_ERRORS."""
        return submit(Request(self.recipe, self._grants_of(self.recipe), MAX_ROWS))

    def counts(self, seconds: float = SECONDS) -> Counts:
        """The rows after each step that can be followed, as far as the time allows; never raises."""
        sound = self.sound
        if not sound:
            return Counts()
        request = DraftRequest(self._request_after(sound), "counts", seconds)
        try:
            rows = submit(request).table.to_pylist()
        except QueryTooLong:
            return Counts(over=True)
        except ANALYSIS_ERRORS as error:
            return Counts(trouble=str(error))
        return Counts({row["step"] + 1: row["rows"] for row in rows}, over=len(rows) < sound)

    def frequent_values(self, count: int, column: str) -> list[tuple[str, int]]:
        """Most frequent values of a column after `count` steps, with their rows; none when they may not be displayed."""
        name = "_lignes" if column != "_lignes" else "_lignes_"
        counting = Group(by=(column,), measures=(Measure(name=name, operation="count"),))
        filled = Filter(conditions=(Condition(column=column, op="present"),))
        steps = (*self.recipe.steps[:count], filled, counting, Top(count=FREQUENT, column=name))
        counting_recipe = self.recipe.model_copy(update={"steps": steps})
        try:
            table = submit(Request(counting_recipe, self.opened.grants, limit=FREQUENT)).table
        except ANALYSIS_ERRORS:
            return []
        return [(str(row[column]), int(row[name])) for row in table.to_pylist()]

    def measure_last_join(self, pair: KeyPair) -> KeyMatch:
        """What the join that ends the recipe would find. Raises one of ANALYSIS_ERRORS."""
        (found,) = submit(DraftRequest(self._request_after(len(self.recipe.steps)), "join")).table.to_pylist()
        return KeyMatch(
            pair, found["rows"], found["matched"], found["added"], unmatched_right=found["unmatched_right"]
        )

    def measure_last_spatial_join(self) -> SpatialJoinReport:
        """What the step by places that ends the recipe would find. Raises one of ANALYSIS_ERRORS."""
        (found,) = submit(
            DraftRequest(self._request_after(len(self.recipe.steps)), "places")
        ).table.to_pylist()
        return SpatialJoinReport.from_dict(found)

    def with_recipe(self, recipe: Recipe) -> "RecipeInspector":
        """The same person and purpose before another recipe."""
        return RecipeInspector(self.person, self.territory, recipe, self.processing)

    def _columns(self, count: int) -> tuple[dict[int, list[Column]], dict[int, str]]:
        """The columns after each of the first `count` steps, and the trouble of the first that has one."""
        columns: dict[int, list[Column]] = {}
        troubles: dict[int, str] = {}
        if not count:
            return columns, troubles
        request = DraftRequest(self._request_after(count), "columns")
        try:
            rows = submit(request).table.to_pylist()
        except ANALYSIS_ERRORS as error:
            return columns, {0: str(error)}
        for row in rows:
            if row["trouble"]:
                troubles[row["step"]] = row["trouble"]
            else:
                label = self.labels.get(row["name"], row["name"])
                columns.setdefault(row["step"], []).append(
                    Column(row["name"], label, row["kind"], row["type"])
                )
        return columns, troubles

    def _grants_of(self, recipe: Recipe) -> dict[str, Grant]:
        """Grants for what this recipe releases: reading rows of personal data is recorded."""
        read = {alias: slug for alias, slug in recipe.sources.items() if alias in sources_of(recipe)}
        read_recipe = recipe.model_copy(update={"sources": read})
        return open_sources(self.person, self.territory, read_recipe, self.processing, way="draft").grants

    def _request_after(self, count: int, limit: int = 1) -> Request:
        """Request for the recipe after its first `count` steps, with this person's grants."""
        return Request(first_steps(self.recipe, count), self.opened.grants, limit)
