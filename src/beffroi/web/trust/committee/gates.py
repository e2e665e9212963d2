"""The committee's gate: a high-risk system waits for a published opinion, and stays out against an unfavourable one.

In comes a use; out goes a `Judgement`. Only a reasoned, published decision of the elected body passes an unfavourable opinion.
"""

from typing import Final

from django.urls import reverse
from django.utils import timezone

from beffroi.web.workshop import manifests
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.life.gates import REQUIRED, Gate, Judgement
from beffroi.web.workshop.models import SystemUse

from ..legal import reading
from ..models import BodyDecision, Opinion

KEY: Final = "committee"


def gate() -> Gate:
    """Before a review too: a system may become high-risk while it serves."""
    return Gate(KEY, *REQUIRED[KEY], judge, forbids=False)


def judge(use: SystemUse) -> Judgement:
    """Shut on a high-risk system without opinion, and while the last opinion is not public; open, with why, where none is needed."""
    result = reading.as_of(use, timezone.localdate())
    url = reverse("committee-system", kwargs={"slug": use.territory.slug, "system": use.system})
    opinion: Opinion | None = use.opinions.select_related("session").first()
    if opinion is not None and opinion.published_at is None:
        return Judgement(
            False,
            f"L'avis rendu à la séance du {opinion.session.session_date:%d/%m/%Y} est inscrit, mais n'est pas encore publié. "
            "Publiez-le : il compte une fois public.",
            {"class": result.risk},
            url,
            waits=not result.needs_file,
        )
    if opinion is None:
        if result.needs_file or result.risk == "undetermined":
            return Judgement(
                False,
                "Ce service est à haut risque, ou sa classe n'est pas établie : le comité d'éthique doit donner son avis, et "
                "l'avis doit être publié.",
                {"class": result.risk},
                url,
                waits=not result.needs_file,
            )
        return Judgement(True, f"Pas d'avis nécessaire : {result.label}.", {"class": result.risk}, url)
    evidence = {"class": result.risk, "opinion": opinion.pk, "verdict": opinion.verdict}
    try:
        version = manifests.of(use).version
    except WorkshopError as error:
        return Judgement(False, str(error), evidence, url)
    if opinion.version != version and result.needs_file:
        return Judgement(
            False,
            f"L'avis porte sur la version {opinion.version} ; celle d'aujourd'hui est la {version}. Demandez un nouvel avis.",
            evidence,
            url,
        )
    if opinion.verdict != Opinion.Verdict.UNFAVOURABLE:
        message = f"Avis {opinion.get_verdict_display()}, {str(opinion.session).lower()}."
        if opinion.reserves:
            message += f" Réserves : {' ; '.join(opinion.reserves)}."
        return Judgement(True, message, evidence, url)
    decision = BodyDecision.objects.of(use.territory).filter(opinion=opinion).first()
    if decision is None:
        return Judgement(
            False,
            "L'avis du comité est défavorable. Seule une délibération motivée et publiée de l'assemblée élue permet de "
            "passer outre.",
            evidence,
            url,
        )
    return Judgement(
        True,
        f"Avis défavorable ; l'assemblée a passé outre : {decision.body}, {decision.reference}, publiée le "
        f"{decision.published_on:%d/%m/%Y}.",
        evidence | {"decision": decision.pk},
        url,
    )
