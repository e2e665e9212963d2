"""What the trust room adds to a territory: answers of law with their justifications, an impact assessment, a certificate."""

from datetime import date
from typing import TYPE_CHECKING

from beffroi.systems import law
from beffroi.web.trust.legal import services

if TYPE_CHECKING:
    from .world import Side


def furnish_law(side: "Side") -> None:
    """High risk, so that everything there is to write is written. Called inside the territory."""
    word, person, rules = side.words.private, side.people["everything"], law.load_rules()
    given = {
        question.key: law.Answer(
            answer=next(key for key in law.options(question) if key != question.strict),
            justification=f"Vérifié par {word} avec le service.",
        )
        for question in rules.facts
    }
    given["employment"] = law.Answer(answer="yes", justification=f"Sert à {word}.")
    given["narrow_task"] = law.Answer(answer="none", justification=f"Vérifié par {word}.")
    points = {
        question.key: f"{question.label} : décrit par {word} en entier."
        for question in services.assessment_questions()
    }
    for n in range(1 + side.words.more):
        services.answer(side.use, person, given, signed_role=f"Juriste {word}")
        services.assess(side.use, person, points)
        services.certify(
            side.use,
            person,
            text=f"Certificat {word} {n}",
            body=f"Organisme {word}",
            day=date(2026, 3, 2),
            url=f"https://{side.words.private_word}.example/",
        )
