"""The answers of law on the demonstration's systems: told as simulated, each of them, by a demonstration member.

In come a use, its texts of law where it is of high risk, and who answers; what asks the least is answered everywhere but at the
question that they name and at what the manifest declares of individual decisions, which are answered yes, with the papers that the
law then asks, invented and said so.
"""

from django.utils import timezone

from beffroi.systems import law
from beffroi.web.platform.models import Person
from beffroi.web.trust.legal import services
from beffroi.web.workshop import manifests
from beffroi.web.workshop.models import SystemUse

from .demonstrated_systems import LawTexts

SIMULATED = "Réponse simulée de la démonstration, à refaire par une personne compétente"


def answer_the_law(use: SystemUse, texts: LawTexts | None, person: Person) -> None:
    """Every question asked, then the papers of a high-risk system."""
    declared = manifests.of(use).legal
    why = f"{SIMULATED} : {declared.risk_why}"
    answered_yes = {texts.concerned} if texts is not None else set()
    if declared.individual_decision:
        answered_yes.add("individual_decision")
    answers: dict[str, law.Answer] = {}
    for question in law.load_rules().facts:
        least = next(key for key in law.options(question) if key != question.strict)
        answer = question.strict if question.key in answered_yes else least
        answers[question.key] = law.Answer(answer=answer, justification=why)
    relevant = {question.key for question in law.relevant_questions(law.load_rules(), answers)}
    services.answer(
        use,
        person,
        {key: one for key, one in answers.items() if key in relevant},
        signed_role="Gestionnaire des données (membre de démonstration)",
    )
    if texts is not None:
        _papers(use, texts, person)


def _papers(use: SystemUse, texts: LawTexts, person: Person) -> None:
    points = {
        question.key: f"{SIMULATED}. {texts.assessment}" for question in services.assessment_questions()
    }
    services.assess(use, person, points)
    services.certify(
        use,
        person,
        text="Certificat inventé pour la démonstration",
        body="Organisme inventé",
        day=timezone.localdate(),
    )
