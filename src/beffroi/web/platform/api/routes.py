"""API routes of the platform: what a token allows, the state of jobs, the ledger. JSON out; nothing is decided here."""

import json
from dataclasses import asdict
from datetime import date, datetime

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from .. import ledger
from ..http.downloads import LINES_OF_JSON, download
from ..models import Job
from ..rights import ACTS, may
from .guards import Bearer, opens

router = Router(auth=Bearer(), tags=["Territoire"])
ledger_router = Router(auth=Bearer(), tags=["Registre des actes"])


class ActOut(Schema):
    act: str
    label: str


class EnteredOut(Schema):
    slug: str
    name: str
    kind: str
    fictional: bool = Field(description="Vrai pour une ville fictive : toutes ses données sont simulées.")
    token: str = Field(description="Le nom du jeton qui sert.")
    person: str
    acts: list[ActOut] = Field(description="Ce que ce jeton permet aujourd'hui.")
    limited_to: list[str] = Field(description="Les jeux auxquels le jeton se limite ; vide : tous.")
    expires: date = Field(description="Le dernier jour où le jeton sert.")


@router.get("/t/{slug}", response=EnteredOut, summary="Vérifier son jeton : où il ouvre, ce qu'il permet")
@opens("territory.enter")
def enter(request: HttpRequest, slug: str) -> dict[str, object]:
    token, territory = request.token, request.territory  # type: ignore[attr-defined]
    allowed = [act for act in token.acts if may(request.user, act, territory)]
    return {
        "slug": territory.slug,
        "name": territory.name,
        "kind": territory.kind,
        "fictional": territory.is_fictional,
        "token": token.label,
        "person": str(token.person),
        "acts": [{"act": act, "label": ACTS[act]} for act in allowed],
        "limited_to": token.resources,
        "expires": token.expires.date(),
    }


class JobOut(Schema):
    id: int
    label: str
    state: str = Field(description="waiting, running, done ou failed.")
    percent: int
    message: str
    finished: bool
    page: str = Field(description="La page du site où voir le résultat ; vide tant que ce n'est pas fini.")


def job_response(job: Job) -> dict[str, object]:
    return {
        "id": job.pk,
        "label": job.label,
        "state": job.state,
        "percent": job.percent,
        "message": job.message,
        "finished": job.finished,
        "page": job.location,
    }


@router.get("/t/{slug}/jobs/{job}", response=JobOut, summary="Suivre un travail demandé avec ce jeton")
@opens("territory.enter")
def job_state(request: HttpRequest, slug: str, job: int) -> dict[str, object]:
    found = Job.objects.of(request.territory).filter(pk=job, started_by=request.user).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return job_response(found)


class ChainOut(Schema):
    size: int = Field(description="Nombre de lignes.")
    ok: bool = Field(description="Faux si une ligne a été changée.")
    first_bad: int | None = Field(description="La première ligne changée.")
    root: str = Field(description="L'empreinte de toute la chaîne, à garder ailleurs.")
    checked_at: datetime


@ledger_router.get("/t/{slug}/ledger", response=ChainOut, summary="Vérifier toute la chaîne maintenant")
@opens("ledger.read")
def ledger_verify(request: HttpRequest, slug: str) -> dict[str, object]:
    result = ledger.verify(request.territory)  # type: ignore[attr-defined]
    return {
        "size": result.size,
        "ok": result.ok,
        "first_bad": result.first_bad,
        "root": result.root,
        "checked_at": timezone.now(),
    }


@ledger_router.get(
    "/t/{slug}/ledger.jsonl",
    summary="La chaîne en lignes JSON, à vérifier sans nous",
    description="Une ligne du registre par ligne de texte. « beffroi ledger verify FICHIER » la vérifie sans la base.",
    openapi_extra={
        "responses": {200: {"description": "Les lignes", "content": {"application/x-ndjson": {}}}}
    },
)
@opens("ledger.read")
def ledger_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    lines = ledger.sealed_lines(request.territory)  # type: ignore[attr-defined]
    body = ((json.dumps(asdict(line), ensure_ascii=False) + "\n").encode() for line in lines)
    return download(body, f"registre-{slug}.jsonl", LINES_OF_JSON)
