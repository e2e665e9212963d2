"""Law as dated data: legal class and duties of a system on a day, with the article, the source and the date of each rule.

`evaluate(answers, as_of)` gives a `LegalResult`, always « indicatif »; the data are the TOML files beside this one.
"""

from .answers import Answer, open_questions, relevant_questions
from .evaluate import apply_manifest, evaluate
from .model import NO, UNKNOWN, YES, Question, Rules, RulesError, format_date, load_rules
from .result import CLASSES, DutyDue, LegalResult, Reason, Status
from .terms import PurposeWarning, screen_purpose

__all__ = [
    "CLASSES",
    "NO",
    "UNKNOWN",
    "YES",
    "Answer",
    "DutyDue",
    "LegalResult",
    "PurposeWarning",
    "Question",
    "Reason",
    "Rules",
    "RulesError",
    "Status",
    "apply_manifest",
    "evaluate",
    "format_date",
    "load_rules",
    "open_questions",
    "relevant_questions",
    "screen_purpose",
]
