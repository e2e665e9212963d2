"""Answers to the questions of law for tests: what asks the least everywhere, except what a test says."""

from beffroi.systems import law
from beffroi.web.trust.legal import services

WHY = "Vérifié avec le service concerné."


def answers(*, only: str = "", **given: str) -> dict[str, law.Answer]:
    """Every question answered (or those of one or several themes, « only »), each with its justification."""
    rules = law.load_rules()
    least = {
        q.key: next(key for key in law.options(q) if key != q.strict)
        for q in rules.facts
        if not only or q.theme in only.split()
    }
    fixed = {"narrow_task": "none", "legacy": "no", "generates_since": "no", "notice": "yes"}
    least |= {key: value for key, value in fixed.items() if key in least}
    return {key: law.Answer(answer=value, justification=WHY) for key, value in (least | given).items()}


POINTS = {
    question.key: f"{question.label} : décrit ici en entier, pour un essai."
    for question in services.assessment_questions()
}
