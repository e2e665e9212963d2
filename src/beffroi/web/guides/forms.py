"""Forms made of the questions of a guide: one field a question, earlier answers as people read them.

A service judges with every fault, and `show` puts each in its place; a form of one page may be judged by `is_valid` instead.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Protocol

from django import forms
from django.utils.html import format_html

from beffroi.guides import Questionnaire, Rule
from beffroi.guides.conditions import UNKNOWN, Answers
from beffroi.guides.questionnaire import Fault
from beffroi.guides.questions import EXACT, LONGEST, AnswerError, Question
from beffroi.guides.rule import read_situation
from beffroi.guides.rule_model import Fact, Theme
from beffroi.text import format_number
from beffroi.web.platform.forms import Day, Serving
from beffroi.web.ui.fields import MomentInput, VisibleCharField, WholeNumber, decimal_input
from beffroi.web.ui.formats import spaced

from .library import guide

Choices = Iterable[tuple[str, str]]


class QuestionForm(forms.Form):
    """One field a question. `choices`: those of the questions whose choices the page knows."""

    use_required_attribute = False

    def __init__(
        self,
        questions: Iterable[Question],
        *args: Any,
        choices: Mapping[str, Choices] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = tuple(questions)
        for question in self.questions:
            own = [(choice.key, choice.label) for choice in question.options]
            self.fields[question.key] = _field(question, (choices or {}).get(question.key, own))

    def clean(self) -> dict[str, Any]:
        """Judge each answer as its question does."""
        for question in self.questions:
            try:
                if question.key in self.cleaned_data and not question.choices_from:
                    question.read(self.cleaned_data[question.key])
            except AnswerError as error:
                self.add_error(question.key, str(error))
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """What was posted, as it was written."""
        several = {question.key for question in self.questions if question.kind == "several"}
        return {
            question.key: self.data.getlist(self.add_prefix(question.key))
            if question.key in several
            else self.data.get(self.add_prefix(question.key), "")
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


class SectionForm(QuestionForm):
    """The questions of one section of a questionnaire of the house: a form of one page."""

    questionnaire: ClassVar[str]
    section: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            guide(Questionnaire, self.questionnaire).section(self.section).questions, *args, **kwargs
        )


class Justified(Protocol):
    """An answer to a fact, and why."""

    @property
    def answer(self) -> str: ...

    @property
    def justification(self) -> str: ...


class _Maybe(forms.ChoiceField):
    """Shown as needed; left empty, the fact stays open."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


class _Words(VisibleCharField):
    """Shown as needed beside an answer, and judged with it by the service."""

    def validate(self, value: Any) -> None:
        """Nothing: the service knows whether it is needed."""


@dataclass(frozen=True)
class FactRow:
    """One fact with its answer and its justification; `called_by`: identifiers of the lists that call for it."""

    question: Fact
    answer: forms.BoundField
    why: forms.BoundField
    called_by: str
    open: bool


@dataclass(frozen=True)
class FactSection:
    """A theme of the page; `still`: how many of its facts wait for an answer; `answered`: whether one has an answer."""

    theme: Theme
    shared: forms.BoundField
    rows: tuple[FactRow, ...]
    still: int
    answered: bool
    unfolded: bool


