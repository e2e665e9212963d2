"""List of datasets: rows, counts and links from the query parameters.

In: a territory and the parameters q, filtre, source, tri, page. Out: the context of the page.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import QueryDict

from beffroi.text import to_ascii
from beffroi.web.platform.models import Territory

from . import usage_registry
from .dataset_search import find_rows
from .lifecycle.dataset_cards import missing_to_publish
from .models import Dataset, Snapshot

A_PAGE: Final = 50
BEST_FIRST: Final = "pertinence"
SORTS: Final = {"titre": "Titre", "date": "Mise à jour", "lignes": "Lignes"}


@dataclass(frozen=True)
class Row:
    """One dataset with the delivery in force."""

    dataset: Dataset
    current: Snapshot | None
    to_complete: bool
    unused: bool = False


FILTERS: Final[dict[str, tuple[str, Callable[[Row], bool]]]] = {
    "": ("Tous", lambda row: True),
    "publies": ("Publiés", lambda row: row.dataset.published_at is not None),
    "personnels": (
        "Données personnelles",
        lambda row: row.dataset.sensitivity == Dataset.Sensitivity.PERSONAL,
    ),
    "a-completer": ("Fiche à compléter", lambda row: row.to_complete),
    "vides": ("Sans livraison", lambda row: row.current is None),
    "sans-usage": ("Dont personne ne se sert", lambda row: row.unused),
}


def folded(text: str) -> str:
    """Without capitals nor accents: « École » is found by « ecole »."""
    return to_ascii(text).lower()


def listing(territory: Territory, params: QueryDict) -> dict[str, Any]:
    idle = {dataset.pk for dataset in usage_registry.unused(territory)}
    rows = [
        _row(d, d.pk in idle)
        for d in Dataset.objects.of(territory)
        .select_related("owner")
        .prefetch_related(
            Prefetch("snapshots", Snapshot.objects.only("dataset", "number", "state", "at", "rows_total"))
        )
    ]
    query = params.get("q", "").strip()[:200]
    found, near = find_rows(territory, query, rows)
    chosen = params.get("filtre", "") if params.get("filtre", "") in FILTERS else ""
    producer = params.get("source", "")
    selected = [
        row for row in found if FILTERS[chosen][1](row) and (not producer or row.dataset.producer == producer)
    ]
    sorts = {BEST_FIRST: "Pertinence", **SORTS} if query else SORTS
    sort = params.get("tri", "") if params.get("tri", "") in sorts else next(iter(sorts))
    if sort != BEST_FIRST:
        selected.sort(key=lambda row: folded(row.dataset.title))
    if sort == "date":
        selected.sort(key=lambda row: row.current.at.timestamp() if row.current else 0, reverse=True)
    elif sort == "lignes":
        selected.sort(key=lambda row: row.current.rows_total if row.current else -1, reverse=True)
    return {
        "page": Paginator(selected, A_PAGE).get_page(params.get("page")),
        "total": len(rows),
        "query": query,
        "near": near,
        "filters": _links(params, "filtre", chosen, _filter_counts(found)),
        "sources": _links(params, "source", producer, _producers(found)),
        "sorts": _links(params, "tri", sort, [(key, label, None) for key, label in sorts.items()]),
        "narrowed": bool(query or chosen or producer),
    }


def _row(dataset: Dataset, unused: bool) -> Row:
    done = [snapshot for snapshot in dataset.snapshots.all() if snapshot.state == Snapshot.State.DONE]
    current = max(done, key=lambda snapshot: snapshot.number, default=None)
    return Row(dataset, current, bool(missing_to_publish(dataset)), unused)


def _filter_counts(rows: list[Row]) -> list[tuple[str, str, int | None]]:
    counted = [(key, label, sum(map(test, rows))) for key, (label, test) in FILTERS.items()]
    return [(key, label, count) for key, label, count in counted if count or key == ""]


def _producers(rows: list[Row]) -> list[tuple[str, str, int | None]]:
    counts = Counter(row.dataset.producer for row in rows if row.dataset.producer)
    if len(counts) < 2:
        return []
    every: list[tuple[str, str, int | None]] = [("", "Tous les producteurs", None)]
    return every + [(name, name, count) for name, count in counts.most_common(6)]


def _links(
    params: QueryDict, name: str, chosen: str, options: list[tuple[str, str, int | None]]
) -> list[dict[str, Any]]:
    """Each option as a link that keeps the rest of the address."""
    links = []
    for key, label, count in options:
        query = params.copy()
        query.pop("page", None)
        query.pop(name, None)
        if key:
            query[name] = key
        links.append(
            {"label": label, "count": count, "url": f"?{query.urlencode()}", "current": key == chosen}
        )
    return links
