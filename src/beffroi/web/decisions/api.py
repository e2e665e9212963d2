"""The API of the proposals: what waits for a person, and what was decided. Nothing here decides."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from beffroi.web.platform.api.guards import Bearer, opens

from . import inbox
from .models import Proposal

router = Router(auth=Bearer(), tags=["Propositions"])
A_PAGE = 100


class ProposalOut(Schema):
    id: int
    system: str
    subject: str
    key: str = Field("", description="La même d'un calcul à l'autre, pour la même chose proposée.")
    about: str = ""
    due: date | None
    place: str
    value: float
    low: float
    high: float
    unit: str
    reasons: list[Any]
    created_at: datetime
    confidence: float | None = Field(None, description="Celle du système, de 0 à 1.")
    case: str | None = Field(None, description="La référence du dossier d'une personne, jamais un nom.")
    items: list[Any] = Field([], description="Les étapes d'un plan, dans leur ordre.")
    attribution: str = Field("", description="« bloquée » tant qu'une personne n'a pas décidé de ce dossier.")


class DecidedOut(ProposalOut):
    verdict: str = Field(description="accept, change ou refuse : toujours le choix d'une personne.")
    decided: float | None
    decided_items: list[Any] = Field([], description="Les étapes retenues, dans leur ordre.")
    decided_at: datetime
    simulated: bool
    corrected_verdict: str | None = Field(
        None, description="Ce qui compte depuis qu'une erreur a été corrigée."
    )
    corrected: float | None = None


Page = Annotated[int, Query(ge=1, le=1000, description=f"La page, {A_PAGE} par page.")]


def _proposal_fields(proposal: Proposal) -> dict[str, Any]:
    fields = {name: getattr(proposal, name) for name in ProposalOut.model_fields}
    return fields | {"key": proposal.identity, "about": proposal.about or "", "items": proposal.items or []}


def _slice(page: int) -> slice:
    return slice((page - 1) * A_PAGE, page * A_PAGE)


@router.get("/t/{slug}/proposals", response=list[ProposalOut], summary="Les propositions à valider")
@opens("proposal.read")
def proposals(request: HttpRequest, slug: str, page: Page = 1) -> list[dict[str, Any]]:
    return [_proposal_fields(proposal) for proposal in inbox.waiting(request.territory)[_slice(page)]]  # type: ignore[attr-defined]


@router.get(
    "/t/{slug}/decisions", response=list[DecidedOut], summary="Les décisions prises par des personnes"
)
@opens("proposal.read")
def decisions(request: HttpRequest, slug: str, page: Page = 1) -> list[dict[str, Any]]:
    rows = inbox.decided(request.territory)  # type: ignore[attr-defined]
    return [
        {
            **_proposal_fields(decision.proposal),
            "verdict": decision.verdict,
            "decided": decision.value,
            "decided_items": decision.items or [],
            "decided_at": decision.at,
            "simulated": decision.simulated,
            "corrected_verdict": correction.verdict if correction else None,
            "corrected": correction.value if correction else None,
        }
        for decision in rows[_slice(page)]
        for correction in [decision.correction]
    ]
