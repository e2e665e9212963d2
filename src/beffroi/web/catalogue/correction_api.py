"""API of corrections: a program corrects how its delivery is read, lists or removes the corrections saved for the next ones.

The same services as the pages; `delivery_api` finds the delivery and checks its owner.
"""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from beffroi.lake.readers.corrections import Corrections, Uncorrectable
from beffroi.web.platform.api.guards import Bearer, opens
from beffroi.web.platform.api.problems import problem
from beffroi.web.platform.api.routes import JobOut, job_response
from beffroi.web.platform.rights import may

from . import delivery_jobs, lifecycle
from .delivery_api import for_a_person, own_delivery
from .models import Dataset, Delivery

router = Router(auth=Bearer(), tags=["Dépôts"])


class CorrectionsIn(Schema):
    encoding: str | None = Field(None, description="Par exemple cp850.")
    separator: str | None = Field(None, description="Le signe lui-même ; vide : une seule colonne.")
    header: int | None = Field(None, description="Ligne de l'en-tête ; 0 : aucune.")
    totals: bool | None = Field(None, description="Vrai : garder les lignes de total parmi les données.")
    types: dict[str, str] = Field(
        default_factory=dict,
        description="Par colonne : text, code, integer, decimal, number, boolean, date, datetime ou time.",
    )
    orders: dict[str, str] = Field(
        default_factory=dict, description="Par colonne de dates : day (JJ/MM) ou month (MM/JJ)."
    )
    centuries: dict[str, str] = Field(
        default_factory=dict,
        description="Par colonne dont les années ont deux chiffres : past, planned (40 ans d'ici) ou future (80 ans).",
    )
    decimals: dict[str, str] = Field(
        default_factory=dict,
        description="Par colonne : le signe des décimales ; l'autre sépare les milliers.",
    )
    missing: list[str] = Field(default_factory=list, description="Autres mentions d'absence de valeur.")
    values: dict[str, bool] = Field(
        default_factory=dict, description="Par colonne : vrai si NC, - … y sont de vraies valeurs."
    )
    labels: dict[str, str] = Field(
        default_factory=dict,
        description="Par colonne : le nom montré sur les pages ; son identifiant ne change pas.",
    )


class CorrectionIn(Schema):
    table: int = Field(0, description="Le rang de la table dans le dépôt, à partir de 0.")
    corrections: CorrectionsIn = Field(
        description="Tout ce qui est dit de la table ; vide : lecture automatique."
    )


class SavedCorrectionsOut(Schema):
    id: int
    files: str = Field(description="Ce qui reste le même dans le nom de ces fichiers.")
    corrections: dict[str, Any]
    since: datetime
    snapshot: int | None


@router.post(
    "/t/{slug}/deliveries/{delivery}/corrections",
    response={202: JobOut},
    summary="Corriger la lecture d'un dépôt",
    description="Les tables nommées sont relues comme il est dit, par un travail à suivre ; une correction impossible laisse "
    "la lecture comme elle était. Les corrections sont gardées avec le jeu quand le dépôt est versé.",
)
@opens("dataset.deposit")
def correct(request: HttpRequest, slug: str, delivery: int, tables: list[CorrectionIn]) -> Any:
    found = own_delivery(request, delivery)
    if found.state != Delivery.State.STAGED:
        why = f"Ce dépôt est « {found.get_state_display()} » : sa lecture ne se corrige plus."
        return for_a_person(found, why)
    known = {plan.index for plan in lifecycle.load_plans(found)}
    if not tables or any(each.table not in known for each in tables):
        return problem(422, "Nommez au moins une table de ce dépôt, par son rang à partir de 0.")
    try:
        corrections = {
            each.table: Corrections.from_dict(each.corrections.model_dump(exclude_none=True))
            for each in tables
        }
    except Uncorrectable as error:
        return problem(422, str(error))
    return Status(202, job_response(delivery_jobs.start_correct(found, request.user, corrections)))  # type: ignore[arg-type]


def _dataset(request: HttpRequest, slug: str) -> Dataset:
    territory = request.territory  # type: ignore[attr-defined]
    found = Dataset.objects.of(territory).select_related("territory").filter(slug=slug).first()
    if found is None or not may(request.user, "dataset.deposit", found):
        raise Http404
    return found


@router.get(
    "/t/{slug}/datasets/{dataset}/corrections",
    response=list[SavedCorrectionsOut],
    summary="Les corrections gardées pour les fichiers d'un jeu",
)
@opens("dataset.deposit")
def saved_corrections(request: HttpRequest, slug: str, dataset: str) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "files": row.pattern,
            "corrections": row.corrections,
            "since": row.at,
            "snapshot": row.snapshot.number if row.snapshot else None,
        }
        for row in _dataset(request, dataset).saved_corrections.select_related("snapshot")
    ]


@router.post(
    "/t/{slug}/datasets/{dataset}/corrections/{kept}/forget",
    response={204: None},
    summary="Ne plus appliquer des corrections gardées",
)
@opens("dataset.deposit")
def forget_corrections(request: HttpRequest, slug: str, dataset: str, kept: int) -> Any:
    row = (
        _dataset(request, dataset)
        .saved_corrections.filter(pk=kept)
        .select_related("dataset__territory")
        .first()
    )
    if row is None:
        raise Http404
    lifecycle.forget_corrections(row, request.user)  # type: ignore[arg-type]
    return Status(204, None)
