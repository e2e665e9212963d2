"""Questions of every kind of guide, and the reading of what a person answered.

In: a question, the value of a form, of a file or of a service. Out: the answer as plain JSON; or AnswerError, in French.
"""

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.text import fold_name, format_number

from .conditions import UNKNOWN, Condition
from .model import CHOICE_KEY, ID, Data, doubled

Kind = Literal["text", "line", "lines", "choice", "several", "yes_no", "number", "date", "moment"]
MANY = 1e15
PARIS = ZoneInfo("Europe/Paris")
NO_BREAK = "\u00a0"
LONGEST = {"text": 4000, "line": 300, "lines": 500}
"""Characters of an answer, or of one line of a list, where the question says nothing."""
MOST_LINES = 200
EXACT = ".15g"
"""How a number is written so that it reads back the same."""


class AnswerError(ValueError):
    """An answer that cannot be stored; the message is French and says what to write."""


class NextAction(Data):
    """What an answer calls for: an action of the guide, and at which of its levels."""

    action: str = Field(pattern=ID)
    level: int = Field(default=1, ge=1, le=2)


class Choice(Data):
    """One possible answer. `score`: its value on the axis of the question, none when it says nothing of it.

    `synonyms`: how a file may write it.
    """

    key: str = Field(pattern=CHOICE_KEY)
    label: str = Field(min_length=1)
    score: float | None = Field(default=None, ge=0)
    actions: tuple[NextAction, ...] = ()
    help: str = ""
    synonyms: tuple[str, ...] = ()


YES_NO: tuple[Choice, ...] = (Choice(key="yes", label="oui"), Choice(key="no", label="non"))
I_DO_NOT_KNOW = Choice(key=UNKNOWN, label="je ne sais pas")


