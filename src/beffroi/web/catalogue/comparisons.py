"""Comparison of two deliveries of a dataset for a person and a purpose: two grants, one request to the query processes.

In: a person, two snapshots, a purpose. Out: a `Comparison` with its sentence and its rows as French texts. Nothing is
shown that each grant alone would not show; a reading of personal rows is a line of the ledger, as for any page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from beffroi.lake.comparison import (
    AFTER,
    BEFORE,
    DIFFERS,
    KIND,
    KINDS,
    ComparisonOptions,
    ComparisonResult,
    Kind,
)
from beffroi.lake.grants import Grant
from beffroi.recipes import requests
from beffroi.web.platform.models import Person
from beffroi.web.ui import formats

from .dataset_presentation import NUMBERS, text
from .grants import Shows, grant, may_read_rows
from .labels import type_of
from .models import Dataset, Processing, Snapshot
from .row_queries import ROWS_A_PAGE, by_line, run_query

ROWS_AN_EXPORT: Final = 50_000
EXPORT: Final = "export"
WORDS: Final[dict[Kind, str]] = {"added": "ajoutée", "removed": "retirée", "changed": "modifiée"}
SIGNS: Final[dict[Kind, str]] = {"added": "+", "removed": "\u2212", "changed": "≠"}
FILTERS: Final[dict[str, Kind]] = {"ajoutees": "added", "retirees": "removed", "modifiees": "changed"}


@dataclass(frozen=True)
class Comparison:
    """What was found between two deliveries."""

    before: Snapshot
    after: Snapshot
    found: ComparisonResult

    @property
    def labels(self) -> dict[str, str]:
        """The columns as their files called them, the latest name first."""
        columns = [*self.before.columns, *self.after.columns]
        return {column["name"]: column["label"] for column in columns}

    def count(self, kind: Kind) -> int | None:
        counts = {"added": self.found.added, "removed": self.found.removed, "changed": self.found.changed}
        return counts[kind]

    @property
    def differences(self) -> int | None:
        counts = [self.count(kind) for kind in KINDS]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def sentence(self) -> str:
        """« Entre le fichier reçu le 3 mars (n° 1) et celui du 2 avril (n° 2) : 12 lignes ajoutées, 3 retirées, 45 modifiées. »"""
        if self.after.correction is not None:
            between = (
                f"Entre la livraison n° {self.before.number} et la ligne corrigée (n° {self.after.number})"
            )
            return f"{between} : {self._differences}."
        days = [formats.french_date(one.at, hour=False) for one in (self.before, self.after)]
        if days[0] == days[1]:
            between = (
                f"Entre les fichiers n° {self.before.number} et n° {self.after.number}, reçus le {days[0]}"
            )
        else:
            between = (
                f"Entre le fichier reçu le {days[0]} (n° {self.before.number}) "
                f"et celui du {days[1]} (n° {self.after.number})"
            )
        return f"{between} : {self._differences}."

    @property
    def _differences(self) -> str:
        if self.differences is None:
            return "le détail des changements n'est pas montré"
        if self.differences == 0:
            return "aucune ligne n'a changé"
        parts = [_part(self.count(kind) or 0, WORDS[kind], named=kind == "added") for kind in KINDS]
        return ", ".join(part for part in parts if self.found.key or "modifiée" not in part)

    @property
    def undoing(self) -> str:
        """What undoing the later delivery would do to the rows."""
        if not self.differences:
            return ""
        verbs: dict[Kind, tuple[str, str]] = {
            "added": ("ligne ajoutée repartirait", "lignes ajoutées repartiraient"),
            "removed": ("ligne retirée reviendrait", "lignes retirées reviendraient"),
            "changed": (
                "ligne modifiée retrouverait ses valeurs",
                "lignes modifiées retrouveraient leurs valeurs",
            ),
        }
        parts = [
            f"{formats.number(n)} {verbs[kind][n > 1]}" for kind in KINDS if (n := self.count(kind) or 0)
        ]
        return ", ".join(parts) + "."


def _part(count: int, word: str, *, named: bool) -> str:
    plural = "s" if count > 1 else ""
    return f"{formats.number(count)} {f'ligne{plural} ' if named else ''}{word}{plural}"


def compare(
    person: Person,
    before: Snapshot,
    after: Snapshot,
    processing: Processing | None,
    *,
    key: Sequence[str] | None = None,
    kind: Kind | None = None,
    page: int = 1,
    size: int = ROWS_A_PAGE,
    way: str = "comparison",
    continued: bool = False,
) -> Comparison:
    """One page of the differences of a `kind` (None: all). `key`: None to have it proposed, empty for whole rows.

    Who may not read the rows of personal data gets counts; an export has nothing but rows. Raises NotGranted,
    CatalogueError.
    """
    dataset = after.dataset
    shows = Shows.ROWS if way == EXPORT or may_read_rows(person, dataset) else Shows.GROUPS

    def opened(one: Snapshot, *, again: bool) -> Grant:
        details = {"compared_with": before.number, "page": page}
        return by_line(
            grant(
                person,
                dataset,
                processing,
                snapshot=one,
                shows=shows,
                way=way,
                details=details,
                continued=again,
            )
        )

    later = opened(after, again=continued)
    wanted = ComparisonOptions(
        key=None if key is None else tuple(key),
        kinds=KINDS if kind is None else (kind,),
        offset=(max(1, page) - 1) * size,
        limit=size,
    )
    found = run_query(requests.ComparisonRequest(opened(before, again=True), later, wanted))
    return Comparison(before, after, found)


def rows_of(comparison: Comparison) -> list[dict[str, Any]]:
    """The differing rows as texts, each cell with its value before and after."""
    rows = []
    for row in comparison.found.table.to_pylist():
        kind: Kind = row[KIND]
        cells = []
        for column in comparison.found.columns:
            old, new = row[BEFORE + column], row[AFTER + column]
            cells.append(
                {
                    "before": text(old),
                    "after": text(new),
                    "text": text(old if kind == "removed" else new),
                    "differs": row[DIFFERS + column],
                }
            )
        rows.append({"kind": kind, "word": WORDS[kind], "sign": SIGNS[kind], "cells": cells})
    return rows


def heads_of(comparison: Comparison) -> list[dict[str, Any]]:
    """The compared columns with their labels, those of the key marked."""
    figures = {column["name"] for column in comparison.after.columns if column["type"] in NUMBERS}
    return [
        {
            "name": name,
            "label": comparison.labels.get(name, name),
            "number": name in figures,
            "key": name in comparison.found.key,
        }
        for name in comparison.found.columns
    ]


def drift_of(comparison: Comparison) -> list[str]:
    """What the columns became, one sentence each."""
    drift, labels = comparison.found.drift, comparison.labels
    sentences = [
        f"La colonne « {labels[name]} » n'existe plus après : elle n'est pas comparée."
        for name in drift.only_before
    ]
    sentences += [
        f"La colonne « {labels[name]} » n'existait pas avant : elle n'est pas comparée."
        for name in drift.only_after
    ]
    kinds = [{c["name"]: type_of(c) for c in one.columns} for one in (comparison.before, comparison.after)]
    sentences += [
        f"La colonne « {labels[name]} » a changé de type : {kinds[0].get(name)}, puis {kinds[1].get(name)}."
        for name, *_ in drift.retyped
    ]
    if count := len(drift.hidden):
        some = (
            "Une colonne sur des personnes est masquée"
            if count == 1
            else f"{count} colonnes sur des personnes sont masquées"
        )
        sentences.append(
            f"{some} : ni vos droits ni cet usage ne permettent de comparer ce qu'on n'y lit pas."
        )
    return sentences


def export_lines(
    person: Person,
    before: Snapshot,
    after: Snapshot,
    processing: Processing,
    *,
    key: Sequence[str] | None,
    kind: Kind | None,
) -> tuple[list[str], Iterator[list[Any]]]:
    """The header and every differing row, for a file: the kind, then each column before and after."""
    first = compare(
        person, before, after, processing, key=key, kind=kind, page=1, size=ROWS_AN_EXPORT, way=EXPORT
    )
    header = ["Changement"]
    for head in heads_of(first):
        header += [f"{head['label']} (avant)", f"{head['label']} (après)"]

    def lines() -> Iterator[list[Any]]:
        comparison, page = first, 1
        while True:
            for row in comparison.found.table.to_pylist():
                values = [
                    value
                    for name in comparison.found.columns
                    for value in (row[BEFORE + name], row[AFTER + name])
                ]
                yield [WORDS[row[KIND]], *values]
            if comparison.found.table.num_rows < ROWS_AN_EXPORT:
                return
            page += 1
            comparison = compare(
                person,
                before,
                after,
                processing,
                key=first.found.key,
                kind=kind,
                page=page,
                size=ROWS_AN_EXPORT,
                way=EXPORT,
                continued=True,
            )

    return header, lines()


def choices(dataset: Dataset) -> list[Snapshot]:
    """The deliveries that can be compared, the latest first."""
    return list(dataset.snapshots.select_related("by").filter(state=Snapshot.State.DONE).order_by("-number"))
