"""Whether each dataset still has the rows that its last delivery left, and whether its lake is not ahead of the database.

In: what the rows of a territory say of its tables (`DueTable`), its lakes. Out: findings. The catalogue is read, never the files.
"""

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Max

from beffroi.home import Home
from beffroi.lake import catalogue_state
from beffroi.lake.catalogue_state import CatalogueState
from beffroi.lake.errors import LakeError
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted

from .finding import Finding

_UNDO: Final = "undo:"
_NAMED: Final = re.compile(r"\w+:")
"""How the acts of the catalogue are named: « what:which », unlike what moves a whole lake."""
_KINDS: Final = {Dataset.Sensitivity.ORDINARY: "lasting", Dataset.Sensitivity.PERSONAL: "personal"}


@dataclass(frozen=True)
class DueTable:
    """A dataset's table as its delivery in force left it."""

    kind: str  # of the lake
    table: str
    title: str
    snapshot: int
    rows: int


def due_tables(territory: Territory) -> list[DueTable]:
    """Of the datasets whose state in force is stored and which nobody is writing. The caller has opened the territory's space."""
    rows = Snapshot.objects.of(territory).order_by("number")
    unfinished = rows.filter(state__in=[Snapshot.State.INTENDED, Snapshot.State.UNDOING])
    writing = set(unfinished.values_list("dataset", flat=True))
    done = rows.filter(state=Snapshot.State.DONE).values_list(
        "dataset",
        "pk",
        "rows_total",
        "lake_version",
        "cut_at",
        "dataset__sensitivity",
        "dataset__table",
        "dataset__title",
    )
    in_force = {dataset: row for dataset, *row in done}
    return [
        DueTable(_KINDS[sensitivity], table, title, pk, count)
        for dataset, (pk, count, version, cut_at, sensitivity, table, title) in in_force.items()
        if dataset not in writing and version is not None and cut_at is None
    ]


def of_lake(
    home: Home,
    territory: Territory,
    kind: str,
    due: Iterable[DueTable],
    *,
    known: Collection[str] = (),
    immutable: bool = False,
) -> Iterator[Finding]:
    """`known`: tables already said to be wrong. `immutable`: in a copy, where nobody writes."""
    folder = home.lake(territory.slug, kind)
    try:
        there = catalogue_state.read_state(folder, immutable=immutable)
    except (sqlite3.Error, LakeError, TypeError, ValueError):
        return  # `inventory.faults` says why
    name = folder.relative_to(home.path).as_posix()
    if count := _unknown_acts(territory, kind, there):
        yield Finding(
            f"ahead:{name}",
            f"Les données de {territory.name} ({name}) sont plus récentes que la base : elle ne connaît pas "
            f"{counted(count, 'versement', 'versements')} qu'elles tiennent.",
            stops=True,
            territory=territory.slug,
            action="Une base plus ancienne a sans doute été remise : remettez celle du même jour que les données (« db.sqlite3 », de "
            "la dernière sauvegarde, ou la copie que vous aviez mise de côté). Ne versez rien d'ici là.",
        )
        return
    wrong = [each for each in due if each.table not in known and _count(there, each) != each.rows]
    if wrong:
        # Those poured or undone since what is due was asked are right.
        with scope.inside(territory):
            still = set(due_tables(territory))
        for each in wrong:
            if each in still:
                yield _of_table(territory, name, each, _count(there, each))


def _of_table(territory: Territory, lake: str, due: DueTable, count: int | None) -> Finding:
    if count is None:
        why = "n'est plus au catalogue des données"
    else:
        why = f"n'a plus ses lignes : {count} au lieu de {due.rows}"
    message = f"Le jeu « {due.title} » de {territory.name} ({lake}) {why}."
    return Finding(f"rows:{lake}/{due.table}", message, territory=territory.slug)


def _count(there: CatalogueState, due: DueTable) -> int | None:
    table = there.tables.get(due.table)
    return None if table is None else table.rows


def _unknown_acts(territory: Territory, kind: str, there: CatalogueState) -> int:
    """How many acts later than the last known delivery the lake has that the database does not; an undo that it does not know is one."""
    of_kind = [sensitivity for sensitivity, name in _KINDS.items() if name == kind]
    with scope.inside(territory):
        rows = Snapshot.objects.of(territory)
        last = rows.filter(dataset__sensitivity__in=of_kind).aggregate(last=Max("lake_version"))["last"] or 0
        later = [act for version, act in there.acts.items() if version > last and _NAMED.match(act)]
        if not later:
            return 0
        states = dict(
            rows.filter(act__in=[act.removeprefix(_UNDO) for act in later]).values_list("act", "state")
        )
    return sum(
        states.get(act.removeprefix(_UNDO))
        in ((None, Snapshot.State.DONE) if act.startswith(_UNDO) else (None,))
        for act in later
    )
