"""What people decide on proposals: the only writer of decisions.

`decide` asks for a person with the right, and refuses while a system is at work; an unfavourable decision on a person goes
by `second_reading`, which ends in `take` too. What systems suggest enters by `proposing`.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import json_sha256, text_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles, require

from . import authority
from .errors import DecisionError, NeedsConfirmation, ProposalError
from .judging import (
    ABSURD,
    Choice,
    act_of,
    decided_items,
    decided_value,
    is_unfavourable,
    may_simulate,
    still_open,
)
from .machines import by_a_person_only, machine_at_work
from .models import Decision, Proposal
from .plans import Retained
from .proposing import propose, withdraw

__all__ = [
    "ABSURD", "MOST_AT_ONCE", "DecisionError", "NeedsConfirmation", "ProposalError", "Retained", "accept_several",
    "decide", "machine_at_work", "propose", "withdraw",
]  # fmt: skip
MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Reading:
    """The second reading of an unfavourable decision: by whom, and in which words."""

    reader: Person
    words: str


def decide(
    proposal: Proposal,
    person: Person,
    verdict: str,
    *,
    value: float | None = None,
    reason: str,
    confirmed: bool = False,
    unfavourable: bool | None = None,
    items: Sequence[Retained] | None = None,
) -> Decision:
    """Record what a person decided, unless it is unfavourable to somebody: a second person reads that first.

    Raises `PermissionDenied`, `DecisionError`, or `NeedsConfirmation` unless `confirmed`.
    """
    require(person, act_of(proposal), proposal)
    by_a_person_only()
    if is_unfavourable(proposal, verdict, unfavourable):
        raise DecisionError(
            "Cette décision est défavorable à la personne : elle se prépare, puis une seconde personne la relit. "
            "Rien n'a été enregistré.",
            "verdict",
        )
    retained = None if items is None else tuple(items)
    return take(proposal, person, Choice(verdict, value, reason, confirmed, unfavourable, items=retained))


def take(
    proposal: Proposal, person: Person, choice: Choice, reading: Reading | None = None, batch: str = ""
) -> Decision:
    """Write one decision and its ledger line; every check is made again inside the transaction."""
    by_a_person_only()
    reason = stated_reason(choice)
    with transaction.atomic():
        # Read again inside the transaction: two people may answer at once, and what was handed over may be stale.
        proposal = Proposal.objects.of(proposal.territory).select_for_update().get(pk=proposal.pk)
        person = Person.objects.get(pk=person.pk)
        active_roles.clear_cache()
        require(person, act_of(proposal), proposal)
        mandate = authority.active_mandate(person, proposal)
        simulated = may_simulate(person)
        still_open(proposal)
        decision = Decision(
            territory=proposal.territory,
            proposal=proposal,
            person=person,
            verdict=choice.verdict,
            value=decided_value(proposal, choice),
            items=decided_items(proposal, choice),
            reason=reason,
            simulated=simulated,
            at=timezone.now(),
            mandate=mandate,
            authority=authority.frozen(mandate),
            batch=batch or None,
        )
        if proposal.individual:
            decision.unfavourable = reading is not None
        if reading is not None:
            decision.text, decision.second_reader = choice.text.strip(), reading.reader
            decision.second_reading, decision.second_read_at = reading.words, decision.at
        decision.save(force_insert=True)
        ledger.append(
            proposal.territory,
            "decision.record",
            person,
            f"proposal:{proposal.pk}",
            _ledger_details(decision),
        )
    return decision


def stated_reason(choice: Choice) -> str:
    reason = choice.reason.strip()
    if not reason:
        raise DecisionError(
            "Il manque le motif : dites en une phrase pourquoi. Rien n'a été enregistré.", "reason"
        )
    return reason


def _ledger_details(decision: Decision) -> dict[str, object]:
    """What the ledger's line commits to. The words may name people: it commits to them without holding them."""
    details: dict[str, object] = {
        "decision": decision.pk,
        "run": decision.proposal.run,
        "verdict": decision.verdict,
        "proposed": decision.proposal.value,
        "decided": decision.value,
        "reason_sha256": text_sha256(decision.reason),
        "simulated": decision.simulated,
        "authority": decision.authority,
    }
    if decision.items is not None:
        details["items_sha256"] = json_sha256(decision.items)
    if decision.unfavourable:
        details |= {
            "unfavourable": True,
            "text_sha256": text_sha256(decision.text or ""),
            "second_reader": decision.second_reader_id,
        }
    return details


def accept_several(
    proposals: Sequence[Proposal], person: Person, *, reason: str, territory: Territory
) -> list[Decision]:
    """Accept several proposals for one reason, all or none: one decision and one ledger line each."""
    require(person, "decision.record", territory)
    if not proposals:
        raise DecisionError("Vous n'avez coché aucune proposition. Cochez celles que vous acceptez.")
    if len(proposals) > MOST_AT_ONCE:
        raise DecisionError(
            f"Vous avez coché {len(proposals)} propositions : pas plus de {MOST_AT_ONCE} à la fois, pour que "
            "chacune soit vraiment lue. Rien n'a été enregistré."
        )
    if any(proposal.territory_id != territory.pk for proposal in proposals):
        raise DecisionError("Une des propositions n'est pas de ce territoire. Rien n'a été enregistré.")
    batch = uuid.uuid4().hex
    with transaction.atomic():
        # Read again: what was handed over may not say what the proposal is.
        rows = Proposal.objects.of(territory).in_bulk([proposal.pk for proposal in proposals])
        if any(not rows[proposal.pk].may_be_ticked for proposal in proposals):
            raise DecisionError(
                "Une des propositions cochées concerne une personne : ces dossiers se lisent et se décident un par un. "
                "Rien n'a été enregistré."
            )
        choice = Choice(Decision.Verdict.ACCEPT, None, reason)
        return [take(proposal, person, choice, batch=batch) for proposal in proposals]
