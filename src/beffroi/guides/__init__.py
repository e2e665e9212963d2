"""Guides: questionnaires, rules, registers, runbooks, plans and papers as dated data, with their sources (no Django).

In: the TOML files of a folder. Out: frozen models, and pure functions on what people answered.
"""

from pathlib import Path
from typing import Final

from .model import Guide
from .paper_model import Paper
from .plan import Plan
from .questionnaire import Questionnaire
from .register import Register
from .rule_model import Rule
from .runbook import Runbook

CONTENT: Final = Path(__file__).parent / "content"
KINDS: Final[dict[str, type[Guide]]] = {
    "questionnaire": Questionnaire,
    "rule": Rule,
    "register": Register,
    "runbook": Runbook,
    "plan": Plan,
    "paper": Paper,
}

__all__ = ["CONTENT", "KINDS", "Guide", "Paper", "Plan", "Questionnaire", "Register", "Rule", "Runbook"]
