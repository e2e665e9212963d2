"""What a questionnaire is: questions in plain French, each with its help; and the reading of what a person answered.

In come the words of a form or of a service; out go clean answers as plain JSON, or every fault in French, each with its
question. Nothing here knows of a territory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from beffroi.text import format_number
from beffroi.web.ui.formats import counted

type Answers = dict[str, Any]
type Kind = Literal["text", "line", "lines", "choice", "number", "date"]


@dataclass(frozen=True)
class Question:
    """One question. `least` is the fewest signs of a text, or the fewest lines of a list."""

    key: str
    label: str
    help: str
    kind: Kind = "text"
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    least: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Part:
    """Questions that go together, under one heading."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one answer; `key` is empty when it is about several."""

    key: str
    message: str


@dataclass(frozen=True)
class Sheet:
    """One questionnaire. `source` says where its questions come from; `also` judges the answers together."""

    kind: str
    title: str
    lead: str
    source: str
    parts: tuple[Part, ...]
    also: Callable[[Answers], list[Fault]] = field(default=lambda answers: [])

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for part in self.parts for question in part.questions)


class SheetRefused(ValueError):
    """Answers that cannot be kept; `faults` are French, each with its question."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = faults


YES_NO = (("yes", "oui"), ("no", "non"))
YES_NO_UNKNOWN = (*YES_NO, ("unknown", "le fournisseur ne répond pas"))


def read(sheet: Sheet, values: Mapping[str, Any]) -> Answers:
    """The clean answers. Raises `SheetRefused` with every fault, the unknown questions included."""
    faults: list[Fault] = []
    answers: Answers = {}
    for question in sheet.questions:
        try:
            value = _one(question, values.get(question.key))
        except ValueError as error:
            faults.append(Fault(question.key, str(error)))
            continue
        if value not in (None, "", []):
            answers[question.key] = value
        elif question.required:
            faults.append(Fault(question.key, f"Il manque une réponse à « {question.label} »."))
    unknown = values.keys() - {question.key for question in sheet.questions}
    faults += [
        Fault("", f"Ce questionnaire n'a pas de question « {key} ».") for key in sorted(map(str, unknown))
    ]
    if not faults:
        faults = sheet.also(answers)
    if faults:
        raise SheetRefused(faults)
    return answers


def missing(sheet: Sheet, answers: Mapping[str, Any]) -> list[str]:
    """Messages on what today's questionnaire asks and these older answers do not say."""
    try:
        read(sheet, answers)
    except SheetRefused as refused:
        return [fault.message for fault in refused.faults]
    return []


def _one(question: Question, raw: Any) -> Any:
    match question.kind:
        case "text" | "line":
            return _text(question, raw)
        case "lines":
            return _lines(question, raw)
        case "choice":
            return _choice(question, raw)
        case "number":
            return _number(question, raw)
        case "date":
            return _date(question, raw)


def _text(question: Question, raw: Any) -> str:
    text = str(raw or "").strip()
    if text and len(text) < question.least:
        raise ValueError(
            f"« {question.label} » : la réponse est trop courte pour qu'un lecteur la comprenne "
            f"({counted(len(text), 'signe')}, {question.least} au moins)."
        )
    return text


def _lines(question: Question, raw: Any) -> list[str]:
    rows = raw.splitlines() if isinstance(raw, str) else list(raw or [])
    lines = [line for row in rows if (line := str(row).strip())]
    if lines and len(lines) < question.least:
        raise ValueError(f"« {question.label} » : écrivez au moins {question.least} lignes, une par élément.")
    return lines


def _choice(question: Question, raw: Any) -> str | None:
    if raw in (None, ""):
        return None
    if raw not in dict(question.choices):
        raise ValueError(f"« {question.label} » : choisissez une des réponses proposées.")
    return str(raw)


def _number(question: Question, raw: Any) -> float | None:
    if raw in (None, ""):
        return None
    try:
        value = float(str(raw).replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", "."))
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:  # neither a word, nor an infinity, nor « nan »
        raise ValueError(f"« {question.label} » : écrivez un nombre en chiffres, par exemple 12,5.")
    if (question.low is not None and value < question.low) or (
        question.high is not None and value > question.high
    ):
        raise ValueError(f"« {question.label} » : ce nombre est hors de ce qui est possible.")
    return value


def _date(question: Question, raw: Any) -> str | None:
    if raw in (None, ""):
        return None
    if isinstance(raw, date):
        return raw.isoformat()
    try:
        return date.fromisoformat(str(raw)).isoformat()
    except ValueError:
        raise ValueError(f"« {question.label} » : écrivez une date, par exemple 2026-09-01.") from None


def format_answer(question: Question, value: Any) -> str:
    """An answer as a reader expects it."""
    if value is None:
        return "–"
    if question.kind == "choice":
        return dict(question.choices).get(value, str(value))
    if question.kind == "lines":
        return " ; ".join(value)
    if question.kind == "date":
        day = date.fromisoformat(value)
        return f"{day:%d/%m/%Y}"
    if question.kind == "number":
        return format_number(value, "g")
    return str(value)
