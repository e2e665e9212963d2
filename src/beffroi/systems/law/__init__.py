"""Law of a system of AI: its legal class and duties on a day, with the article, the source and the date of each.

`evaluate(answers, as_of)` gives a `LegalResult`, always « indicatif ». The law itself is a guide, `content/trust/law.toml`,
and the engine that reads it is `guides.rule`; here is what only a system has: its manifest, its purpose, the words of its class.
"""

from beffroi.guides.conditions import UNKNOWN

from .answers import Answer, RulesError, load_rules, options, relevant_questions
from .evaluate import apply_manifest, evaluate
from .result import CLASSES, DutyDue, LegalResult, Reason
from .terms import PurposeWarning, screen_purpose

__all__ = [
    "CLASSES",
    "UNKNOWN",
    "Answer",
    "DutyDue",
    "LegalResult",
    "PurposeWarning",
    "Reason",
    "RulesError",
    "apply_manifest",
    "evaluate",
    "load_rules",
    "options",
    "relevant_questions",
    "screen_purpose",
]
