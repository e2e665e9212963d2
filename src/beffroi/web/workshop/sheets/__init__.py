"""The questionnaires about a system, as data: which there are, and what a person answered last."""

from .mandate import MANDATE
from .model import Answers, Fault, Part, Question, Sheet, SheetRefused, format_answer, missing, read
from .need import NEED
from .supplier import SOVEREIGNTY, SUPPLIER
from .trial import REVIEW, SANDBOX, TRIAL

SHEETS: dict[str, Sheet] = {
    sheet.kind: sheet for sheet in (NEED, SUPPLIER, SOVEREIGNTY, MANDATE, SANDBOX, TRIAL, REVIEW)
}

__all__ = [
    "MANDATE",
    "NEED",
    "REVIEW",
    "SANDBOX",
    "SHEETS",
    "SOVEREIGNTY",
    "SUPPLIER",
    "TRIAL",
    "Answers",
    "Fault",
    "Part",
    "Question",
    "Sheet",
    "SheetRefused",
    "format_answer",
    "missing",
    "read",
]
