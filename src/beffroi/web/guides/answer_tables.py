"""Answers as a table: taken away, filled in offline, and read back by the key or the words of each question.

In: a response with its guide, or a table. Out: rows of values; the answers of the table, and its lines that are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from beffroi.guides import Guide
from beffroi.guides.conditions import Answers
from beffroi.guides.questions import Question
from beffroi.text import fold_name
from beffroi.web.ui import workbooks

from . import presenting
from .errors import GuideError
from .models import Response
from .services.responses import questions_of
from .tables import ANSWER, KEY, QUESTION, Table, sheet_name, typed

HEADING: Final = ("partie", QUESTION, ANSWER, "remarque", "par", KEY)
FORM_HEADING: Final = ("partie", QUESTION, ANSWER, "réponses possibles", "à savoir", KEY)
_NAMES: Final = {
    **dict.fromkeys((KEY, "cle", "identifiant", "key"), KEY),
    **dict.fromkeys((QUESTION, "questions"), QUESTION),
    **dict.fromkeys((ANSWER, "reponses", "valeur", "answer"), ANSWER),
}
_BY_NAME: Final = {fold_name(written): name for written, name in _NAMES.items()}


def column_of(title: str) -> str:
    """The column that this heading names: KEY, QUESTION or ANSWER; "" for what is not read."""
    return _BY_NAME.get(fold_name(title), "")


def rows(response: Response, found: Guide) -> list[list[Any]]:
    """What is asked with its answers, under HEADING."""
    return [
        [
            title,
            row.question.label,
            row.answer if row.is_answered else None,
            row.note,
            row.by,
            row.question.key,
        ]
        for title, several in presenting.rows(response, found)
        for row in several
    ]


def form(found: Guide, answers: Answers) -> bytes:
    """A workbook to fill in offline: every question, what is answered already, lists of the choices."""
    lists: dict[tuple[int, int], tuple[str, ...]] = {}
    lines: list[list[Any]] = []
    for title, questions in presenting.sections(found):
        for question in questions:
            labels = tuple(choice.label for choice in question.options)
            if question.kind in ("choice", "yes_no"):
                lists[len(lines), FORM_HEADING.index(ANSWER)] = labels
            (value,) = typed([question], dict(answers))
            lines.append([title, question.label, value, " ; ".join(labels), _to_know(question), question.key])
    return workbooks.write("xlsx", [workbooks.Sheet(sheet_name(found.title), FORM_HEADING, lines, lists)])


_HOW: Final = {
    "several": "Plusieurs réponses possibles, séparées par « ; ».",
    "lines": "Plusieurs réponses possibles, séparées par « ; ».",
    "date": "Un jour, par exemple 01/09/2026.",
    "moment": "Le jour et l'heure, par exemple 29/11/2026 08:30.",
}


def _to_know(question: Question) -> str:
    """How to answer, in which unit, and whether it is always asked."""
    unit = f"Un nombre ({question.unit})." if question.unit else ""
    when = "Demandé selon vos autres réponses." if question.when else ""
    return " ".join(filter(None, (question.help, _HOW.get(question.kind, ""), unit, when)))


@dataclass(frozen=True)
class AnswersRead:
    """The answers of a table, by question, with their lines; lines refused, and why. A blank cell says nothing."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)


def read(found: Guide, table: Table, answers: Answers) -> AnswersRead:
    """The answers of this table that are not those of now. Raises GuideError where a column is missing."""
    places = {column_of(title): at for at, title in reversed(list(enumerate(table.heading)))}
    if ANSWER not in places or not {KEY, QUESTION} & places.keys():
        raise GuideError(
            f"Il faut une colonne « {QUESTION} » (ou « {KEY} ») et une colonne « {ANSWER} ». Rien n'a changé. Ajoutez-les, puis "
            "recommencez.",
            "file",
        )
    by_name = _by_name(found)
    made = AnswersRead(refused=list(table.refused))
    for line, row in zip(table.lines, table.rows, strict=True):
        cells = {name: row[at].strip() for name, at in places.items() if at < len(row)}
        if not (cell := cells.get(ANSWER, "")) or cell == "–":
            continue
        named = cells.get(KEY) or cells.get(QUESTION, "")
        question = by_name.get(cells.get(KEY, "")) or by_name.get(fold_name(cells.get(QUESTION, "")))
        if question is None:
            made.refused.append(
                (line, f"« {named} » n'est pas une question d'ici. Reprenez ses mots, ou sa clé.")
            )
        elif first := made.lines.get(question.key):
            made.refused.append(
                (line, f"« {question.label} » est déjà à la ligne {first}. Laissez une seule réponse.")
            )
        else:
            made.lines[question.key] = line
            now = answers.get(question.key)
            if now is None or cell not in (question.format(now), question.to_cell(now)):
                made.values[question.key] = question.from_cell(cell)
    return made


def _by_name(found: Guide) -> Mapping[str, Question]:
    """The questions by key, and by their words where only one has them."""
    questions = questions_of(found)
    words = [fold_name(question.label) for question in questions]
    named = {
        word: question for word, question in zip(words, questions, strict=True) if words.count(word) == 1
    }
    return named | {question.key: question for question in questions}
