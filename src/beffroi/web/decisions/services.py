"""What people decide on proposals: the only writer of decisions.

`decide` asks for a person with the right, and refuses while a system is at work; an unfavourable decision on a person goes
by `second_reading`, which ends in `take` too. What systems suggest enters by `proposing`.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import json_sha256, text_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles, require
from beffroi.web.ui.formats import counted, number

from . import authority, triage
from .errors import DecisionError, LinesRefused, NeedsConfirmation, ProposalError, StalePage
from .judging import (
    ABSURD,
    REFERENCE_SERVES,
    Choice,
    act_of,
    check_reasons,
    decided_items,
    decided_value,
    is_unfavourable,
    may_simulate,
    still_open,
    too_far,
)
from .machines import by_a_person_only, machine_at_work
from .models import Decision, Proposal
from .notices import notice_for
from .plans import Retained
from .proposing import propose, withdraw

__all__ = [
    "ABSURD", "REFERENCE_SERVES", "DecisionError", "LinesRefused", "NeedsConfirmation", "ProposalError", "Retained",
    "StalePage", "decide", "decide_day", "machine_at_work", "propose", "withdraw",
]  # fmt: skip


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


def take(proposal: Proposal, person: Person, choice: Choice, reading: Reading | None = None) -> Decision:
    """Write one decision and its ledger line; every check is made again inside the transaction."""
    with transaction.atomic():
        return _write([(proposal, choice)], person, reading)[0]


def _write(
    answers: Sequence[tuple[Proposal, Choice]], person: Person, reading: Reading | None = None
) -> list[Decision]:
    """Write the decisions of one person on proposals of one territory, all or none; those accepted together bear one mark."""
    by_a_person_only()
    reasons = {proposal.pk: stated_reason(choice) for proposal, choice in answers}
    choices = {proposal.pk: choice for proposal, choice in answers}
    territory = answers[0][0].territory
    # Read again inside the transaction: two people may answer at once, and what was handed over may be stale.
    rows = Proposal.objects.of(territory).select_for_update(of=("self",)).select_related("territory")
    proposals = list(rows.filter(pk__in=choices).order_by("pk"))
    person = Person.objects.get(pk=person.pk)
    active_roles.clear_cache()
    for act in {act_of(proposal): proposal for proposal in proposals}.items():
        require(person, *act)
    mandate = authority.active_mandate(person, proposals[0])
    simulated = may_simulate(person)
    still_open(proposals)
    if reading is None:  # else its own text was read by somebody
        check_reasons([(proposal, choices[proposal.pk]) for proposal in proposals])
    accepted = sum(choice.verdict == Decision.Verdict.ACCEPT for choice in choices.values())
    batch = uuid.uuid4().hex if accepted > 1 else None
    now = timezone.now()
    decisions = []
    for proposal in proposals:
        choice = choices[proposal.pk]
        decision = Decision(
            territory=territory,
            proposal=proposal,
            person=person,
            verdict=choice.verdict,
            value=decided_value(proposal, choice),
            items=decided_items(proposal, choice),
            reason=reasons[proposal.pk],
            simulated=simulated,
            at=now,
            mandate=mandate,
            authority=authority.frozen(mandate),
            batch=batch if choice.verdict == Decision.Verdict.ACCEPT else None,
        )
        if proposal.individual:
            decision.unfavourable = reading is not None
        if reading is not None:
            decision.text, decision.second_reader = choice.text.strip(), reading.reader
            decision.second_reading, decision.second_read_at = reading.words, decision.at
        decisions.append(decision)
    Decision.objects.bulk_create(decisions)
    rows.filter(pk__in=choices).update(closed_as=Proposal.Closure.DECIDED)
    ledger.append_many(
        territory,
        [
            ledger.NewLine(
                "decision.record", person, f"proposal:{decision.proposal_id}", _ledger_details(decision)
            )
            for decision in decisions
        ],
    )
    return decisions


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


def decide_day(
    territory: Territory,
    person: Person,
    *,
    system: str,
    day: date | None,
    values: Mapping[int, float],
    reason: str,
    reason_of_changes: str = "",
    confirmed: bool = False,
) -> list[Decision]:
    """Decide all the ordinary proposals of a day at once, all or none: one decision each, one ledger line each.

    `values`: by proposal, the number that the person retains. They must be the ordinary proposals of that day as they stand now,
    which is measured again here; `confirmed`: even numbers typed outside their interval. Raises PermissionDenied, StalePage, LinesRefused, DecisionError.
    """
    require(person, "decision.record", territory)
    with transaction.atomic():
        assessed = triage.assess(territory, notice_for(territory, system), system, day)
        ordinary = {one.proposal.pk: one for one in triage.together(assessed)}
        if not values:
            raise DecisionError("Aucune ligne n'est à valider ensemble. Rien n'a été enregistré.")
        if ordinary.keys() != values.keys():
            raise StalePage(_what_changed(assessed, values.keys(), ordinary.keys()))
        answers, refused, confirmable = [], dict[int, str](), False
        for pk, value in values.items():
            try:
                choice = _answer(ordinary[pk], value, reason, reason_of_changes)
                decided_value(ordinary[pk].proposal, choice)
            except NeedsConfirmation as error:
                refused[pk] = f"{error} Pour la confirmer, ouvrez cette ligne."
            except DecisionError as error:
                if error.field != "value":
                    raise
                refused[pk] = str(error)
            else:
                answers.append((ordinary[pk].proposal, choice))
                if why := _far_from_expected(ordinary[pk], value):
                    refused[pk] = why
                elif not confirmed and (why := outside_interval(ordinary[pk], value)):
                    refused[pk], confirmable = f"{why} Corrigez-le, ou confirmez-le.", True
        if refused:
            lines = "Une ligne est" if len(refused) == 1 else f"{len(refused)} lignes sont"
            raise LinesRefused(
                f"{lines} à corriger. Rien n'a été enregistré ; vos nombres sont gardés.",
                refused,
                confirmable=confirmable,
            )
        return _write(answers, person)


def _far_from_expected(one: triage.Assessment, value: float) -> str:
    """Why a number typed among many is more likely a slip of the finger than a decision; empty where it is not."""
    why = "" if value == one.retained else too_far(one.proposal, value)
    return why and f"{why} Corrigez-le, ou ouvrez cette ligne pour le décider à part."


def outside_interval(one: triage.Assessment, value: float) -> str:
    """Why a typed number is asked again, once; empty inside the interval, where none is shown, and for what the page put first."""
    proposal = one.proposal
    if value in (one.retained, proposal.value) or proposal.low == proposal.high:
        return ""
    if proposal.low <= value <= proposal.high:
        return ""
    return f"{number(value)} est hors de l'intervalle (de {number(proposal.low)} à {number(proposal.high)})."


def _answer(one: triage.Assessment, value: float, reason: str, reason_of_changes: str) -> Choice:
    if value == one.proposal.value:
        return Choice(Decision.Verdict.ACCEPT, None, reason)
    if value == one.retained:  # what the page put first, where the system does worse than the way without AI
        return Choice(
            Decision.Verdict.CHANGE, value, f"{REFERENCE_SERVES}. {reason}" if reason.strip() else ""
        )
    if not reason_of_changes.strip():
        raise DecisionError(
            "Vous avez changé un nombre : dites pourquoi. Rien n'a été enregistré ; vos nombres sont gardés.",
            "reason_of_changes",
        )
    return Choice(Decision.Verdict.CHANGE, value, reason_of_changes)


def _what_changed(
    assessed: Sequence[triage.Assessment], sent: Collection[int], ordinary: Collection[int]
) -> str:
    waiting = {one.proposal.pk: one.proposal for one in assessed}
    unusual = [
        waiting[pk].place or waiting[pk].subject for pk in sent if pk in waiting and pk not in ordinary
    ]
    missing, new = sum(pk not in waiting for pk in sent), sum(pk not in sent for pk in ordinary)
    parts = [
        f"à décider à part : {', '.join(unusual[:3])}" if unusual else "",
        counted(missing, "ligne n'attend plus", "lignes n'attendent plus") if missing else "",
        counted(new, "ligne est nouvelle", "lignes sont nouvelles") if new else "",
    ]
    return (
        f"La page a changé depuis que vous l'avez ouverte ({' ; '.join(filter(None, parts))}). Rien n'a été enregistré ; vos "
        "nombres sont gardés. Relisez, puis validez."
    )
