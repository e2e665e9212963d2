"""API of the sources: the state of each, what is late. Neither addresses nor contacts leave by it, and no secret ever.

A token that is limited to datasets sees the sources that feed them.
"""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from beffroi.web.platform.api.guards import Bearer, opens
from beffroi.web.platform.rights import may

from ..models import Source
from . import source_lists

router = Router(auth=Bearer(), tags=["Sources"])


class SourceOut(Schema):
    id: int
    title: str
    kind: str = Field(description="folder, http_file, postgresql… ; expected : remis par quelqu'un.")
    dataset: str | None = Field(description="Le jeu rempli ; vide : ouvert à la première arrivée.")
    state: str = Field(description="active ou paused.")
    failures: int = Field(description="Échecs de suite ; 0 : tout va bien.")
    last_arrival: datetime | None
    next_fetch: datetime | None
    promise: str
    due: date | None = Field(description="La plus ancienne échéance non tenue.")
    days_late: int = Field(description="Jours de retard, une fois passé le délai admis ; 0 : à jour.")


class LateOut(Schema):
    source: int
    title: str
    dataset: str | None
    owed_by: str
    contract: str
    article: str
    due: date
    days_late: int
    missing: int = Field(description="Livraisons qui manquent.")
    promise: str


def _seen(request: HttpRequest, source: Source) -> bool:
    return may(request.user, "source.read", source.dataset or source.territory) and (
        source.dataset is not None or not request.token.resources  # type: ignore[attr-defined]
    )


@router.get("/t/{slug}/sources", response=list[SourceOut], summary="Les sources et leur fraîcheur")
@opens("source.read")
def source_list(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    return [
        {
            "id": row.source.pk,
            "title": row.source.title,
            "kind": row.source.kind,
            "dataset": row.source.dataset.slug if row.source.dataset else None,
            "state": row.source.state,
            "failures": row.source.failures,
            "last_arrival": row.source.arrived_at,
            "next_fetch": row.source.next_at,
            "promise": row.source.promise.describe() if row.source.promised else "",
            "due": row.source.due_on,
            "days_late": row.days_late,
        }
        for row in source_lists.rows(request.territory)  # type: ignore[attr-defined]
        if _seen(request, row.source)
    ]


@router.get("/t/{slug}/late-deliveries", response=list[LateOut], summary="Les livraisons en retard")
@opens("source.read")
def late_list(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    return [
        {
            "source": row.source.pk,
            "title": row.source.title,
            "dataset": row.source.dataset.slug if row.source.dataset else None,
            "owed_by": row.source.debtor,
            "contract": row.source.contract,
            "article": row.source.article,
            "due": row.due,
            "days_late": row.days,
            "missing": row.missing,
            "promise": row.promise,
        }
        for row in source_lists.late(request.territory)  # type: ignore[attr-defined]
        if _seen(request, row.source)
    ]
