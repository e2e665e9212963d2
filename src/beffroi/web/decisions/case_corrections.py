"""Putting right a case that was decided wrongly: a line beside the decision, never in its place.

In: a decision and what it should have been. Out: a `CaseCorrection`, under the mandate of the person who corrects. It gives
back, it never takes: a decision against somebody goes by the second reading. Raises DecisionError.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import active_roles, require

from . import authority
from .errors import DecisionError
from .judging import Choice, act_of, decided_value, is_unfavourable, may_simulate
from .machines import by_a_person_only
from .models import CaseCorrection, Contestation, Decision, Proposal
from .services import stated_reason

IT_REPAIRS = (
    "Une correction répare : elle n'est pas défavorable à la personne. Pour cela, demandez une nouvelle proposition, qui "
    "passera par une seconde lecture. Rien n'a été enregistré."
)


def correct_case(
    decision: Decision, person: Person, choice: Choice, contestation: Contestation | None = None
) -> CaseCorrection:
    require(person, act_of(decision.proposal), decision)
    by_a_person_only("La décision reste telle quelle.")
    reason = stated_reason(choice)
    with transaction.atomic():
        rows = Decision.objects.of(decision.territory).select_related("proposal")
        # Held: what stands must not change before it is written over.
        decision = rows.select_for_update(of=("self",)).get(pk=decision.pk)
        person = Person.objects.get(pk=person.pk)
        active_roles.clear_cache()
        require(person, act_of(decision.proposal), decision)
        mandate = authority.active_mandate(person, decision.proposal)
        may_simulate(person)
        if is_unfavourable(decision.proposal, choice.verdict, choice.unfavourable):
            raise DecisionError(IT_REPAIRS, "verdict")
        value = decided_value(decision.proposal, choice)
        if decision.in_force == (choice.verdict, value):
            raise DecisionError(
                "C'est déjà ce qui est décidé : il n'y a rien à corriger. Rien n'a été enregistré.", "verdict"
            )
        if _takes(decision, value):
            raise DecisionError(
                f"Cette valeur donne moins à la personne que ce qui est décidé. {IT_REPAIRS}", "value"
            )
        if contestation is not None:
            contestation = Contestation.objects.of(decision.territory).get(pk=contestation.pk)
            _confirmed(contestation, decision)
        return write_corrections([(decision, choice.verdict, value)], person, mandate, reason, contestation)[
            0
        ]


def write_corrections(
    rows: Sequence[tuple[Decision, str, float | None]],
    person: Person,
    mandate: Membership,
    reason: str,
    contestation: Contestation | None = None,
) -> list[CaseCorrection]:
    """Write the corrections of one territory, judged beforehand: each verdict and value beside its decision, one ledger line each."""
    now, territory = timezone.now(), rows[0][0].territory
    corrections = CaseCorrection.objects.bulk_create(
        CaseCorrection(
            territory=territory,
            decision=decision,
            contestation=contestation,
            verdict=verdict,
            value=value,
            reason=reason,
            person=person,
            mandate=mandate,
            authority=authority.frozen(mandate),
            at=now,
        )
        for decision, verdict, value in rows
    )
    ledger.append_many(territory, [_line(row) for row in corrections])
    return corrections


def _line(row: CaseCorrection) -> ledger.NewLine:
    details = {
        "decision": row.decision_id,
        "correction": row.pk,
        "contestation": row.contestation_id,
        "verdict": row.verdict,
        "value": row.value,
        "reason_sha256": text_sha256(row.reason),
        "authority": row.authority,
    }
    return ledger.NewLine("decision.correct", row.person, f"proposal:{row.decision.proposal_id}", details)


def _takes(decision: Decision, value: float | None) -> bool:
    """Whether this value is worse for the person than the one that stands."""
    proposal, current = decision.proposal, decision.in_force[1]
    if not proposal.individual or value is None:
        return False
    if proposal.effect == Proposal.Effect.UNFAVOURABLE:
        return current is None or value > current
    return proposal.effect == Proposal.Effect.FAVOURABLE and current is not None and value < current


def _confirmed(contestation: Contestation, decision: Decision) -> None:
    if contestation.proposal_id != decision.proposal_id:
        raise DecisionError("Cette contestation porte sur une autre proposition. Rien n'a été enregistré.")
    if not contestation.error_found:
        raise DecisionError(
            "L'erreur n'est pas confirmée : répondez d'abord à la contestation. Rien n'a été enregistré."
        )
