"""The API of the AI systems: the card of each, with its measured result good or bad, and its last runs."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from beffroi.systems import registry
from beffroi.web.platform.api.guards import Bearer, opens

from . import cards
from .life import gates, stopping
from .life.states import PATHS, State, following
from .models import Run

router = Router(auth=Bearer(), tags=["Prévisions et alertes"])
LAST_RUNS = 10


class SystemOut(Schema):
    id: str
    title: str
    version: str
    purpose: str
    in_use: bool
    result: str = Field(description="Le dernier résultat mesuré, bon ou mauvais, en une phrase.")


class RunOut(Schema):
    key: str
    verb: str
    state: str
    at: datetime
    version: str
    score: dict[str, Any]
    footprint: dict[str, Any]
    snapshots: dict[str, Any] = Field(description="Les livraisons lues.")
    message: str


class GateOut(Schema):
    key: str
    label: str
    open: bool
    told: str = Field(description="Ce qui manque et quoi faire, ou ce qui a été trouvé.")


class NextStepOut(Schema):
    state: str
    label: str
    gates: list[GateOut]


class StepOut(Schema):
    start: str
    state: str
    reason: str
    at: datetime
    gates: list[dict[str, Any]] = Field(description="Ce que chaque condition disait, figé avec l'étape.")
    figures: dict[str, Any]


class LifeOut(Schema):
    state: str
    origin: str
    sandbox_until: date | None
    review_on: date | None
    stop_proposed: list[str] = Field(description="Pourquoi l'arrêt est proposé ; vide sinon.")
    next: list[NextStepOut] = Field(
        description="Les étapes suivantes. Une personne les franchit, jamais un programme."
    )
    steps: list[StepOut]


class SystemCardOut(Schema):
    card: dict[str, Any] = Field(description="Tout ce que la fiche du site dit du service.")
    runs: list[RunOut]


@router.get(
    "/t/{slug}/systems", response=list[SystemOut], summary="Les services d'IA et leur dernier résultat"
)
@opens("system.read")
def systems(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    found = [cards.card(request.territory, s.manifest.id) for s in registry.all_systems()]  # type: ignore[attr-defined]
    return [
        {
            "id": card.id,
            "title": card.title,
            "version": card.version,
            "purpose": card.purpose,
            "in_use": card.in_use,
            "result": cards.one_line(card.measured),
        }
        for card in found
        if card is not None
    ]


@router.get(
    "/t/{slug}/systems/{system}", response=SystemCardOut, summary="La fiche d'un service d'IA, ses exécutions"
)
@opens("system.read")
def system_card(request: HttpRequest, slug: str, system: str) -> dict[str, Any]:
    territory = request.territory  # type: ignore[attr-defined]
    card = cards.card(territory, system)
    if card is None:
        raise Http404
    runs = Run.objects.of(territory).filter(use__system=system).defer("outcome")[:LAST_RUNS]
    return {
        "card": card.to_dict(),
        "runs": [{name: getattr(run, name) for name in RunOut.model_fields} for run in runs],
    }


@router.get(
    "/t/{slug}/systems/{system}/life",
    response=LifeOut,
    summary="Les étapes d'un service d'IA : où il en est, ce que chaque suite demande",
)
@opens("system.read")
def system_life(request: HttpRequest, slug: str, system: str) -> dict[str, Any]:
    use = cards.use_of(request.territory, system)  # type: ignore[attr-defined]
    if use is None:
        raise Http404
    return {
        **{name: getattr(use, name) for name in ("state", "origin", "sandbox_until", "review_on")},
        "stop_proposed": stopping.reasons(use),
        "next": [
            {
                "state": state,
                "label": PATHS[State(use.state), state],
                "gates": [
                    {"key": gate.key, "label": gate.label, "open": judgement.open, "told": judgement.message}
                    for gate, judgement in gates.judged(use, state)
                ],
            }
            for state in following(use.state)
        ],
        "steps": [{name: getattr(step, name) for name in StepOut.model_fields} for step in use.steps.all()],
    }
