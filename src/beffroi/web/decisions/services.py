"""What happens to proposals and decisions: the only writers of this room's rows.

`propose` receives what a system suggests; `decide` records what a person decided on it. Nothing goes from the
one to the other: `decide` asks for a person with the right, and refuses while a system is at work.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from beffroi.systems.contract import ProposedAct
from beffroi.web.territories import holding, ledger
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import require

from . import authority
from .models import Decision, Proposal

MOST_AT_ONCE = 20
ABSURD = 10  # times the upper bound: likelier a slip of the finger than a decision


class DecisionError(Exception):
    """A refusal told to a person, in French: what happened, what is kept, what to do; `field` is where to do it."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NeedsConfirmation(DecisionError):
    """The value is possible but so far from the proposal that the person must confirm it."""


class ProposalError(Exception):
    """What a system hands over cannot be shown to a person; the message is French."""


@dataclass(frozen=True)
class DatedAct:
    """A proposed act with the day and the place that it is about."""

    act: ProposedAct
    due: date | None = None
    place: str = ""

    @classmethod
    def of(cls, act: ProposedAct) -> "DatedAct":
        """Where its evidence says « date » and « site », as the systems of the house do."""
        try:
            due = date.fromisoformat(str(act.evidence.get("date", "")))
        except ValueError:
            due = None
        return cls(act, due, str(act.evidence.get("site", ""))[:200])


_machine_at_work: ContextVar[bool] = ContextVar("machine_at_work", default=False)


@contextmanager
def machine_at_work() -> Iterator[None]:
    """While a system runs, nobody decides in the same thread: not even with a person's name borrowed."""
    token = _machine_at_work.set(True)
    try:
        yield
    finally:
        _machine_at_work.reset(token)


def nobody_decides_for_a_machine() -> None:
    """Raise DecisionError while a system is at work in this thread."""
    if _machine_at_work.get():
        raise DecisionError(
            "Un système est en cours d'exécution : il peut proposer, jamais décider. Rien n'a été enregistré."
        )


def propose(
    territory: Territory,
    *,
    system: str,
    system_version: str,
    run: str,
    acts: Sequence[DatedAct],
    by: Person | None = None,
) -> list[Proposal]:
    """Put proposals in the inbox, once a run and subject; earlier undecided ones on the same subjects give way.

    A subject already decided comes back only if the proposed value has changed since.
    """
    _check(acts)
    with transaction.atomic():
        made: list[Proposal] = []
        known = {p.subject: p for p in Proposal.objects.of(territory).filter(run=run)}
        for dated in acts:
            earlier = Proposal.objects.of(territory).filter(system=system, subject=dated.act.subject)
            if dated.act.subject in known:
                made.append(known[dated.act.subject])  # the same run again, after a worker died
                continue
            last = earlier.filter(decision__isnull=False).order_by("-decision__at").first()
            earlier.filter(decision__isnull=True, superseded_at__isnull=True).update(
                superseded_at=timezone.now()
            )
            if last is not None and last.value == dated.act.value:
                continue
            made.append(_create(territory, system, system_version, run, dated))
        if len(made) > len(known):
            digest = hashlib.sha256(
                json.dumps([_summary(p) for p in made], ensure_ascii=False, sort_keys=True).encode()
            ).hexdigest()
            ledger.append(
                territory,
                "proposal.make",
                by,
                f"run:{run}",
                {"system": system, "version": system_version, "count": len(made), "sha256": digest},
            )
    return made


def _check(acts: Sequence[DatedAct]) -> None:
    seen: set[str] = set()
    for dated in acts:
        act = dated.act
        if not all(math.isfinite(number) for number in (act.value, act.low, act.high)) or act.low > act.high:
            raise ProposalError(
                f"Le système propose pour « {act.subject} » une valeur qui n'est pas un nombre utilisable. "
                "Aucune proposition n'a été gardée. Prévenez le superviseur du système."
            )
        if not act.subject.strip() or not act.reasons:
            raise ProposalError(
                "Le système fait une proposition sans objet ou sans raison : on ne peut pas la soumettre à une "
                "personne. Aucune proposition n'a été gardée. Prévenez le superviseur du système."
            )
        if act.subject in seen:
            raise ProposalError(
                f"Le système fait deux propositions pour « {act.subject} ». Aucune n'a été gardée. "
                "Prévenez le superviseur du système."
            )
        seen.add(act.subject)


def _create(territory: Territory, system: str, version: str, run: str, dated: DatedAct) -> Proposal:
    act = dated.act
    proposal = Proposal(
        territory=territory,
        system=system,
        system_version=version,
        run=run,
        subject=act.subject,
        due=dated.due,
        place=dated.place,
        value=act.value,
        low=act.low,
        high=act.high,
        unit=act.unit,
        reasons=list(act.reasons),
        evidence=act.evidence,
    )
    proposal.save(force_insert=True)
    return proposal


def _summary(proposal: Proposal) -> list[object]:
    return [
        proposal.subject,
        proposal.due.isoformat() if proposal.due else None,
        proposal.value,
        proposal.low,
        proposal.high,
        proposal.reasons,
        proposal.evidence,
    ]