class Question(Data):
    """One question. `weight`: of its score on its axis; `min_length`: characters of a text, lines of a list.

    `parts`: what each line of a list holds, separated by « | »; `choices_from`: what gives the choices, where a page knows
    them; `menu`: choices in a list that opens; `rows`: of a text on a page; `whole`: a number without
    decimals; `missing`, `invalid`: what is said of its fault, where the usual words do not do.
    `when`: the conditions, on questions asked before it, without which it is not asked. `evidence`: a file may be attached.
    `internal`: never asked of a third party, who would validate its own work.
    """

    key: str = Field(pattern=ID)
    label: str = Field(min_length=3)
    help: str = ""
    kind: Kind = "choice"
    choices: tuple[Choice, ...] = ()
    unknown: bool = True
    required: bool = True
    min_length: int = Field(default=0, ge=0)
    max_length: int | None = Field(default=None, gt=0)
    rows: int | None = Field(default=None, gt=1)
    choices_from: str = ""
    menu: bool = False
    missing: str = ""
    invalid: str = ""
    parts: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    unit: str = ""
    weight: float = Field(default=1, ge=0)
    axis: str = ""
    when: tuple[Condition, ...] = ()
    evidence: bool = False
    internal: bool = False

    @property
    def options(self) -> tuple[Choice, ...]:
        """Every answer that may be chosen, « je ne sais pas » last; none for a question that is written."""
        if self.kind not in CHOSEN:
            return ()
        own = self.choices or YES_NO
        known = any(choice.key == UNKNOWN for choice in own)
        return own if known or not self.unknown or self.kind == "several" else (*own, I_DO_NOT_KNOW)

    @property
    def is_scored(self) -> bool:
        return any(choice.score is not None for choice in self.choices)

    @model_validator(mode="after")
    def _check_choices(self) -> Self:
        if self.kind in ("choice", "several") and len(self.choices) < 2 and not self.choices_from:
            raise ValueError(f"« {self.key} » : une question à choix a deux réponses au moins")
        if self.kind not in CHOSEN and self.choices:
            raise ValueError(f"« {self.key} » : une réponse écrite n'a pas de choix")
        if double := doubled({"réponses": self.choices}):
            raise ValueError(f"« {self.key} » : {double[0]}")
        return self

    def read(self, value: Any) -> Any:
        """The answer as plain JSON; None for no answer. Raises AnswerError."""
        if value in (None, "", [], ()):
            return None
        try:
            return _READERS[self.kind](self, value)
        except AnswerError as error:
            raise AnswerError(self.invalid or f"« {self.label} » : {error}") from None

    def format(self, answer: Any) -> str:
        """An answer as a reader expects it."""
        labels = {choice.key: choice.label for choice in self.options}
        if answer in (None, "", []):
            return "–"
        match self.kind:
            case "choice" | "yes_no":
                return labels.get(answer, str(answer))
            case "several":
                return " ; ".join(labels.get(each, each) for each in answer)
            case "lines":
                return " ; ".join(answer).replace(
                    ". ; ", " ; "
                )  # sentences: the last one keeps its full stop
            case "date":
                return f"{date.fromisoformat(answer):%d/%m/%Y}"
            case "moment":
                return f"{datetime.fromisoformat(answer).astimezone(PARIS):%d/%m/%Y à %H:%M}"
            case "number":
                return f"{format_number(answer, f',{EXACT}', NO_BREAK)}{f' {self.unit}' if self.unit else ''}"
            case _:
                return str(answer)

    def to_cell(self, answer: Any) -> str:
        """An answer as a cell of a table that `from_cell` reads back: a number without its unit, a list one a line."""
        match self.kind:
            case "number":
                return format_number(answer, EXACT)
            case "lines":
                return "\n".join(answer)
            case _:
                return self.format(answer)

    def from_cell(self, value: Any) -> Any:
        """A cell as an answer to read: the label or a synonym of a choice stands for it; lists are cut by « ; » or by line."""
        text = str(value).strip() if value is not None else ""
        written = ((name, one.key) for one in self.options for name in (one.label, one.key, *one.synonyms))
        keys = {fold_name(name): key for name, key in written}
        match self.kind:
            case "choice" | "yes_no":
                return keys.get(fold_name(text), text)
            case "several":
                parts = filter(str.strip, re.split("[;\n]", text))
                return [keys.get(fold_name(part), part.strip()) for part in parts]
            case "lines":
                return [part for part in text.split("\n" if "\n" in text else ";") if part.strip()]
            case "date":
                return text[:10] if text[4:5] == "-" else text  # a moment, as a workbook has it, is its day
            case "number":
                return text.removesuffix(self.unit).strip() if self.unit else text
            case _:
                return text


CHOSEN = ("choice", "several", "yes_no")


def late_conditions(
    questions: Iterable[Question], members: Mapping[str, Collection[str]] = MappingProxyType({})
) -> Iterator[str]:
    """Questions that depend on one asked after them. `members`: the questions behind a name that stands for several."""
    ordered = tuple(questions)
    later = {question.key for question in ordered}
    for question in ordered:
        for key in dict.fromkeys(key for condition in question.when for key in condition.questions()):
            if later.intersection(members.get(key, (key,))):
                yield f"« {question.key} » dépend de « {key} », demandé après : rangez-le avant"
        later.discard(question.key)


def _read_text(question: Question, value: Any) -> str | None:
    text = strip_invisible(" ".join(str(value).split()) if question.kind == "line" else str(value)).strip()
    if text and len(text) < question.min_length:
        counts = f"{len(text)} signe{'s' if len(text) > 1 else ''}, {question.min_length} au moins"
        raise AnswerError(f"la réponse est trop courte pour qu'un lecteur la comprenne ({counts}).")
    if len(text) > (longest := question.max_length or LONGEST[question.kind]):
        raise AnswerError(f"la réponse est trop longue ({longest} signes au plus).")
    return text or None


