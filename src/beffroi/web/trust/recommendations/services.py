"""Receiving a recommendation and saying what becomes of it: the only writers of these rows, one ledger line each.

In come a person with the right and what they typed; out go rows. Raises TrustError in French, `PermissionDenied`.
"""

from datetime import date

from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.catalogue.sources.fetch_schedules import in_month
from beffroi.web.decisions import authority
from beffroi.web.decisions.machines import by_a_person_only
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles

from ..errors import TrustError
from ..models import Recommendation, RecommendationStep
from ..models.recommendations import SHORTEST_ANSWER
from .reading import where

State = RecommendationStep.State
MONTHS = 2
_SHORTEST = 15

# Where a recommendation may go next: a refusal may be looked at again, what is done stays done.
PATHS: dict[str, tuple[str, ...]] = {
    State.RECEIVED: (State.STUDIED, State.ACCEPTED, State.PARTLY, State.REFUSED),
    State.STUDIED: (State.ACCEPTED, State.PARTLY, State.REFUSED),
    State.ACCEPTED: (State.DONE, State.PARTLY, State.REFUSED),
    State.PARTLY: (State.DONE, State.ACCEPTED, State.REFUSED),
    State.REFUSED: (State.STUDIED,),
    State.DONE: (),
}


def due(received_on: date) -> date:
    """Two months later, as for a request to an administration; the last day of a shorter month."""
    return in_month(received_on.year, received_on.month + MONTHS, received_on.day)


@act(
    "recommendation.receive",
    "inscription d'une recommandation de citoyens",
    right="recommendation.manage",
    label="Inscrire",
    done="{it} est inscrite et publique. Réponse promise le {it.answer_due:%d/%m/%Y}.",
)
def receive(
    territory: Territory,
    by: Person,
    *,
    text: str,
    origin: str,
    received_on: date,
    answer_due: date | None = None,
) -> Recorded[Recommendation]:
    """Write a recommendation down, with its number and the day by which an answer is owed. It is public at once."""
    text = text.strip()
    if len(text) < _SHORTEST:
        raise TrustError("Écrivez la recommandation telle que les citoyens l'ont faite.", "text")
    if origin not in Recommendation.Origin.values:
        raise TrustError("Dites d'où vient cette recommandation.", "origin")
    if received_on > timezone.localdate():
        raise TrustError("Ce jour n'est pas encore venu : donnez celui de la réception.", "received_on")
    answer_due = answer_due or due(received_on)
    if answer_due < received_on:
        raise TrustError("La réponse ne peut pas être attendue avant la réception.", "answer_due")
    # The chain is held first: two people who write at once get two numbers.
    bulk_insert.lock_chain(territory.pk)
    last = Recommendation.objects.of(territory).order_by("-number").first()
    created: Recommendation = Recommendation.objects.create(
        territory=territory,
        number=last.number + 1 if last else 1,
        text=text[:10_000],
        origin=origin,
        received_on=received_on,
        answer_due=answer_due,
        by=by,
    )
    details = {
        "received_on": received_on.isoformat(),
        "answer_due": answer_due.isoformat(),
        "sha256": text_sha256(text),
    }
    return Recorded(created, details, f"recommendation:{created.number}")


@act(
    "recommendation.step",
    "suite donnée à une recommandation de citoyens",
    right="recommendation.manage",
    label="Enregistrer et publier",
    done="La suite est inscrite, et publique.",
)
def follow(row: Recommendation, by: Person, state: str, answer: str = "") -> Recorded[RecommendationStep]:
    """Say what becomes of it; an acceptance, a refusal and an achievement carry their answer to the citizens."""
    by_a_person_only("Rien n'a été enregistré.")
    answer = answer.strip()
    if state in RecommendationStep.ANSWERS and len(answer) < SHORTEST_ANSWER:
        raise TrustError(
            f"Répondez aux citoyens en {SHORTEST_ANSWER} caractères au moins : ce qui est fait, ou pourquoi non.",
            "answer",
        )
    now = where(row)
    if state not in PATHS[now.state]:
        raise TrustError(
            f"Cette recommandation est « {now.label} » : choisissez une suite possible. Rien n'a été changé.",
            "state",
        )
    mandate = active_roles.authority(by, row.territory)
    step: RecommendationStep = RecommendationStep.objects.create(
        territory=row.territory,
        recommendation=row,
        state=state,
        answer=answer[:10_000],
        person=by,
        authority=authority.frozen(mandate) if mandate is not None else None,
    )
    details = {"step": step.pk, "state": state, "sha256": text_sha256(answer), "authority": step.authority}
    return Recorded(step, details, f"recommendation:{row.number}")
