"""« Comparer »: two deliveries of a dataset side by side, what came, left and changed, as a page and as a file."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from beffroi.lake.comparison import KINDS, Kind
from beffroi.recipes.french import join_words
from beffroi.web.platform.guards import requires

from . import comparisons, lifecycle
from .comparisons import FILTERS, WORDS, Comparison
from .errors import CatalogueError
from .models import Dataset, Snapshot
from .reading_purposes import purposes_of
from .row_queries import MOST_PAGES, ROWS_A_PAGE
from .views import find_dataset, purpose_of, sent


@dataclass(frozen=True)
class ComparisonQuery:
    """What the address asks: which deliveries, which key (None: the proposed one), which differences, which page."""

    before: Snapshot | None
    after: Snapshot | None
    key: tuple[str, ...] | None
    kind: Kind | None
    page: int


def _parse_query(request: HttpRequest, snapshots: list[Snapshot]) -> ComparisonQuery:
    params = request.GET
    numbers = {str(snapshot.number): snapshot for snapshot in snapshots}
    after = numbers.get(params.get("apres", "")) or (snapshots[0] if snapshots else None)
    earlier = next((s for s in snapshots if after and s.number < after.number), None)
    before = numbers.get(params.get("avant", "")) or earlier
    key = tuple(params.getlist("cle")) if "cle" in params or params.get("reconnaitre") == "lignes" else None
    page_text = params.get("page", "1")
    page = int(page_text) if page_text.isdecimal() and len(page_text) < 9 else 1
    page = max(1, min(page, MOST_PAGES))
    return ComparisonQuery(before, after, key, FILTERS.get(params.get("lignes", "")), page)


@requires("dataset.read")
def compare(request: HttpRequest, dataset: str) -> HttpResponse:
    """The page: the sentence, the counts, the differing rows; the deliveries and the key can be changed."""
    found = find_dataset(request, dataset)
    snapshots = comparisons.choices(found)
    question = _parse_query(request, snapshots)
    purpose = purpose_of(request, found)
    context: dict[str, Any] = {
        "dataset": found,
        "snapshots": snapshots,
        "question": question,
        "purpose": purpose,
        "columns": _keys(question),
        "query_fields": [
            (name, value) for name in ("avant", "apres", "lignes") if (value := request.GET.get(name))
        ],
    }
    if found.sensitivity == Dataset.Sensitivity.PERSONAL:
        context |= {"purposes": purposes_of(found), "may_read_rows": True}
    if question.before is None or question.after is None or purpose is None:
        return render(request, "catalogue/compare.html", context)
    try:
        comparison = comparisons.compare(
            request.user,
            question.before,
            question.after,
            purpose,
            key=question.key,
            kind=question.kind,
            page=question.page,
        )
    except CatalogueError as error:
        return render(request, "catalogue/compare.html", {**context, "failure": str(error)})
    return render(
        request,
        "catalogue/compare.html",
        {**context, **_comparison_context(request, found, question, comparison)},
    )


def _keys(question: ComparisonQuery) -> list[dict[str, Any]]:
    """The columns that both deliveries have, to recognise the rows by."""
    if question.before is None or question.after is None:
        return []
    there = {column["name"] for column in question.before.columns}
    return [
        {**column, "chosen": column["name"] in (question.key or ())}
        for column in question.after.columns
        if column["name"] in there and not column.get("personal")
    ]


def _comparison_context(
    request: HttpRequest, found: Dataset, question: ComparisonQuery, comparison: Comparison
) -> dict[str, Any]:
    counted = comparison.count(question.kind) if question.kind else comparison.differences
    reachable = min(counted or 0, MOST_PAGES * ROWS_A_PAGE)
    key = comparison.found.key
    heads = comparisons.heads_of(comparison)
    latest = question.after == found.current and comparisons.choices(found)[1:2] == [question.before]
    return {
        "comparison": comparison,
        "heads": heads,
        "recognised": join_words(f"« {head['label']} »" for head in heads if head["key"]) if key else "",
        "rows": comparisons.rows_of(comparison),
        "drift": comparisons.drift_of(comparison),
        "page": Paginator(range(reachable), ROWS_A_PAGE).get_page(question.page),
        "cut": (counted or 0) > reachable,
        "links": _links(request, comparison, question.kind),
        "query": _query(request, question, key).urlencode(),
        "columns": [{**column, "chosen": column["name"] in key} for column in _keys(question)],
        "proposed": question.key is None,
        "may_undo": latest
        and question.after is not None
        and lifecycle.may_undo(request.user, question.after),
    }


def _query(request: HttpRequest, question: ComparisonQuery, key: tuple[str, ...]) -> Any:
    """The address of this very comparison, with what was guessed written down."""
    query = request.GET.copy()
    query.pop("page", None)
    for name, snapshot in (("avant", question.before), ("apres", question.after)):
        query[name] = str(snapshot.number) if snapshot else ""
    query.setlist("cle", list(key))
    if not key:
        query["reconnaitre"] = "lignes"
    return query


def _links(request: HttpRequest, comparison: Comparison, chosen: Kind | None) -> list[dict[str, Any]]:
    words = {kind: name for name, kind in FILTERS.items()}
    kinds = [kind for kind in KINDS if comparison.found.key or kind != "changed"]
    options: list[tuple[str, str, int | None, bool]] = [
        ("", "Toutes", comparison.differences, chosen is None)
    ]
    options += [
        (words[kind], f"{WORDS[kind].capitalize()}s", comparison.count(kind), chosen == kind)
        for kind in kinds
    ]
    links = []
    for name, label, count, current in options:
        query = request.GET.copy()
        for dropped in ("page", "lignes"):
            query.pop(dropped, None)
        if name:
            query["lignes"] = name
        links.append({"label": label, "count": count, "url": f"?{query.urlencode()}", "current": current})
    return links


@requires("dataset.read")
def export(request: HttpRequest, dataset: str) -> HttpResponse | StreamingHttpResponse:
    """Every differing row, as a CSV file."""
    found = find_dataset(request, dataset)
    question = _parse_query(request, comparisons.choices(found))
    try:
        if question.before is None or question.after is None:
            raise CatalogueError(
                "Il faut deux livraisons pour comparer. Déposez le fichier suivant, puis recommencez."
            )
        return sent(
            lifecycle.export_differences(
                request.user,
                question.before,
                question.after,
                purpose_of(request, found),
                key=question.key,
                kind=question.kind,
            )
        )
    except CatalogueError as error:
        messages.error(request, f"L'export n'a pas été fait. {error}")
        return redirect("dataset-compare", request.territory.slug, found.slug)