def decide(
    proposal: Proposal,
    person: Person,
    verdict: str,
    *,
    value: float | None = None,
    reason: str,
    confirmed: bool = False,
) -> Decision:
    """Record what a person decided: the only writer of a decision.

    Raises `PermissionDenied`, `DecisionError`, or `NeedsConfirmation` unless `confirmed`.
    """
    require(person, "decision.record", proposal)
    if _machine_at_work.get():
        raise DecisionError(
            "Un système est en cours d'exécution : il peut proposer, jamais décider. "
            "La proposition reste à valider par une personne."
        )
    reason = reason.strip()
    if not reason:
        raise DecisionError(
            "Il manque le motif : dites en une phrase pourquoi. Rien n'a été enregistré.", "reason"
        )
    with transaction.atomic():
        # Read again inside the transaction: two people may answer at once, and what was handed over may be stale.
        proposal = Proposal.objects.of(proposal.territory).get(pk=proposal.pk)
        person = Person.objects.get(pk=person.pk)
        holding.forget()
        require(person, "decision.record", proposal)
        mandate = holding.authority(person, proposal.territory)
        if mandate is None:
            raise PermissionDenied("Votre mandat ou votre délégation n'est plus en cours.")
        simulated = _may_simulate(person)
        _still_open(proposal)
        decision = Decision(
            territory=proposal.territory,
            proposal=proposal,
            person=person,
            verdict=verdict,
            value=_decided_value(proposal, verdict, value, confirmed),
            reason=reason,
            simulated=simulated,
            at=timezone.now(),
            mandate=mandate,
            authority=authority.frozen(mandate),
        )
        decision.save(force_insert=True)
        ledger.append(
            proposal.territory,
            "decision.record",
            person,
            f"proposal:{proposal.pk}",
            {
                "decision": decision.pk,
                "run": proposal.run,
                "verdict": verdict,
                "proposed": proposal.value,
                "decided": decision.value,
                # The words may name people: the chain commits to them without holding them.
                "reason_sha256": hashlib.sha256(reason.encode()).hexdigest(),
                "simulated": simulated,
                "authority": decision.authority,
            },
        )
    return decision


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
    with transaction.atomic():
        return [decide(proposal, person, Decision.Verdict.ACCEPT, reason=reason) for proposal in proposals]


def _may_simulate(person: Person) -> bool:
    if not person.simulated:
        return False
    home = settings.HOME
    if home.exists() and home.is_demo:
        return True
    raise DecisionError(
        "Ce membre est un personnage de démonstration : il ne peut pas décider ailleurs que dans une "
        "démonstration. La proposition reste à valider."
    )


def _still_open(proposal: Proposal) -> None:
    given = Decision.objects.filter(proposal=proposal).select_related("person").first()
    if given is not None:
        raise DecisionError(
            f"Une décision est déjà prise sur cette proposition : {given.get_verdict_display()} par {given.person} "
            f"le {timezone.localtime(given.at):%d/%m/%Y à %H h %M}. Elle est définitive ; la vôtre n'a pas été enregistrée."
        )
    if proposal.superseded_at is not None:
        raise DecisionError(
            "Cette proposition a été remplacée par une plus récente. Rien n'a été enregistré : "
            "ouvrez la nouvelle dans la liste « À valider »."
        )


def _decided_value(proposal: Proposal, verdict: str, value: float | None, confirmed: bool) -> float | None:
    match verdict:
        case Decision.Verdict.ACCEPT | Decision.Verdict.REFUSE:
            if value is not None:
                raise DecisionError(
                    "Vous donnez une valeur sans choisir « modifier ». Choisissez « modifier » pour la "
                    "retenir, ou videz ce champ. Rien n'a été enregistré.",
                    "value",
                )
            return proposal.value if verdict == Decision.Verdict.ACCEPT else None
        case Decision.Verdict.CHANGE:
            return _changed(proposal, value, confirmed)
    raise DecisionError(
        "Choisissez : accepter, modifier la valeur ou refuser. Rien n'a été enregistré.", "verdict"
    )


def _changed(proposal: Proposal, value: float | None, confirmed: bool) -> float:
    if value is None or not math.isfinite(value) or abs(value) > 1e15:
        raise DecisionError(
            "Donnez la valeur que vous retenez, en chiffres. Rien n'a été enregistré.", "value"
        )
    if value < 0 <= proposal.low:
        raise DecisionError(
            f"La valeur ne peut pas être négative ({proposal.unit}). Corrigez-la. Rien n'a été enregistré.",
            "value",
        )
    if value == proposal.value:
        raise DecisionError(
            "La valeur donnée est celle qui est proposée : choisissez « accepter », ou donnez une autre valeur. "
            "Rien n'a été enregistré.",
            "value",
        )
    if abs(value) > ABSURD * max(abs(proposal.low), abs(proposal.high)) and not confirmed:
        raise NeedsConfirmation(
            f"La valeur donnée dépasse {ABSURD} fois le haut de l'intervalle prévu. Si elle est voulue, "
            "confirmez-la ; sinon corrigez-la. Rien n'a encore été enregistré.",
            "value",
        )
    return value
