"""Law as dated data: what a system's answers make of it on a day, with the article, the source and the date of each rule.

`evaluate(answers, as_of)` gives a `LegalResult`, always « indicatif »; the data are the TOML files beside this one.
"""

from .answers import Answer, missing, wanted
from .evaluate import evaluate, with_manifest
from .model import NO, UNKNOWN, YES, Question, Rules, RulesError, french, read
from .result import CLASSES, DutyDue, LegalResult, Reason, Status
from .terms import Warned, screen

__all__ = [
    "CLASSES",
    "NO",
    "UNKNOWN",
    "YES",
    "Answer",
    "DutyDue",
    "LegalResult",
    "Question",
    "Reason",
    "Rules",
    "RulesError",
    "Status",
    "Warned",
    "evaluate",
    "french",
    "missing",
    "read",
    "screen",
    "wanted",
    "with_manifest",
]
