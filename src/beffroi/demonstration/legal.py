"""The answers of law on the canteen system in a demonstration: told as simulated, each of them, by a demonstration member."""

from beffroi.systems import law
from beffroi.web.territories.models import Person
from beffroi.web.trust.legal import services
from beffroi.web.workshop.models import SystemUse

WHY = (
    "Réponse simulée de la démonstration, à refaire par une personne compétente : il prévoit des quantités de repas par "
    "site, jamais des personnes."
)


def answer_the_law(use: SystemUse, person: Person) -> None:
    """What asks the least everywhere: a forecast of meals decides on nobody, sees nobody and speaks to nobody."""
    given: dict[str, law.Answer] = {}
    for question in law.read().questions:
        least = next(key for key, _ in question.options if key != question.strictest)
        given[question.id] = law.Answer(answer=least, justification=WHY)
    asked = {question.id for question in law.wanted(law.read(), given)}
    services.answer(
        use,
        person,
        {key: one for key, one in given.items() if key in asked},
        signed_role="Responsable des données (membre de démonstration)",
    )
