"""Acts on the law of a system: answers to its questions, impact assessment, certificate. Out: the row, never changed later."""

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone

from beffroi.guides import Questionnaire, Rule
from beffroi.guides.questions import Question
from beffroi.systems import law
from beffroi.systems.law.answers import MIN_JUSTIFICATION, to_json
from beffroi.web.guides.library import guide
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person
from beffroi.web.workshop.models import SystemUse

from ..errors import AnswersRefused, TrustError
from ..models import Certificate, ImpactAssessment, LegalAnswer
from . import reading


def _answered(answer: LegalAnswer) -> str:
    left = len(answer.frozen.open_questions)
    plural = "s" if left > 1 else ""
    more = f" Il reste {left} question{plural} ouverte{plural}." if left else ""
    return f"Réponses enregistrées. Classe : {answer.get_risk_class_display()} (indicatif).{more}"


@act(
    "legal.answer",
    "réponses aux questions de droit sur un service d'IA",
    right="legal.answer",
    done=_answered,
)
def answer(
    use: SystemUse, person: Person, answers: Mapping[str, law.Answer], *, signed_role: str
) -> Recorded[LegalAnswer]:
    """Keep these answers, all of them anew, and what today's rules make of them. Raises AnswersRefused, TrustError.

    Questions may stay open: the gates that need them stay shut. The day is today's: another day is looked at, not kept.
    """
    rules = law.load_rules()
    signed_role = signed_role.strip()
    answers = {
        key: law.Answer(answer=one.answer, justification=one.justification.strip())
        for key, one in answers.items()
    }
    if refusals := _refusals(rules, answers):
        raise AnswersRefused(refusals)
    if not answers:
        raise TrustError("Vous n'avez répondu à aucune question. Rien n'a été enregistré.")
    if len(signed_role) < 3:
        raise TrustError("Dites en quelle qualité vous répondez, par exemple « DPO ».", "signed_role")
    today = timezone.localdate()
    result = law.evaluate(answers, today, manifest=reading.manifest(use), rules=rules)
    created = LegalAnswer.objects.create(
        territory=use.territory,
        use=use,
        answers=to_json(answers),
        as_of=today,
        rules_version=rules.version,
        risk_class=result.risk,
        refused=result.refused,
        settled=result.settled,
        result=result.model_dump(mode="json"),
        person=person,
        signed_role=signed_role[:120],
    )
    details = {
        "answer": created.pk,
        "as_of": today.isoformat(),
        "rules": rules.version,
        "class": result.risk,
        "refused": result.refused,
        "open": list(result.open_questions),
    }
    return Recorded(created, details, f"system:{use.system}")


def _refusals(rules: Rule, answers: Mapping[str, law.Answer]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, one in answers.items():
        question = rules.fact(key)
        if question is None:
            found[key] = "Cette question n'existe pas ou plus. Rechargez la page et recommencez."
        elif one.answer not in law.options(question):
            found[key] = f"Choisissez une des réponses à « {question.label} »."
        elif len(one.justification) < MIN_JUSTIFICATION:
            found[key] = (
                f"Écrivez pourquoi, en {MIN_JUSTIFICATION} caractères au moins : cette réponse sera relue."
            )
    return found


def assessment_questions() -> tuple[Question, ...]:
    """The six points of the fundamental-rights impact assessment."""
    return guide(Questionnaire, "system-rights").questions


@act(
    "legal.assess",
    "analyse d'impact sur les droits fondamentaux d'un service d'IA",
    right="legal.answer",
    done="L'analyse d'impact est enregistrée. Elle est inscrite au registre.",
)
def assess(use: SystemUse, person: Person, answers: Mapping[str, str]) -> Recorded[ImpactAssessment]:
    """Keep a fundamental-rights impact assessment: its six points, whole. Raises AnswersRefused."""
    questions = assessment_questions()
    points = {question.key: answers.get(question.key, "").strip() for question in questions}
    short = {
        question.key: question.missing
        for question in questions
        if len(points[question.key]) < question.min_length
    }
    if short:
        raise AnswersRefused(short)
    created = ImpactAssessment.objects.create(
        territory=use.territory,
        use=use,
        answers=points,
        rules_version=law.load_rules().version,
        person=person,
    )
    return Recorded(created, {"assessment": created.pk}, f"system:{use.system}")


@act(
    "legal.certify",
    "certificat d'un service d'IA",
    right="legal.answer",
    done="Le certificat est enregistré. Il est inscrit au registre.",
)
def certify(
    use: SystemUse, person: Person, *, text: str, body: str, day: date, url: str = ""
) -> Recorded[Certificate]:
    """Keep the reference of a certificate that somebody outside gave. Raises TrustError."""
    text, body, url = text.strip(), body.strip(), url.strip()
    if len(text) < 5:
        raise TrustError("Écrivez la référence du certificat, telle qu'elle figure dessus.", "text")
    if len(body) < 3:
        raise TrustError("Dites quel organisme l'a délivré.", "body")
    if day > timezone.localdate():
        raise TrustError("Cette date est dans l'avenir : donnez celle du certificat.", "date")
    if url:
        try:
            URLValidator(schemes=["https", "http"])(url)
        except ValidationError:
            raise TrustError("Cette adresse ne se lit pas : elle commence par https://", "url") from None
    created = Certificate.objects.create(
        territory=use.territory,
        use=use,
        text=text[:300],
        body=body[:200],
        date=day,
        url=url,
        person=person,
    )
    return Recorded(created, {"certificate": created.pk}, f"system:{use.system}")
