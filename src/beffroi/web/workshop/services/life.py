"""Carrying a system through its life: the only writer of its state. Every gate is asked, then asked again in the transaction.

In come a use, a person, a state and a reason; out goes the step, with what each gate said. Nobody skips one: neither a page,
nor the API, nor a command; the database judges the step once more.
"""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from beffroi.web.decisions import authority
from beffroi.web.decisions.machines import by_a_person_only
from beffroi.web.decisions.services import withdraw
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import active_roles, require

from ..errors import GateClosed, WorkshopError
from ..life import figures, gates
from ..life.papers import last_sheet
from ..life.states import PATHS, SERVING, State, following
from ..models import LifeStep, SystemUse
from .showing import publish_card_when_active

FIRST_REVIEW = timedelta(days=183)
ACTS = {
    State.IDEA: "system.bind",
    State.CHECKED: "system.bind",
    State.SANDBOX: "system.decide",
    State.PRODUCTION: "system.decide",
    State.REVIEWED: "system.decide",
    State.STOPPED: "system.stop",
}
_SHORTEST_REASON = 10


def advance(use: SystemUse, person: Person, to: str, *, reason: str) -> LifeStep:
    """Take one step. Raises `PermissionDenied`, WorkshopError, or GateClosed with every closed gate."""
    state = _known(to)
    require(person, ACTS[state], use)
    by_a_person_only("Rien n'a été enregistré.")
    reason = reason.strip()
    if len(reason) < _SHORTEST_REASON:
        raise WorkshopError(
            "Dites en une phrase pourquoi : votre motif reste écrit avec cette étape. Rien n'a été changé."
        )
    with transaction.atomic():
        # Read again inside the transaction: two people may act at once, and what was handed over may be stale.
        use = (
            SystemUse.objects.of(use.territory)
            .select_for_update(of=("self",))  # a supervisor may be missing: PostgreSQL locks no outer row
            .select_related("supervisor")
            .get(pk=use.pk)
        )
        person = Person.objects.get(pk=person.pk)
        active_roles.clear_cache()
        require(person, ACTS[state], use)
        start = State(use.state)
        if (start, state) not in PATHS:
            raise WorkshopError(_no_path(start, state))
        judged = gates.judged(use, state)
        if closed := [(gate, judgement) for gate, judgement in judged if not judgement.open]:
            raise GateClosed([f"{gate.label} : {judgement.message}" for gate, judgement in closed])
        step = LifeStep(
            territory=use.territory,
            use=use,
            rank=use.steps.count() + 1,
            start=start,
            state=state,
            person=person,
            authority=_authority(person, use, state),
            reason=reason,
            gates=[
                {
                    "key": gate.key,
                    "label": gate.label,
                    "told": judgement.message,
                    "evidence": judgement.evidence,
                }
                for gate, judgement in judged
            ],
            figures=figures.since_last_step(use),
            at=timezone.now(),
        )
        step.save(force_insert=True)
        if state in SERVING:
            publish_card_when_active(use, person)
        withdrawn = withdraw(use.territory, use.system) if state == State.STOPPED else 0
        _follow(use, state)
        ledger.append(
            use.territory,
            "system.state",
            person,
            f"system:{use.system}",
            {
                "step": step.pk,
                "from": start,
                "to": state,
                "gates": {gate.key: judgement.evidence for gate, judgement in judged},
                "authority": step.authority,
                **({"withdrawn": withdrawn} if withdrawn else {}),
            },
        )
    return step


def _known(to: str) -> State:
    try:
        return State(to)
    except ValueError:
        raise WorkshopError(f"« {to} » n'est pas une étape de la vie d'un service d'IA.") from None


def _no_path(start: State, state: State) -> str:
    ways = ", ".join(f"« {after.label} »" for after in following(start))
    return (
        f"On ne passe pas de « {start.label} » à « {state.label} » : aucune étape ne se saute. "
        f"De là, on peut aller à : {ways}. Rien n'a été changé."
    )


def _authority(person: Person, use: SystemUse, state: State) -> dict[str, Any] | None:
    mandate = active_roles.authority(person, use.territory)
    if mandate is None and ACTS[state] == "system.decide":
        raise PermissionDenied("Votre mandat ou votre délégation n'est plus en cours.")
    return authority.frozen(mandate) if mandate is not None else None


def _follow(use: SystemUse, state: State) -> None:
    """The state, and the dates that come with it."""
    changed = ["state"]
    use.state = state
    if state == State.SANDBOX:
        use.sandbox_until = date.fromisoformat(_sheet(use, "sandbox")["ends_on"])
        changed.append("sandbox_until")
    elif state == State.PRODUCTION:
        use.review_on = timezone.localdate() + FIRST_REVIEW
        changed.append("review_on")
    elif state == State.REVIEWED:
        use.review_on = date.fromisoformat(_sheet(use, "review")["next_on"])
        changed.append("review_on")
    elif state == State.STOPPED:
        use.rhythm = use.next_at = None
        changed += ["rhythm", "next_at"]
    elif state == State.IDEA:
        use.sandbox_until = use.review_on = None
        changed += ["sandbox_until", "review_on"]
    use.save(update_fields=changed)


def _sheet(use: SystemUse, kind: str) -> dict[str, Any]:
    found = last_sheet(use, kind)
    if found is None:  # its gate has just said that it is there
        raise WorkshopError("Le questionnaire de cette étape a disparu. Rien n'a été changé.")
    answers: dict[str, Any] = found.answers
    return answers
