"""Forms on paper, as data: a questionnaire « form_… », the rows of its sheet, and the settings of both.

The rows of a sheet are the fields of a register « form_…_rows »; the question « row_count » says how many are filled in, and
its maximum how many are printed. The settings are the entries of the register « paper_forms »: what a town wrote wins over
the line that the guide brings; a form without a line has a mark made of its name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from beffroi.guides import Questionnaire, Register
from beffroi.guides.questions import Question
from beffroi.text import fold_name
from beffroi.web.guides.library import library
from beffroi.web.guides.services.registers import entries_of
from beffroi.web.platform.models import Territory

PREFIX: Final = "form_"
ROWS: Final = "_rows"
SETTINGS: Final = "paper_forms"
ROW_COUNT: Final = "row_count"
DOMAIN: Final = "continuity"
type Checked = Literal["once", "twice", "two_persons"]


@dataclass(frozen=True)
class PaperForm:
    """A form: its questions, its rows if it has any, and how it is numbered and typed again.

    `total`: the key of the number to sum; `carried`: keys of the answers that the next sheet begins with.
    """

    questionnaire: Questionnaire
    rows: Register | None
    mark: str
    checked: Checked = "once"
    total: str = ""
    carried: tuple[str, ...] = ()
    in_kit: bool = True

    @property
    def key(self) -> str:
        return self.questionnaire.id

    @property
    def title(self) -> str:
        return self.questionnaire.title

    @property
    def questions(self) -> tuple[Question, ...]:
        return self.questionnaire.questions

    @property
    def row_fields(self) -> tuple[Question, ...]:
        return self.rows.fields if self.rows else ()

    @property
    def max_rows(self) -> int:
        """Rows printed on a sheet."""
        if self.rows is None:
            return 0
        count = next((each for each in self.questions if each.key == ROW_COUNT), None)
        return int(count.maximum) if count is not None and count.maximum else 20

    @property
    def is_typed_twice(self) -> bool:
        return self.checked != "once"


def paper_forms(territory: Territory) -> list[PaperForm]:
    """The forms of this instance, in the order of their titles."""
    guides = library().guides
    settings = _settings(territory)
    found = [
        guide
        for guide in guides.values()
        if isinstance(guide, Questionnaire) and guide.id.startswith(PREFIX) and guide.domain == DOMAIN
    ]
    return [
        with_settings(guide, _rows_of(guide, guides), settings.get(guide.id, {}))
        for guide in sorted(found, key=lambda each: fold_name(each.title))
    ]


def paper_form(territory: Territory, key: str) -> PaperForm:
    """Raises KeyError for a form that is not there."""
    for form in paper_forms(territory):
        if form.key == key:
            return form
    raise KeyError(key)


def _rows_of(guide: Questionnaire, guides: Mapping[str, Any]) -> Register | None:
    rows = guides.get(guide.id + ROWS)
    return rows if isinstance(rows, Register) else None


def _settings(territory: Territory) -> dict[str, Mapping[str, Any]]:
    """By form: the line of the guide, or the one that the town wrote."""
    register = library().guides.get(SETTINGS)
    if not isinstance(register, Register):
        return {}
    proposed: dict[str, Mapping[str, Any]] = {str(row["form"]): row for row in register.rows}
    return proposed | {entry.values["form"]: entry.values for entry in entries_of(territory, register)}


def settings_of(territory: Territory, key: str) -> Mapping[str, Any]:
    """The line of this form; empty where it has none."""
    return _settings(territory).get(key, {})


def with_settings(guide: Questionnaire, rows: Register | None, settings: Mapping[str, Any]) -> PaperForm:
    """A form with the settings of its line; what the line names and the form has not counts for nothing."""
    keys = {each.key for each in guide.questions}
    numbers = {each.key for each in guide.questions if each.kind == "number"}
    total = str(settings.get("total", ""))
    return PaperForm(
        guide,
        rows,
        mark=_mark(str(settings.get("mark") or guide.id.removeprefix(PREFIX))),
        checked=settings.get("checked", "once"),
        total=total if total in numbers else "",
        carried=tuple(key for key in settings.get("carried", ()) if key in keys),
        in_kit=settings.get("in_kit", "yes") == "yes",
    )


def _mark(text: str) -> str:
    letters = re.sub("[^A-Z]", "", fold_name(text).upper())
    return letters[:5] if len(letters) >= 2 else "FORM"
