"""Rows on a dataset's page: sort and filter, from the words of its address, and the addresses that change or correct them.

In: the parameters tri, sens, colonne, par, valeur. Out: what the query processes sort and filter by, links for the headers.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.http import QueryDict
from django.urls import reverse

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.lake.row_selection import LONGEST_TEXT, Comparison, RowFilter, RowOrder

from . import lifecycle
from .models import Dataset, Processing, Snapshot
from .row_queries import RowPlace, Rows

SORT, DIRECTION, COLUMN, HOW, VALUE = "tri", "sens", "colonne", "par", "valeur"
DOWN: Final = "desc"
COMPARISONS: Final[dict[str, tuple[str, Comparison]]] = {
    "contient": ("contient", "contains"),
    "egal": ("est égal à", "equals"),
}


class Selection:
    """What the address asks for; words that make no sense ask for nothing."""

    def __init__(self, params: QueryDict) -> None:
        self._params = params
        self.column = params.get(COLUMN, "")
        self.how = params.get(HOW, "") if params.get(HOW) in COMPARISONS else "contient"
        self.value = strip_invisible(params.get(VALUE, "")).strip()[:LONGEST_TEXT]
        sort = params.get(SORT, "")
        self.order = RowOrder(sort, params.get(DIRECTION) == DOWN) if sort else None
        filtered = bool(self.column and self.value)
        self.only = RowFilter(self.column, COMPARISONS[self.how][1], self.value) if filtered else None

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in COMPARISONS.items()]

    @property
    def everything(self) -> str:
        """The same page without sort nor filter."""
        return self._address({})

    @property
    def others(self) -> list[tuple[str, str]]:
        """What a form of this page sends along: the rest of the address."""
        return [
            (name, value) for name, value in self._params.items() if name not in (COLUMN, HOW, VALUE, "page")
        ]

    def with_links(self, heads: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The headers of the table, each with the link that sorts by it and how it is sorted now."""
        return [self._head(head) for head in heads]

    def _head(self, head: dict[str, Any]) -> dict[str, Any]:
        sorted_ = self.order is not None and self.order.column == head["name"]
        down = sorted_ and self.order is not None and self.order.descending
        words = {SORT: head["name"]} | ({DIRECTION: DOWN} if sorted_ and not down else {})
        if self.only is not None:
            words |= {COLUMN: self.column, HOW: self.how, VALUE: self.value}
        direction = ("descending" if down else "ascending") if sorted_ else ""
        return {**head, "url": self._address(words), "sorted": direction}

    def _address(self, words: dict[str, str]) -> str:
        query = self._params.copy()
        for name in (SORT, DIRECTION, COLUMN, HOW, VALUE, "page"):
            query.pop(name, None)
        for name, value in words.items():
            query[name] = value
        return f"?{query.urlencode()}#lignes"


def row_address(dataset: Dataset, snapshot: Snapshot, place: RowPlace, purpose: Processing) -> str:
    """Address of the page that corrects the row; the purpose goes along for data about people."""
    place_in = (dataset.territory.slug, dataset.slug, snapshot.number, place.delivery, place.line)
    personal = dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    return reverse("row-correct", args=place_in) + (f"?finalite={purpose.key}" if personal else "")


def correction_links(
    dataset: Dataset,
    snapshot: Snapshot,
    purpose: Processing,
    rows: Rows,
    cells: Sequence[Sequence[dict[str, Any]]],
    *,
    may_deposit: bool,
) -> dict[str, Any]:
    """The rows, each with the link that corrects it and what it designates, or why rows are not corrected here."""
    trouble = lifecycle.why_no_correction(dataset)
    if not may_deposit and not dataset.computed:
        return {}
    if trouble:
        return {"why_no_correction": trouble}
    in_key = [column["name"] in dataset.key for column in rows.columns]
    lines = []
    for row, place in zip(cells, rows.places, strict=True):
        designation = " ".join(cell["text"] for cell, key in zip(row, in_key, strict=True) if key)
        lines.append((row, {"url": row_address(dataset, snapshot, place, purpose), "label": designation}))
    return {"corrections": True, "lines": lines}
