"""Page of a draft: its steps with their counts, a preview of the rows, the query, the forms.

In: a draft and its author. Out: the context of `studio/editing/draft.html`, or the counts as data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from beffroi.recipes.draft_previews import first_steps
from beffroi.recipes.figures import format_cell
from beffroi.recipes.french import humanize_number
from beffroi.recipes.release import Released
from beffroi.web.platform.models import Person
from beffroi.web.ui.formats import NOTHING

from .. import explanations
from ..dataset_profiles import ANALYSIS_ERRORS
from ..models import Draft
from ..presentation import Cell, Table, is_number, is_year, typeset
from . import drafts
from .forms import StepForm, form_for, step_forms
from .inspection import Counts, RecipeInspector, Stage

NOT_COUNTED = "non compté"


@dataclass(frozen=True)
class Line:
    """One step on the page. `counted` is empty until the counts are known."""

    stage: Stage
    current: bool
    counted: str
    changeable: bool
    up: bool
    down: bool

    @property
    def number(self) -> int:
        return self.stage.number

    @property
    def sentence(self) -> str:
        return typeset(self.stage.sentence)


@dataclass(frozen=True)
class Preview:
    """The first rows after step `number`, or why there is nothing to show."""

    number: int
    table: Table | None = None
    message: str = ""
    trouble: str = ""
    hidden: str = ""


@dataclass
class Page:
    """A draft as its author looks at it, after step `at` (from 1). `number`: the step that a form changes, if any."""

    draft: Draft
    look: RecipeInspector
    at: int
    number: int = 0
    form_type: type[StepForm] | None = None
    form: StepForm | None = field(default=None)

    def number_in(self, requested: str | None, *, minimum: int = 1) -> int:
        """The number of a step of this recipe that an address gives; 0 for any other text."""
        return _parse_number(requested, minimum, len(self.look.recipe.steps))

    def render_page(self, request: HttpRequest, *, counted: bool = False) -> HttpResponse:
        seen = min(self.at - 1 if self.number else self.at, self.look.sound)
        preview = self._preview(seen)
        counts = None
        if counted or (preview.table is not None and not preview.table.rows):
            counts = self.look.counts()
        context = {
            "draft": self.draft,
            "lines": self._lines(counts),
            "counts": counts,
            "uncounted": counts is None,
            "counted_message": counted_message(counts) if counts is not None else "",
            "preview": preview,
            "emptied": counts.emptied_by if counts is not None and not _rows(preview) else 0,
            "sql": self._sql(seen),
            "kinds": step_forms() if self.at <= self.look.sound else [],
            "at": self.at,
            "form": self.form,
            "form_type": self.form_type,
            "number": self.number,
            "form_address": self._form_address(),
            "undo": drafts.may_undo(self.draft),
            "redo": drafts.may_redo(self.draft),
        }
        return render(request, "studio/editing/draft.html", context)

    def _form_address(self) -> str:
        """Where the form of a step is sent, which is also where it can be opened again."""
        if self.form_type is None:
            return ""
        query = {"numero": self.number} if self.number else {"genre": self.form_type.kind, "apres": self.at}
        place = reverse("draft-step", args=[self.draft.territory.slug, self.draft.pk])
        return f"{place}?{urlencode(query)}#travail"

    def counts_as_data(self) -> dict[str, Any]:
        """Text of each step, by its number, and the message."""
        counts = self.look.counts()
        return {
            "steps": {str(line.number): line.counted for line in self._lines(counts)},
            "message": counted_message(counts),
        }

    def _lines(self, counts: Counts | None) -> list[Line]:
        stages = self.look.stages
        return [
            Line(
                stage,
                stage.number == (self.number or self.at),
                counted_text(stage, counts) if counts is not None else "",
                stage.number > 1 and form_for(stage.step.step) is not None,
                stage.number > 2,
                1 < stage.number < len(stages),
            )
            for stage in stages
        ]

    def _preview(self, count: int) -> Preview:
        if not count:
            return Preview(0)
        try:
            found = self.look.first_rows(count)
        except ANALYSIS_ERRORS as error:
            return Preview(count, trouble=str(error))
        labels = {column.name: column.label for column in self.look.columns_after(count)}
        rows = found.table.num_rows
        message = "Toutes les lignes sont là." if rows else ""
        if found.truncated:
            message = f"Les {rows} premières lignes ; il y en a d'autres."
        return Preview(count, self._table(found, labels), message, hidden=found.reason)

    def _table(self, found: Released, labels: Mapping[str, str]) -> Table:
        table = found.table
        years = {n for n in table.column_names if is_year(self.look.recipe, labels.get(n, n), n, table)}
        numbers = {n: n not in years and is_number(table.schema.field(n).type) for n in table.column_names}
        headers = [Cell(labels.get(name, name), numbers[name]) for name in table.column_names]
        rows = [
            [Cell(_text(value, year=name in years), numbers[name]) for name, value in row.items()]
            for row in table.to_pylist()
        ]
        return Table(headers, rows)

    def _sql(self, count: int) -> str:
        return (
            explanations.render_sql(first_steps(self.look.recipe, count), self.look.opened) if count else ""
        )


def open_page(draft: Draft, person: Person, requested: str | None) -> Page:
    """The page of a draft, after the step that an address asks for; by default after the last that can be followed."""
    recipe = drafts.current_recipe(draft)
    look = RecipeInspector(person, draft.territory, recipe, drafts.processing_of(draft))
    at = _parse_number(requested, 1, len(recipe.steps)) or max(1, look.sound)
    return Page(draft, look, at)


def counted_text(stage: Stage, counts: Counts) -> str:
    """« 8 lignes → 6 lignes »; « non compté » for what the time or the protection of people did not allow."""
    after = counts.rows.get(stage.number)
    if not stage.reached or stage.trouble:
        return ""
    if after is None:
        return NOT_COUNTED
    before = counts.rows.get(stage.number - 1)
    return _lines_of(after) if before is None else f"{humanize_number(before)} → {_lines_of(after)}"


def counted_message(counts: Counts) -> str:
    if counts.trouble:
        return counts.trouble
    if counts.over:
        return "Compter la suite prendrait trop de temps : filtrez plus haut, ou attendez l'enregistrement."
    return ""


def _lines_of(rows: int) -> str:
    return f"{humanize_number(rows)} ligne{'s' if rows > 1 else ''}"


def _rows(preview: Preview) -> int:
    return len(preview.table.rows) if preview.table is not None else 1


def _text(value: Any, *, year: bool) -> str:
    if value is None:
        return NOTHING
    return str(value) if year else format_cell(value)


def _parse_number(requested: str | None, minimum: int, maximum: int) -> int:
    """Number of a text within these bounds; 0 for any other text."""
    number = int(requested) if requested and requested.isdecimal() and len(requested) < 5 else 0
    return number if minimum <= number <= maximum else 0
