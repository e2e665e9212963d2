"""The grid of one service as a form: 28 lists that open on a digit, the longest outage, the cost. No JavaScript is needed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django import forms

from beffroi.guides.questions import Question
from beffroi.web.guides.forms import QuestionForm, initial
from beffroi.web.ui.fields import VisibleCharField

from .analyses import questionnaire
from .impact import CELLS, DURATIONS, FAMILIES, HOURS, Grid

SEEN: Final = "seen"
LONGEST_SEEN: Final = 8000
BELOW: Final = (HOURS, "cost_low", "cost_high", "cost_source")
"""The fields under the grid."""


class GridForm(QuestionForm):
    """`answers`: as stored; the outage that the grid proposes, or that the town said elsewhere (`cyber_hours`), stands in its
    field until somebody wrote one.

    The hidden field « seen » holds what the page showed, so that two people who fill in one service lose nothing.
    """

    def __init__(
        self, answers: Mapping[str, Any], *args: Any, cyber_hours: float | None = None, **kwargs: Any
    ) -> None:
        questions = questionnaire().questions
        blank = {
            each.key: [("", "–"), *((choice.key, choice.label) for choice in each.options)]
            for each in questions
            if each.key in CELLS
        }
        stored = _texts(questions, answers)
        self.proposed = Grid(answers).proposed_hours if HOURS not in answers else None
        hours = self.proposed if self.proposed is not None or HOURS in answers else cyber_hours
        displayed = stored | ({HOURS: f"{hours:g}"} if hours is not None else {})
        super().__init__(questions, *args, choices=blank, initial=displayed, **kwargs)
        for each in questions:
            if each.key in BELOW and each.unit and each.unit not in each.label:
                self.fields[each.key].label = f"{each.label} ({each.unit})"
            if each.key in CELLS:
                self.fields[each.key].widget.attrs["aria-label"] = each.label
        self.fields[SEEN] = VisibleCharField(
            required=False, widget=forms.HiddenInput, max_length=LONGEST_SEEN, initial=json.dumps(stored)
        )

    def rows(self) -> Iterator[tuple[str, str, list[forms.BoundField]]]:
        """A family, what it means, its four cells."""
        helps = {each.key: each.lead for each in questionnaire().sections}
        for family, title in FAMILIES.items():
            yield title, helps[family], [self[f"{family}_{each.key}"] for each in DURATIONS]

    def below(self) -> list[forms.BoundField]:
        return [self[name] for name in BELOW]

    def seen(self) -> dict[str, str]:
        """What the page showed; nothing where it is not readable: then everything that was typed is written."""
        try:
            found = json.loads(self.data.get(SEEN, "")[:LONGEST_SEEN])
        except ValueError:
            return {}
        return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _texts(questions: tuple[Question, ...], answers: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in initial(questions, answers).items() if value not in (None, "")}
