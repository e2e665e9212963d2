"""The API of the datasets: the list, one card, its rows as JSON or CSV. The same reads as the pages, through a grant.

With a token under `/t/{slug}/`, for a purpose of the register; without one under `/p/{slug}/`, what is published.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Final

from django.http import Http404, HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from beffroi.web.platform.api.guards import Bearer, open_to_all, opens
from beffroi.web.platform.http.downloads import download
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may

from . import past_states, row_queries
from .dataset_lists import folded
from .dataset_presentation import described_columns
from .errors import NotGranted
from .grants import consultation, open_data, protected_columns
from .lifecycle import export_rows
from .models import Dataset, Processing, Snapshot
from .publication.authorisations import authorisation, public_columns, published_datasets
from .reading_purposes import opened_by

router = Router(auth=Bearer(), tags=["Jeux de données"])
public = Router(auth=None, tags=["Données ouvertes, sans jeton"])

MOST_A_PAGE: Final = 1000
MOST_REACHED: Final = 100_000  # rows that pages can reach; the CSV has them all
CSV: Final = {"responses": {200: {"description": "Un fichier CSV", "content": {"text/csv": {}}}}}

Page = Annotated[int, Query(ge=1, le=row_queries.MOST_PAGES, description="La page, à partir de 1.")]
Size = Annotated[int, Query(ge=1, le=MOST_A_PAGE, description="Lignes par page.")]
Columns = Annotated[str, Query(description="Colonnes voulues, séparées par des virgules ; vide : toutes.")]
Version = Annotated[
    str, Query(description="Numéro d'une livraison : les lignes telles qu'elles étaient. Vide : en vigueur.")
]
Day = Annotated[
    str, Query(description="Un jour (AAAA-MM-JJ) : les lignes telles qu'elles étaient à la fin de ce jour.")
]
Purpose = Annotated[
    str,
    Query(
        description="Clé d'un usage du registre (voir purposes). Obligatoire pour des données personnelles."
    ),
]


class ColumnOut(Schema):
    name: str
    label: str
    type: str = Field(
        description="text, code, integer, decimal, number, boolean, date, datetime, time ou geometry."
    )
    personal: bool = Field(description="Porte sur des personnes.")


class DatasetOut(Schema):
    slug: str
    title: str
    description: str
    producer: str
    licence: str
    freshness: str
    sensitivity: str
    simulated: bool = Field(description="Vrai pour des données inventées.")
    published: date | None
    snapshot: int | None = Field(description="Numéro de la livraison en vigueur ; vide : aucune.")
    updated: datetime | None
    rows: int | None


class CardOut(DatasetOut):
    purpose: str
    legal_basis: str
    retention: str
    hosting: str
    owner: str
    columns: list[ColumnOut]


class PublicCardOut(DatasetOut):
    columns: list[ColumnOut]
    ground: str = Field(
        description="Ce qui permet de publier des données personnelles ; vide pour les autres."
    )


class PurposeOut(Schema):
    key: str
    title: str
    purpose: str
    legal_basis: str
    covers_personal: bool
    datasets: list[str] = Field(
        description="Les jeux qui y sont rattachés ; les usages « catalogue », « pilotage » et « open-data » ouvrent aussi "
        "tous les jeux ordinaires."
    )


class RowsOut(Schema):
    dataset: str
    snapshot: int
    purpose: str
    simulated: bool
    columns: list[ColumnOut]
    rows: list[dict[str, Any]] = Field(
        description="Une ligne, un objet : nom de colonne et valeur. Les dates sont en AAAA-MM-JJ."
    )
    page: int
    size: int
    total: int = Field(description="Lignes du jeu entier.")
    next_page: int | None


def _describe_dataset(dataset: Dataset, current: Snapshot | None) -> dict[str, Any]:
    return {
        "slug": dataset.slug,
        "title": dataset.title,
        "description": dataset.description,
        "producer": dataset.producer,
        "licence": dataset.licence,
        "freshness": dataset.freshness,
        "sensitivity": dataset.sensitivity,
        "simulated": dataset.simulated,
        "published": dataset.published_at.date() if dataset.published_at else None,
        "snapshot": current.number if current else None,
        "updated": current.at if current else None,
        "rows": current.rows_total if current else None,
    }


def _card(dataset: Dataset) -> dict[str, Any]:
    current = dataset.current
    return {
        **_describe_dataset(dataset, current),
        "purpose": dataset.purpose,
        "legal_basis": dataset.legal_basis,
        "retention": dataset.retention,
        "hosting": dataset.hosting,
        "owner": str(dataset.owner or ""),
        "columns": _columns(described_columns(current)) if current else [],
    }


def _columns(columns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": c["name"], "label": c["label"], "type": c["type"], "personal": bool(c.get("personal"))}
        for c in columns
    ]


def _listed(datasets: Sequence[Dataset], q: str) -> list[dict[str, Any]]:
    words = folded(q).split()
    matching = [
        d for d in datasets if all(w in folded(f"{d.title} {d.description} {d.producer}") for w in words)
    ]
    return [_describe_dataset(dataset, dataset.current) for dataset in matching]


def readable(request: HttpRequest, slug: str) -> Dataset:
    """The dataset, if the token opens it; else 404, as if it were not there."""
    found = (
        Dataset.objects.of(request.territory).select_related("territory", "owner").filter(slug=slug).first()
    )  # type: ignore[attr-defined]
    if found is None or not may(request.user, "dataset.read", found):
        raise Http404
    return found


def _published(request: HttpRequest, slug: str) -> Dataset:
    found = (
        published_datasets(request.territory)  # type: ignore[attr-defined]
        .select_related("territory", "owner")
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise Http404
    return found


def purpose_of(dataset: Dataset, key: str) -> Processing | None:
    """The purpose of the register; for ordinary data without one, the keeping of the catalogue."""
    if key:
        found = Processing.objects.of(dataset.territory).filter(key=key).first()
        if found is None:
            raise NotGranted(
                f"L'usage « {key} » n'est pas inscrit au registre. Choisissez une clé parmi « purposes »."
            )
        return found
    if dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
        return None
    return consultation(dataset.territory)


def _rows(
    person: Person | None,
    dataset: Dataset,
    purpose: Processing | None,
    page: int,
    size: int,
    columns: str,
    state: past_states.State | None = None,
) -> dict[str, Any]:
    if page * size > MOST_REACHED:
        raise NotGranted(
            f"Les pages s'arrêtent à {MOST_REACHED} lignes. Pour tout avoir, demandez « rows.csv »."
        )
    if purpose is None:
        raise NotGranted(
            f"Lire « {dataset.title} » demande un usage inscrit au registre : donnez sa clé avec « purpose »."
        )
    wanted = [name.strip() for name in columns.split(",") if name.strip()] or None
    snapshot = state.snapshot if state else dataset.current
    found = row_queries.page_of_rows(
        person, dataset, purpose, page, size=size, columns=wanted, snapshot=snapshot, way="api"
    )
    names = [column["name"] for column in found.columns]
    reachable = min(found.total, MOST_REACHED)
    return {
        "dataset": dataset.slug,
        "snapshot": snapshot.number if snapshot else 0,
        "purpose": purpose.key,
        "simulated": dataset.simulated,
        "columns": _columns(found.columns),
        "rows": [dict(zip(names, map(plain, row), strict=True)) for row in found.rows],
        "page": page,
        "size": size,
        "total": found.total,
        "next_page": page + 1 if page * size < reachable and page < row_queries.MOST_PAGES else None,
    }


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    match value:
        case Decimal():
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
    return value


def _sent(
    person: Person | None, dataset: Dataset, purpose: Processing | None, snapshot: Snapshot | None = None
) -> StreamingHttpResponse:
    export = export_rows(person, dataset, purpose, snapshot)
    return download(export.chunks, export.file_name)


@router.get("/t/{slug}/purposes", response=list[PurposeOut], summary="Les usages inscrits au registre")
@opens("dataset.read")
def purposes(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    rows = Processing.objects.of(request.territory).order_by("title")  # type: ignore[attr-defined]
    datasets = list(Dataset.objects.of(request.territory))  # type: ignore[attr-defined]
    return [_purpose(row, datasets) for row in rows.prefetch_related("datasets")]


def _purpose(row: Processing, datasets: Sequence[Dataset]) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": row.title,
        "purpose": row.purpose,
        "legal_basis": row.legal_basis,
        "covers_personal": row.covers_personal,
        "datasets": sorted(one.dataset.slug for one in opened_by(row, datasets)),
    }


@router.get("/t/{slug}/datasets", response=list[DatasetOut], summary="Les jeux que ce jeton ouvre")
@opens("dataset.read")
def datasets(request: HttpRequest, slug: str, q: str = "") -> list[dict[str, Any]]:
    every = Dataset.objects.of(request.territory).select_related("territory")  # type: ignore[attr-defined]
    return _listed([d for d in every if may(request.user, "dataset.read", d)], q)


@router.get("/t/{slug}/datasets/{dataset}", response=CardOut, summary="La fiche d'un jeu, avec ses colonnes")
@opens("dataset.read")
def dataset_card(request: HttpRequest, slug: str, dataset: str) -> dict[str, Any]:
    return _card(readable(request, dataset))


@router.get(
    "/t/{slug}/datasets/{dataset}/rows",
    response=RowsOut,
    summary="Les lignes d'un jeu, page par page",
    description="Les lignes d'un jeu de données personnelles demandent « dataset.read_personal » et un usage qui ouvre ce jeu ; "
    "chaque lecture, chaque refus est inscrit au registre des actes.",
)
@opens("dataset.read")
def dataset_rows(
    request: HttpRequest,
    slug: str,
    dataset: str,
    purpose: Purpose = "",
    page: Page = 1,
    size: Size = 100,
    columns: Columns = "",
    version: Version = "",
    au: Day = "",
) -> dict[str, Any]:
    found = readable(request, dataset)
    state = past_states.state_of(found, version, au)
    return _rows(request.user, found, purpose_of(found, purpose), page, size, columns, state)  # type: ignore[arg-type]


@router.get(
    "/t/{slug}/datasets/{dataset}/rows.csv",
    summary="Toutes les lignes d'un jeu, en CSV",
    description="Le même fichier que le bouton « Exporter en CSV » : points-virgules, virgules décimales. L'export est "
    "inscrit au registre des actes.",
    openapi_extra=CSV,
)
@opens("dataset.read")
def dataset_csv(
    request: HttpRequest,
    slug: str,
    dataset: str,
    purpose: Purpose = "",
    version: Version = "",
    au: Day = "",
) -> StreamingHttpResponse:
    found = readable(request, dataset)
    chosen = purpose_of(found, purpose)
    if chosen is None:
        raise NotGranted(
            f"Exporter « {found.title} » demande un usage inscrit au registre : donnez sa clé avec « purpose »."
        )
    snapshot = past_states.state_of(found, version, au).snapshot
    return _sent(request.user, found, chosen, snapshot)  # type: ignore[arg-type]


@public.get("/p/{slug}/datasets", response=list[DatasetOut], summary="Les jeux publiés")
@open_to_all
def public_datasets(request: HttpRequest, slug: str, q: str = "") -> list[dict[str, Any]]:
    published = published_datasets(request.territory).select_related("territory")  # type: ignore[attr-defined]
    return _listed(list(published), q)


@public.get("/p/{slug}/datasets/{dataset}", response=PublicCardOut, summary="La fiche d'un jeu publié")
@open_to_all
def public_card(request: HttpRequest, slug: str, dataset: str) -> dict[str, Any]:
    found = _published(request, dataset)
    card, current = _card(found), found.current
    opened = public_columns(found, current, protected_columns(found, current)) if current else frozenset()
    return card | {
        "columns": [column for column in card["columns"] if column["name"] in opened],
        "ground": authorised.ground_label if (authorised := authorisation(found)) else "",
    }


@public.get("/p/{slug}/datasets/{dataset}/rows", response=RowsOut, summary="Les lignes d'un jeu publié")
@open_to_all
def public_rows(
    request: HttpRequest, slug: str, dataset: str, page: Page = 1, size: Size = 100, columns: Columns = ""
) -> dict[str, Any]:
    found = _published(request, dataset)
    return _rows(None, found, open_data(found.territory), page, size, columns)


@public.get(
    "/p/{slug}/datasets/{dataset}/rows.csv",
    summary="Toutes les lignes d'un jeu publié, en CSV",
    openapi_extra=CSV,
)
@open_to_all
def public_csv(request: HttpRequest, slug: str, dataset: str) -> StreamingHttpResponse:
    return _sent(None, _published(request, dataset), None)
