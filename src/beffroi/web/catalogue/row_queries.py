"""Rows for pages and exports: every read goes through a grant to the query processes, never from the web's own process.

In: a person, a dataset, a purpose. Out: a page of rows, the rows rejected by a delivery, or batches of a whole table.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pyarrow as pa
from django.conf import settings

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.row_selection import RowFilter, RowOrder
from beffroi.lake.store import QUARANTINE
from beffroi.lake.tables import DELIVERY, LINE
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Choose, Condition, Filter, Group, Measure, Order, Recipe, Sort, Source, Step
from beffroi.recipes.pool import send_request
from beffroi.recipes.release import Released
from beffroi.recipes.requests import PageRequest, Query, Request
from beffroi.recipes.uniqueness import Uniqueness, UniquenessRequest
from beffroi.web.platform.concurrency.middleware import release_slot
from beffroi.web.platform.models import Person

from .errors import CatalogueError, NotGranted
from .grants import Shows, grant, grant_to_count, may_read_rows
from .models import Dataset, Processing, Snapshot

ROWS_A_PAGE: Final = 50
MOST_PAGES: Final = 200  # a preview is for looking; whoever wants everything exports it
LINES_A_BATCH: Final = 20_000
SERVING: Final = "BEFFROI_SERVING"  # set by `beffroi serve`: no query ever runs inside the web's own process


@dataclass(frozen=True)
class Rows:
    """Some rows: the described columns, in order, and their values; `total` counts the whole."""

    columns: list[dict[str, Any]]
    rows: list[list[Any]]
    total: int
    places: list["RowPlace"] = field(default_factory=list)


@dataclass(frozen=True)
class RowPlace:
    """Where a row comes from: the number that its delivery bears in the lake, and the line. A row that changes has another."""

    delivery: int
    line: int


def _answer(opened: Grant, steps: Sequence[Step], limit: int) -> Released:
    recipe = Recipe(
        title="Lecture des lignes",
        sources={"jeu": opened.dataset},
        steps=(Source(source="jeu"), *steps),
    )
    return run_query(Request(recipe=recipe, grants={"jeu": opened}, limit=limit))


def run_query[A](request: Query[A]) -> A:
    """Send a request to the query processes; returns its result. Raises CatalogueError."""
    socket = settings.HOME.query_socket
    if not socket.exists() and os.environ.get(SERVING):
        raise CatalogueError(
            "Le service des requêtes redémarre : les lignes ne peuvent pas être lues pour l'instant. "
            "Vos données sont intactes. Réessayez dans une minute."
        )
    try:
        with release_slot():
            return send_request(socket if socket.exists() else None, request)
    except (LakeError, RecipeError, QueryRefused) as error:
        raise CatalogueError(str(error)) from error


def by_line(opened: Grant) -> Grant:
    """The same rows with where each comes from, so that they have an order."""
    return replace(opened, columns=(*opened.columns, DELIVERY, LINE))


def _values(table: pa.Table, columns: Sequence[str]) -> list[list[Any]]:
    if not table.num_rows:
        return []
    return [list(row) for row in zip(*(table[name].to_pylist() for name in columns), strict=True)]


def seen(opened: Grant, snapshot: Snapshot) -> list[dict[str, Any]]:
    """The columns that the grant really shows: those it masks whole are left out."""
    hidden = {name for name, mask in opened.masks if mask == "hide"}
    return [c for c in snapshot.columns if c["name"] in opened.columns and c["name"] not in hidden]


def page_of_rows(
    person: Person | None,
    dataset: Dataset,
    processing: Processing,
    page: int,
    *,
    size: int = ROWS_A_PAGE,
    columns: Sequence[str] | None = None,
    snapshot: Snapshot | None = None,
    way: str = "page",
    only: RowFilter | None = None,
    order: RowOrder | None = None,
) -> Rows:
    """The rows of one page (from 1), as of `snapshot` (None: in force). `person` is None for the public.

    In the order of the files unless `order` is given; `only` keeps some. Both read the columns that this person may see.
    """
    snapshot = snapshot or _in_force(dataset)
    page = max(1, min(page, MOST_PAGES))
    # What was searched for may name somebody: the ledger has the column only.
    details = {"page": page, **({"filtered_by": only.column} if only else {})}
    opened = grant(person, dataset, processing, snapshot=snapshot, columns=columns, way=way, details=details)
    described = seen(opened, snapshot)
    names = [column["name"] for column in described]
    if any(part is not None and part.column not in names for part in (only, order)):
        raise NotGranted(
            "Cette colonne ne se lit pas ici : ni filtre ni tri par elle. Revenez à toutes les lignes."
        )
    released = run_query(PageRequest(by_line(opened), (page - 1) * size, size, only, order))
    places = [RowPlace(*place) for place in _values(released.table, (DELIVERY, LINE))]
    return Rows(described, _values(released.table, names), released.row_count, places)


def row_at(
    person: Person, dataset: Dataset, processing: Processing, place: RowPlace, snapshot: Snapshot
) -> dict[str, Any] | None:
    """The row of this place as of `snapshot`, the columns that this person may see; None where there is none, or several."""
    here = (
        Condition(column=DELIVERY, op="=", value=place.delivery),
        Condition(column=LINE, op="=", value=place.line),
    )
    return _only_row(person, dataset, processing, snapshot, here)


def row_of_key(
    person: Person, dataset: Dataset, processing: Processing, key: Mapping[str, str], snapshot: Snapshot
) -> dict[str, Any] | None:
    """The row that these values of the key's columns, as ISO texts, designate; None where there is none, or several."""
    here = tuple(Condition(column=name, op="=", value=value) for name, value in key.items())
    return _only_row(person, dataset, processing, snapshot, here)


