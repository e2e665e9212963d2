"""Putting right a case that was decided wrongly: a line beside the decision, never in its place.

In: a decision and what it should have been. Out: a `CaseCorrection`, under the mandate of the person who corrects. It gives
back, it never takes: a decision against somebody goes by the second reading. Raises DecisionError.
"""

import hashlib

from django.db import transaction
from django.utils import timezone

from beffroi.web.territories import holding, ledger
from beffroi.web.territories.models import Person
from beffroi.web.territories.rights import require

from . import authority
from .errors import DecisionError
from .judging import Choice, act_of, decided_value, is_unfavourable, may_simulate
from .machines import by_a_person_only
from .models import CaseCorrection, Contestation, Decision
from .services import given_reason


def correct_case(
    decision: Decision, person: Person, choice: Choice, contestation: Contestation | None = None
) -> CaseCorrection:
    require(person, act_of(decision.proposal), decision)
    by_a_person_only("La décision reste telle quelle.")
    reason = given_reason(choice)
    with transaction.atomic():
        rows = Decision.objects.of(decision.territory).select_related("proposal")
        decision = rows.get(pk=decision.pk)
        person = Person.objects.get(pk=person.pk)
        holding.forget()
        require(person, act_of(decision.proposal), decision)
        mandate = authority.standing(person, decision.proposal)
        may_simulate(person)
        if is_unfavourable(decision.proposal, choice.verdict, choice.unfavourable):
            raise DecisionError(
                "Une correction répare : elle n'est pas défavorable à la personne. Pour cela, demandez une nouvelle "
                "proposition, qui passera par une seconde lecture. Rien n'a été enregistré.",
                "verdict",
            )
        value = decided_value(decision.proposal, choice)
        if decision.standing == (choice.verdict, value):
            raise DecisionError(
                "C'est déjà ce qui est décidé : il n'y a rien à corriger. Rien n'a été enregistré.", "verdict"
            )
        if contestation is not None and contestation.proposal_id != decision.proposal_id:
            raise DecisionError(
                "Cette contestation porte sur une autre proposition. Rien n'a été enregistré."
            )
        row = CaseCorrection(
            territory=decision.territory,
            decision=decision,
            contestation=contestation,
            verdict=choice.verdict,
            value=value,
            reason=reason,
            person=person,
            mandate=mandate,
            authority=authority.frozen(mandate),
            at=timezone.now(),
        )
        row.save(force_insert=True)
        told = {
            "decision": decision.pk,
            "correction": row.pk,
            "contestation": contestation.pk if contestation else None,
            "verdict": row.verdict,
            "value": row.value,
            "reason_sha256": hashlib.sha256(reason.encode()).hexdigest(),
            "authority": row.authority,
        }
        ledger.append(row.territory, "decision.correct", person, f"proposal:{decision.proposal_id}", told)
    return row
