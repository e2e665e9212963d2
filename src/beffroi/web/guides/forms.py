"""Forms made of the questions of a guide: one field a question, earlier answers as people read them.

Nothing is judged here: a service answers with every fault, and `show` puts each in its place.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from beffroi.guides.questionnaire import Fault, Questionnaire
from beffroi.guides.questions import EXACT, Question
from beffroi.text import format_number
from beffroi.web.ui.fields import DayInput, VisibleCharField, decimal_input
from beffroi.web.ui.formats import spaced


class QuestionForm(forms.Form):
    """One field a question."""

    use_required_attribute = False

    def __init__(self, questions: Iterable[Question], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = tuple(questions)
        for question in self.questions:
            self.fields[question.key] = _field(question)

    def values(self) -> dict[str, Any]:
        """What was posted, as it was written."""
        several = {question.key for question in self.questions if question.kind == "several"}
        return {
            question.key: self.data.getlist(question.key)
            if question.key in several
            else self.data.get(question.key, "")
            for question in self.questions
        }

    def show(self, faults: list[Fault]) -> None:
        """Put each fault beside its question."""
        self.full_clean()
        self.errors.clear()
        for fault in faults:
            self.add_error(fault.question or None, fault.message)


class QuestionnaireForm(QuestionForm):
    """All the questions of a questionnaire, under the headings of its sections."""

    def __init__(self, questionnaire: Questionnaire, *args: Any, **kwargs: Any) -> None:
        super().__init__(questionnaire.questions, *args, **kwargs)
        self.questionnaire = questionnaire

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The bound fields under their headings."""
        return [
            (section.title, [self[question.key] for question in section.questions])
            for section in self.questionnaire.sections
        ]


def _field(question: Question) -> forms.Field:
    # Shown as needed or not; whether it is there is judged by the service, with the rest.
    common: dict[str, Any] = {
        "label": spaced(question.label),
        "help_text": spaced(question.help),
        "required": question.required,
    }
    choices = [(choice.key, spaced(choice.label)) for choice in question.options]
    match question.kind:
        case "text":
            return VisibleCharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, **common)
        case "lines":
            return VisibleCharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=8000, **common)
        case "choice" | "yes_no":
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
        case "several":
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
        case "number":
            return VisibleCharField(widget=decimal_input(10), **common)
        case "date":
            return VisibleCharField(widget=DayInput(), **common)
        case _:
            return VisibleCharField(max_length=300, **common)


def initial(questions: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Earlier answers, as a form shows them: lists one a line, numbers in French."""
    values: dict[str, Any] = {}
    for question in questions:
        value = answers.get(question.key)
        if question.kind == "lines":
            values[question.key] = "\n".join(value or [])
        elif question.kind == "number" and value is not None:
            values[question.key] = format_number(value, EXACT)
        else:
            values[question.key] = value
    return values