def _only_row(
    person: Person,
    dataset: Dataset,
    processing: Processing,
    snapshot: Snapshot,
    here: tuple[Condition, ...],
) -> dict[str, Any] | None:
    opened = grant(person, dataset, processing, snapshot=snapshot, way="row")
    names = [*(column["name"] for column in seen(opened, snapshot)), DELIVERY, LINE]
    rows = _values(_answer(by_line(opened), [Filter(conditions=here)], 2).table, names)
    return dict(zip(names, rows[0], strict=True)) if len(rows) == 1 else None


def batches(
    person: Person | None,
    dataset: Dataset,
    processing: Processing,
    columns: Sequence[str],
    snapshot: Snapshot | None = None,
) -> Iterator[list[list[Any]]]:
    """All the rows as of `snapshot` (None: in force), some thousands at a time; the right is asked again for each batch.

    Whoever begins the export has asked for its grant, which wrote it in the ledger.
    """
    snapshot = snapshot or _in_force(dataset)

    def opened() -> Grant:
        again = grant(
            person, dataset, processing, snapshot=snapshot, columns=columns, way="export", continued=True
        )
        return by_line(again)

    last = Group(by=(DELIVERY,), measures=(Measure(name="last", operation="max", column=LINE),))
    ends = _answer(opened(), [last], 100_000).table
    for delivery, end in sorted(_values(ends, (DELIVERY, "last"))):
        for start in range(0, int(end) + 1, LINES_A_BATCH):
            here = Filter(
                conditions=(
                    Condition(column=DELIVERY, op="=", value=int(delivery)),
                    Condition(column=LINE, op="between", value=(start, start + LINES_A_BATCH - 1)),
                )
            )
            order = Sort(by=(Order(column=LINE),))
            rows = _values(_answer(opened(), [here, order], 100_000).table, columns)
            if rows:
                yield rows


def uniqueness(person: Person, dataset: Dataset, columns: Sequence[str]) -> Uniqueness:
    """How many rows the dataset in force has, and how many are alone on these columns, for who advises or decides."""
    return UniquenessRequest.read(run_query(UniquenessRequest(grant_to_count(person, dataset, columns))))


def rejected_rows(person: Person, snapshot: Snapshot, processing: Processing, limit: int) -> Rows:
    """The rows that a delivery rejected: line, reason, and the text itself; of personal data, to who may read rows.

    Others learn where such rows are, and of what kind: the text of a line, and the reason that quotes it, tell of people.
    """
    dataset = snapshot.dataset
    whole = may_read_rows(person, dataset)
    shows = Shows.ROWS if whole else Shows.GROUPS
    opened = grant(person, dataset, processing, snapshot=snapshot, shows=shows, way="aside")
    names = ["file", "line", "kind", *(["reason", "raw"] if whole else [])]
    labels = {"file": "Fichier", "line": "Ligne", "kind": "Nature", "reason": "Pourquoi", "raw": "Contenu"}
    columns = [
        {"name": name, "label": labels[name], "type": "integer" if name == "line" else "text"}
        for name in names
    ]
    if snapshot.rows_quarantined == 0 or snapshot.number_in_lake is None:
        return Rows(columns, [], 0)
    rejected = replace(
        opened,
        table=QUARANTINE,
        columns=tuple(names),
        masks=(),
        # Where the lines are, that may leave, is nobody's data.
        identifying=None,
        floor=0,
        unit=None,
        dominance=None,
        protects="",
        aggregate_only=False,
        predicate=(("table_name", "=", dataset.table), ("delivery", "=", str(snapshot.number_in_lake))),
    )
    steps = [Sort(by=(Order(column="file"), Order(column="line"))), Choose(columns=tuple(names))]
    released = _answer(rejected, steps, limit)
    return Rows(columns, _values(released.table, names), released.row_count)


def _in_force(dataset: Dataset) -> Snapshot:
    snapshot = dataset.current
    if snapshot is None:
        raise NotGranted(
            f"« {dataset.title} » n'a encore aucune livraison en vigueur. Déposez un fichier pour commencer."
        )
    return snapshot
