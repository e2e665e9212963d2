"""The gates of a system's life: each guards the entrance of some states, and says what is missing or on what it opened.

Rooms register their gates when the site starts: this room its own, the rooms above theirs (law, committee). Some must
be there: one that nobody provides refuses. In comes a use; out goes one `Judgement` a gate, kept with the step taken.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from beffroi.web.platform.request_cache import cached_read

from .states import State

if TYPE_CHECKING:
    from ..models import SystemUse


@dataclass(frozen=True)
class Judgement:
    """Whether the gate opens; `told` is complete French sentences: what is missing and what to do, or what was found.

    `evidence` is plain JSON, frozen with the step. `url` leads to the page where one can act on it. `forbidden`: nobody can open
    it, and a system that serves stops proposing the day it becomes so. `waits`: what already serves goes on until its review.
    """

    open: bool
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    forbidden: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Gate:
    """`before`: the states whose entrance it guards. `judge` must not write anything. `forbids`: whether it may judge `forbidden`."""

    key: str
    label: str
    before: frozenset[State]
    judge: Callable[["SystemUse"], Judgement]
    forbids: bool = True


# What a room above must provide: without it the gate stays shut.
REQUIRED: dict[str, tuple[str, frozenset[State]]] = {
    "prohibited": ("Usage permis par la loi", frozenset({State.CHECKED, State.SANDBOX, State.PRODUCTION, State.REVIEWED})),
    "legal": ("Questions de droit répondues", frozenset({State.SANDBOX, State.PRODUCTION, State.REVIEWED})),
    "committee": ("Avis du comité d'éthique", frozenset({State.PRODUCTION, State.REVIEWED})),
    "papers": ("Dossier d'un système à haut risque", frozenset({State.SANDBOX, State.PRODUCTION, State.REVIEWED})),
}  # fmt: skip

# What opened for good when the step was taken, and must still hold each time that the system proposes something.
CONTINUOUS = ("supervisor", "training", "benefit", "quality", "committee", "papers")

_gates: dict[str, Gate] = {}


def register(gate: Gate) -> None:
    """Add a gate; the same key again replaces it."""
    _gates[gate.key] = gate


def guarding(state: State) -> Iterator[Gate]:
    """The gates at the entrance of this state, the missing ones included."""
    for gate in _gates.values():
        if state in gate.before:
            yield gate
    for key, (label, before) in REQUIRED.items():
        if key not in _gates and state in before:
            yield Gate(key, label, before, _nobody)


def _nobody(use: "SystemUse") -> Judgement:
    return Judgement(
        False,
        "Aucune salle de cette installation ne sait répondre à cette question : l'étape reste fermée. "
        "Prévenez la personne qui gère l'installation.",
    )


@cached_read
def judgement_of(gate: Gate, use: "SystemUse") -> Judgement:
    """What one gate says today."""
    return gate.judge(use)


def judged(use: "SystemUse", state: State) -> list[tuple[Gate, Judgement]]:
    """What each gate at this entrance says today."""
    return [(gate, judgement_of(gate, use)) for gate in guarding(state)]


def no_longer_open(use: "SystemUse") -> list[str]:
    """What the state where a system stands asks at each forecast, and is not met any more."""
    continuous = (gate for gate in guarding(State(use.state)) if gate.key in CONTINUOUS)
    judged = (judgement_of(gate, use) for gate in continuous)
    return [judgement.message for judgement in judged if not (judgement.open or judgement.waits)]


def forbidding(use: "SystemUse") -> list[str]:
    """What no person can pass by, for a system where it stands: asked before each run too, for the law changes meanwhile."""
    judgement = (judgement_of(gate, use) for gate in _gates.values() if gate.forbids and gate.key in REQUIRED)
    return list(dict.fromkeys(one.message for one in judgement if one.forbidden))
