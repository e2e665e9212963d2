"""The API of the AI systems: the card of each, with its measured result good or bad, and its last runs."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from beffroi.systems import registry
from beffroi.web.territories.api_guard import Bearer, opens

from . import cards
from .models import Run

router = Router(auth=Bearer(), tags=["Services d'IA"])
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
    runs = Run.objects.of(territory).filter(use__system=system)[:LAST_RUNS]
    return {
        "card": card.to_dict(),
        "runs": [{name: getattr(run, name) for name in RunOut.model_fields} for run in runs],
    }