class FactsForm(forms.Form):
    """The facts of a rule by theme, each with its justification; a sentence for a theme stands for its « non ».

    `saved`: the last answers; `implied`: facts known from elsewhere, whatever is answered. Subclasses say which answers there
    are to a fact, and how long a justification is at least.
    """

    use_required_attribute = False
    shared_label = "Une phrase pour tous les « non » de ce thème"
    shared_help = "Elle sert de justification là où vous n'écrivez rien."
    min_justification = 10

    def __init__(
        self,
        rule: Rule,
        today: date,
        saved: Mapping[str, Justified],
        *args: Any,
        implied: Answers,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rule, self.saved, self.implied, self.today = rule, saved, implied, today
        self.called = {fact.key for fact in read_situation(rule, implied, today).relevant}
        known = {key: one.answer for key, one in saved.items()} | implied
        self.still = {fact.key for fact in read_situation(rule, known, today).unanswered}
        self.serving: dict[str, Serving] = {}
        for theme, facts in rule.by_theme():
            self.fields[f"t_{theme.key}"] = VisibleCharField(
                label=spaced(self.shared_label),
                required=False,
                max_length=500,
                help_text=spaced(self.shared_help),
            )
            for fact in facts:
                self._add(fact)

    def options(self, fact: Fact) -> Choices:
        return [(choice.key, choice.label) for choice in fact.options]

    def _add(self, fact: Fact) -> None:
        saved = self.saved.get(fact.key)
        worded = spaced(self.rule.worded(fact.label, self.today))
        self.fields[f"q_{fact.key}"] = _Maybe(
            label=worded,
            choices=[("", "Choisir une réponse"), *self.options(fact)],
            initial=saved.answer if saved else "",
            help_text=spaced(self.rule.worded(fact.help, self.today)),
            error_messages={"invalid_choice": "Choisissez une des réponses proposées."},
        )
        self.fields[f"w_{fact.key}"] = _Words(
            label=format_html('Pourquoi<span class="visually-hidden"> : {}</span>', worded),
            max_length=2000,
            initial=saved.justification if saved else "",
            widget=forms.Textarea(attrs={"rows": 2}),
        )
        self.serving[f"w_{fact.key}"] = Serving((f"q_{fact.key}",))

    def themes(self) -> Iterator[FactSection]:
        """The page's sections, in order: unfolded where something is refused, and at the first that waits."""
        waiting = next((fact.theme for fact in self.rule.facts if fact.key in self.still), "")
        for theme, facts in self.rule.by_theme():
            rows = tuple(self._row(fact) for fact in facts)
            refused = any(row.answer.errors or row.why.errors for row in rows)
            yield FactSection(
                theme=theme,
                shared=self[f"t_{theme.key}"],
                rows=rows,
                still=sum(row.open for row in rows),
                answered=any(row.question.key in self.saved for row in rows),
                unfolded=refused or (theme.key == waiting and not self.errors),
            )

    def _row(self, fact: Fact) -> FactRow:
        answer, why = self[f"q_{fact.key}"], self[f"w_{fact.key}"]
        calling = [] if answer.errors or why.errors else self._calling(fact)
        called_by = " ".join(self[f"q_{each.key}"].auto_id for each in calling)
        return FactRow(fact, answer, why, called_by, fact.key in self.still)

    def _calling(self, fact: Fact) -> list[Fact]:
        """The facts of which a strict answer makes this one worth asking; none where what is implied does."""
        if fact.key in self.called:
            return []
        named = {key for condition in fact.when for key in condition.questions()}
        return [each for each in self.rule.facts if each.key in named or each.group in named]

    def justified(self) -> dict[str, tuple[str, str]]:
        """The answers worth asking, each with why; a « non » without words of its own takes those of its theme."""
        found: dict[str, tuple[str, str]] = {}
        for fact in self.rule.facts:
            answer = self.cleaned_data.get(f"q_{fact.key}", "")
            if not answer:
                continue
            why = self.cleaned_data.get(f"w_{fact.key}", "").strip()
            shared = self.cleaned_data.get(f"t_{fact.theme}", "").strip()
            is_ordinary = answer not in (fact.strict, UNKNOWN)
            if not why and is_ordinary and len(shared) >= self.min_justification:
                why = shared
            found[fact.key] = answer, why
        known = {key: answer for key, (answer, _) in found.items()} | self.implied
        relevant = {fact.key for fact in read_situation(self.rule, known, self.today).relevant}
        return {key: one for key, one in found.items() if key in relevant}

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Put the service's refusals beside their fields."""
        for key, message in errors.items():
            field = f"w_{key}" if f"w_{key}" in self.fields else None
            self.add_error(field, spaced(message))


def _field(question: Question, choices: Choices) -> forms.Field:
    # Shown as needed or not; whether it is there is judged by the service, with the rest.
    common: dict[str, Any] = {
        "label": spaced(question.label),
        "help_text": spaced(question.help),
        "required": question.required,
        "error_messages": {"required": question.missing} if question.missing else {},
    }
    labelled = [(key, spaced(label)) for key, label in choices]
    choose = forms.Select if question.menu else forms.RadioSelect
    match question.kind:
        case "text":
            area = forms.Textarea(attrs={"rows": question.rows or 3})
            return VisibleCharField(widget=area, max_length=question.max_length or LONGEST["text"], **common)
        case "lines":
            area = forms.Textarea(attrs={"rows": question.rows or 4})
            return VisibleCharField(widget=area, max_length=question.max_length or 8000, **common)
        case "choice" | "yes_no":
            return forms.ChoiceField(choices=labelled, widget=choose, **common)
        case "several":
            return forms.MultipleChoiceField(choices=labelled, widget=forms.CheckboxSelectMultiple, **common)
        case "number" if question.whole:
            numeric = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 5})
            if question.invalid:
                common["error_messages"] |= {"invalid": question.invalid}
            return WholeNumber(
                widget=numeric,
                min_value=_whole(question.minimum),
                max_value=_whole(question.maximum),
                **common,
            )
        case "number":
            return VisibleCharField(widget=decimal_input(10), **common)
        case "moment":
            return VisibleCharField(widget=MomentInput(), **common)
        case "date":
            return Day(**common)
        case _:
            return VisibleCharField(max_length=question.max_length or LONGEST["line"], **common)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


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
