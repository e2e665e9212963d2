"""The API of the deliveries: a program drops a file, follows its reading, pours it when nothing is left to choose.

The same services as the pages. A program sees the deliveries that it made itself; what only a person may settle
(a new dataset, a doubtful match, a dataset that the token does not open) answers 409 with the page to open.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from beffroi.web.platform.api.guards import Bearer, opens
from beffroi.web.platform.api.problems import problem
from beffroi.web.platform.api.routes import JobOut, job_response
from beffroi.web.platform.rights import may

from . import delivery_jobs, lifecycle
from .drift_messages import sentence
from .lifecycle import TablePlan
from .lifecycle.file_storage import content_of
from .models import Dataset, Delivery, Snapshot

router = Router(auth=Bearer(), tags=["Dépôts"])

NO_EFFECT = {"changed": None, "added": None, "unchanged": None}


class ReasonOut(Schema):
    reason: str
    count: int


class LineOut(Schema):
    line: int
    reason: str
    raw: str = Field(description="Le texte de la ligne, tel que le fichier le donne.")


class QuestionOut(Schema):
    about: str = Field(description="encoding, separator, header, totals, type, order, missing, decimals.")
    column: str = Field(description="La colonne ; vide : la table entière.")
    read: str = Field(description="Ce qui a été compris.")
    why: str
    certain: bool = Field(description="Faux : une personne ou un programme qui sait devrait répondre.")
    choices: list[str]
    chosen: str


class ChangeOut(Schema):
    kind: str = Field(
        description="added, gone, renamed, unit, widened, narrowed, emptier ; order : dit, sans question."
    )
    column: str
    said: str = Field(description="Ce qui a changé, en une phrase.")
    answers: list[str] = Field(description="Les réponses possibles ; une personne répond sur la page.")


class KeyOut(Schema):
    columns: list[str]
    changed: int | None = Field(description="Lignes que la clé modifierait ; vide si elle ne convient pas.")
    added: int | None
    unchanged: int | None
    trouble: str


class TableOut(Schema):
    name: str
    rows_read: int
    rows_kept: int
    rows_set_aside: int
    reasons: list[ReasonOut] = Field(description="Pourquoi des lignes sont écartées.")
    lines: list[LineOut] = Field(description="Les premières lignes écartées, tant que rien n'est versé.")
    dataset: str | None = Field(description="Le jeu que cette table rejoint ; vide : un nouveau jeu.")
    mode: str = Field(
        description="replace : remplace le contenu ; append : s'y ajoute ; upsert : met à jour par clé."
    )
    changes: list[ChangeOut] = Field(
        description="Ce qui a changé dans les colonnes depuis les dépôts d'avant."
    )
    keys: list[KeyOut] = Field(
        description="Les colonnes qui peuvent désigner une ligne, la plus sûre d'abord."
    )
    certain: bool = Field(description="Vrai si rien n'est laissé au choix d'une personne.")
    why: list[str]
    guesses: list[QuestionOut] = Field(description="Ce qui se corrige, avec « corrections ».")
    corrections: dict[str, Any] = Field(description="Ce qui a été dit de cette lecture.")
    kept_from: int | None = Field(
        description="La livraison d'où viennent ces corrections, si elles en viennent."
    )
    notes: list[str] = Field(description="Ce qui n'a pas pu être appliqué.")


class PouredOut(Schema):
    dataset: str
    snapshot: int
    rows_kept: int
    rows_set_aside: int
    rows_total: int


class DeliveryOut(Schema):
    id: int
    file: str
    sha256: str
    size: int = Field(description="En octets.")
    at: datetime
    state: str = Field(description="received, staged (lu, à verser), done, refused ou cancelled.")
    reason: str = Field(description="Pourquoi le fichier, ou une partie, est refusé.")
    tables: list[TableOut]
    poured: list[PouredOut]
    page: str = Field(description="La page du site où une personne voit ce dépôt.")


class DepositedOut(Schema):
    delivery: int
    job: JobOut


def _own(request: HttpRequest) -> QuerySet[Delivery]:
    rows = Delivery.objects.of(request.territory).filter(by=request.user)  # type: ignore[attr-defined]
    return rows.select_related("territory", "by")


def own_delivery(request: HttpRequest, pk: int) -> Delivery:
    found = _own(request).filter(pk=pk).first()
    if found is None or not _opened(request, found):
        raise Http404
    return found


def _opened(request: HttpRequest, delivery: Delivery) -> bool:
    """Whether the token opens every dataset that the delivery joins."""
    slugs = {plan.match.dataset for plan in lifecycle.load_plans(delivery)} - {None}
    joined = Dataset.objects.of(delivery.territory).filter(slug__in=slugs)
    fed = Dataset.objects.of(delivery.territory).filter(snapshots__delivery=delivery)
    return all(may(request.user, "dataset.deposit", dataset) for dataset in (*joined, *fed))


def _table(plan: TablePlan) -> dict[str, Any]:
    return {
        "name": plan.staged.name,
        "rows_read": plan.staged.rows_read,
        "rows_kept": plan.staged.rows_kept,
        "rows_set_aside": plan.staged.rows_quarantined,
        "reasons": plan.rejected,
        "lines": plan.peek["aside"],
        "dataset": plan.match.dataset,
        "mode": plan.match.mode,
        "certain": plan.match.certain,
        "why": list(plan.match.why),
        "guesses": [
            {
                "about": guess.about,
                "column": guess.column,
                "read": f"{guess.what} : {guess.value}",
                "why": guess.why,
                "certain": guess.certain,
                "choices": list(guess.choices),
                "chosen": guess.chosen,
            }
            for guess in plan.staged.guesses
            if guess.about and guess.about not in ("personal", "unfit")
        ],
        "corrections": plan.corrections.to_dict(),
        "kept_from": plan.applied.number if plan.applied else None,
        "notes": list(plan.notes),
        "changes": [
            {"kind": c.kind, "column": c.column, "said": sentence(c), "answers": list(c.choices)}
            for c in plan.changes
        ],
        "keys": [
            {
                "columns": list(candidate.columns),
                "trouble": candidate.trouble,
                **(asdict(candidate.effect) if candidate.effect else NO_EFFECT),
            }
            for candidate in plan.keys
        ],
    }


def describe_delivery(delivery: Delivery) -> dict[str, Any]:
    poured = delivery.snapshots.select_related("dataset").filter(state=Snapshot.State.DONE)
    return {
        "id": delivery.pk,
        "file": delivery.file_name,
        "sha256": delivery.sha256,
        "size": delivery.size,
        "at": delivery.at,
        "state": delivery.state,
        "reason": delivery.reason,
        "tables": [_table(plan) for plan in lifecycle.load_plans(delivery)],
        "poured": [
            {
                "dataset": snapshot.dataset.slug,
                "snapshot": snapshot.number,
                "rows_kept": snapshot.rows_stored,
                "rows_set_aside": snapshot.rows_quarantined,
                "rows_total": snapshot.rows_total,
            }
            for snapshot in poured
        ],
        "page": _page(delivery),
    }


def _page(delivery: Delivery) -> str:
    return reverse("delivery", args=[delivery.territory.slug, delivery.pk])


@router.post(
    "/t/{slug}/deposits",
    response={202: DepositedOut},
    summary="Déposer un fichier",
    description="Formulaire multipart : « file », le fichier ; « dataset », le jeu qu'il rejoint. Le fichier est gardé tout de "
    "suite, puis lu par un travail à suivre.",
)
@opens("dataset.deposit")
def deposit(
    request: HttpRequest,
    slug: str,
    file: Annotated[UploadedFile, File(description="Le fichier : CSV, tableur, GeoJSON, archive…")],
    dataset: Annotated[str, Form(description="Le jeu que le fichier rejoint.", pattern=r"^[-\w]*$")] = "",
) -> Any:
    territory, token = request.territory, request.token  # type: ignore[attr-defined]
    wanted = Dataset.objects.of(territory).select_related("territory").filter(slug=dataset).first()
    if dataset and (wanted is None or not may(request.user, "dataset.deposit", wanted)):
        raise Http404
    if token.resources and wanted is None:
        return problem(
            422, "Ce jeton se limite à certains jeux. Dites lequel le fichier rejoint, avec « dataset »."
        )
    delivery = lifecycle.receive(territory, request.user, file.name or "fichier", content_of(file))  # type: ignore[arg-type]
    job = delivery_jobs.start_stage(delivery, request.user, dataset)  # type: ignore[arg-type]
    return Status(202, {"delivery": delivery.pk, "job": job_response(job)})


@router.get(
    "/t/{slug}/deliveries", response=list[DeliveryOut], summary="Les derniers dépôts faits sous ce nom"
)
@opens("dataset.deposit")
def deliveries(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    return [describe_delivery(delivery) for delivery in _own(request)[:20] if _opened(request, delivery)]


@router.get("/t/{slug}/deliveries/{delivery}", response=DeliveryOut, summary="Ce qu'un dépôt est devenu")
@opens("dataset.deposit")
def delivery_state(request: HttpRequest, slug: str, delivery: int) -> dict[str, Any]:
    return describe_delivery(own_delivery(request, delivery))


@router.post(
    "/t/{slug}/deliveries/{delivery}/pour",
    response={202: JobOut},
    summary="Verser un dépôt tel qu'il est proposé",
    description="Seulement quand il n'y a rien à choisir : chaque table rejoint sans doute possible un jeu connu. Sinon la "
    "réponse est 409, avec la page à ouvrir.",
)
@opens("dataset.deposit")
def pour(request: HttpRequest, slug: str, delivery: int) -> Any:
    found = own_delivery(request, delivery)
    plans = lifecycle.load_plans(found)
    if found.state != Delivery.State.STAGED:
        return for_a_person(found, f"Ce dépôt est « {found.get_state_display()} » : il n'y a rien à verser.")
    choices = [plan.choice for plan in plans if plan.choice is not None]
    if not choices:
        return for_a_person(found, "Ce fichier est déjà versé tel quel : il n'y a rien à faire.")
    if doubt := _doubt(request, plans):
        return for_a_person(found, doubt)
    job = delivery_jobs.start_pour(found, request.user, choices)  # type: ignore[arg-type]
    return Status(202, job_response(job))


def _doubt(request: HttpRequest, plans: Sequence[TablePlan]) -> str:
    """Why a person must look first; empty when nothing is left to choose."""
    for plan in plans:
        if plan.choice is None:
            continue
        dataset = Dataset.objects.of(request.territory).filter(slug=plan.match.dataset or "").first()  # type: ignore[attr-defined]
        if dataset is None:
            return f"« {plan.staged.name} » ne rejoint aucun jeu connu : une personne doit dire où le verser."
        if not may(request.user, "dataset.deposit", dataset):
            return f"« {plan.staged.name} » rejoindrait un jeu que ce jeton n'ouvre pas."
        if reasons := lifecycle.needs_confirmation(plan):
            return f"« {plan.staged.name} » : {' '.join(reasons)} Une personne doit confirmer ce choix."
    return ""


def for_a_person(delivery: Delivery, why: str) -> HttpResponse:
    return problem(409, f"{why} Ouvrez la page du dépôt ; le fichier est gardé.", page=_page(delivery))