def _read_lines(question: Question, value: Any) -> list[str] | None:
    rows = value.splitlines() if isinstance(value, str) else list(value)
    lines = [line for row in rows if (line := strip_invisible(str(row)).strip())]
    if lines and len(lines) < question.min_length:
        raise AnswerError(f"écrivez au moins {question.min_length} lignes, une par élément.")
    if len(lines) > MOST_LINES or max(map(len, lines), default=0) > LONGEST["lines"]:
        raise AnswerError(f"{MOST_LINES} lignes au plus, de {LONGEST['lines']} signes chacune.")
    for line in lines if question.parts else ():
        written = zip_longest(question.parts, line.split("|")[: len(question.parts)], fillvalue="")
        if missing := next((name for name, part in written if not part.strip()), ""):
            form = " | ".join(question.parts)
            raise AnswerError(
                f"à « {line} », il manque « {missing} ». Écrivez « {form} », un élément par ligne."
            )
    return lines or None


def _read_choice(question: Question, value: Any) -> str:
    if str(value) not in {choice.key for choice in question.options}:
        raise AnswerError("choisissez une des réponses proposées.")
    return str(value)


def _read_several(question: Question, value: Any) -> list[str] | None:
    chosen = [value] if isinstance(value, str) else [str(each) for each in value]
    keys = [choice.key for choice in question.options]
    if not set(chosen) <= set(keys):
        raise AnswerError("choisissez parmi les réponses proposées.")
    return [key for key in keys if key in chosen] or None


def _read_number(question: Question, value: Any) -> float:
    try:
        number = float("".join(str(value).split()).replace(",", "."))
    except ValueError:
        number = math.nan
    if not abs(number) < MANY:
        raise AnswerError(f"écrivez un nombre en chiffres, par exemple {4 if question.whole else '12,5'}.")
    if question.whole and not number.is_integer():
        raise AnswerError("écrivez un nombre entier, par exemple 4.")
    low, high = question.minimum, question.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise AnswerError("ce nombre est hors de ce qui est possible.")
    return number


def _read_date(question: Question, value: Any) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(_iso(str(value)))).isoformat()
    except ValueError:
        raise AnswerError("écrivez une date, par exemple 01/09/2026.") from None


def _iso(text: str) -> str:
    """« 01/09/2026 » as ISO; any other text as it is."""
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == 3 and all(part.isdecimal() for part in parts):
        day, month, year = (int(part) for part in parts)
        return f"{year:04}-{month:02}-{day:02}"
    return text


_FRENCH_MOMENT = re.compile(r"(\d{1,2}/\d{1,2}/\d{4})(?: à)? (\d{1,2}) ?[h:] ?(\d{2})?(?::\d{2})?")


def _iso_moment(text: str) -> str:
    """« 29/11/2026 à 8 h 30 » as ISO 8601; anything else as it is."""
    if found := _FRENCH_MOMENT.fullmatch(text):
        day, hour, minute = found.groups()
        return f"{_iso(day)}T{int(hour):02}:{minute or '00'}"
    return text


def _read_moment(question: Question, value: Any) -> str:
    """A moment with its offset; without one it is of the clocks of France, and one that they show twice is asked again."""
    try:
        moment = datetime.fromisoformat(_iso_moment(str(value).strip()))
    except ValueError:
        raise AnswerError("écrivez le jour et l'heure, par exemple 29/11/2026 à 8 h 30.") from None
    if moment.tzinfo is None:
        first, second = moment.replace(tzinfo=PARIS, fold=0), moment.replace(tzinfo=PARIS, fold=1)
        if first.astimezone(UTC).astimezone(PARIS).replace(tzinfo=None) != moment:
            raise AnswerError("cette heure n'existe pas, les montres avançaient d'une heure.")
        if first.utcoffset() != second.utcoffset():
            raise AnswerError(
                "cette heure a existé deux fois, les montres reculaient. Ajoutez « +02:00 » pour la première, « +01:00 » "
                "pour la seconde."
            )
        moment = first
    return moment.isoformat(timespec="minutes")


_READERS: dict[str, Callable[[Question, Any], Any]] = {
    "text": _read_text,
    "line": _read_text,
    "lines": _read_lines,
    "choice": _read_choice,
    "yes_no": _read_choice,
    "several": _read_several,
    "number": _read_number,
    "date": _read_date,
    "moment": _read_moment,
}
