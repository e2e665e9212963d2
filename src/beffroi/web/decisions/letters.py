"""The letter of a decision on somebody: in the name of the authority, never of the system, with what the law has it say.

In: a decided proposal about a person. Out: what the page prints. Sources: CRPA L311-3-1, R311-3-1-1, R311-3-1-2 (notice and
explanation), R311-13 and R343-1 (documents, CADA); CJA R421-1 (two months). Indicative: the authority's jurist signs them off.
"""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from beffroi.text import format_number
from beffroi.web.public_address import absolute

from . import authority, references
from .models import CaseCorrection, Decision, Proposal
from .notices import Notice, notice_for

NO_PURPOSE = "préparer cette décision ; la finalité précise vous est communiquée sur demande"


@dataclass(frozen=True)
class Letter:
    """Everything that a letter says. `outcome`: what was decided, in a sentence; `words`: the text of who decided."""

    decision: Decision
    proposal: Proposal
    reference: str
    signatory: str
    title: str  # the mandate or the delegation
    outcome: str
    words: (
        str  # those of the correction where there is one: what was corrected is told no more as if it stood
    )
    correction: CaseCorrection | None
    notice: Notice
    purpose: str
    responsible: str
    contact: str
    contest_url: str
    card_url: str  # of the system's public card; empty when it has none
    explanation: dict[str, Any]


def of(proposal: Proposal) -> Letter | None:
    """None unless a person has decided on what concerns somebody."""
    decision: Decision | None = getattr(proposal, "decision", None)
    if decision is None or not proposal.individual:
        return None
    territory = proposal.territory
    notice = notice_for(territory, proposal.system)
    correction: CaseCorrection | None = decision.correction
    in_force = correction or decision

    def address(name: str) -> str:
        return absolute(reverse(name, kwargs={"slug": territory.slug}))

    return Letter(
        decision=decision,
        proposal=proposal,
        reference=references.of(decision),
        signatory=str(in_force.person),
        title=authority.sentence(in_force.authority),
        outcome=_outcome(proposal, in_force),
        words=_words(decision, correction),
        correction=correction,
        notice=notice,
        purpose=notice.purpose or NO_PURPOSE,
        responsible=proposal.responsible or notice.responsible,
        contact=territory.contact or f"l'accueil de {territory.name}",
        contest_url=address("portal-contest"),
        card_url=absolute(notice.public_url) if notice.public_url else "",
        explanation=proposal.explanation or {},
    )


def _words(decision: Decision, correction: CaseCorrection | None) -> str:
    if correction is not None:
        return correction.reason
    return (decision.text or "") if decision.unfavourable else decision.reason


def _outcome(proposal: Proposal, in_force: Decision | CaseCorrection) -> str:
    """What stands, of the person's point of view where the proposal says its effect."""
    granted = in_force.verdict == Decision.Verdict.ACCEPT
    if in_force.verdict == Decision.Verdict.CHANGE and in_force.value is not None:
        value = format_number(in_force.value, "g")
        return f"a retenu pour votre dossier : {value} {proposal.unit}"
    if proposal.effect == Proposal.Effect.FAVOURABLE:
        return (
            "a donné une suite favorable à votre dossier"
            if granted
            else "n'a pas donné une suite favorable à votre dossier"
        )
    if proposal.effect == Proposal.Effect.UNFAVOURABLE:
        return (
            "a pris une décision défavorable sur votre dossier"
            if granted
            else "n'a pas pris la décision défavorable qui était envisagée"
        )
    return (
        "a accepté ce qui était proposé pour votre dossier"
        if granted
        else "n'a pas retenu ce qui était proposé pour votre dossier"
    )
