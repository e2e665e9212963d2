"""The rows that a system is given: only the declared columns, through grants, at the deliveries that the run names.

In come a use, a person and the pinned deliveries; out go Arrow tables by input. `tables` is called in the worker's or the
command's process, never in the web's.
"""

from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.lake.errors import LakeError
from beffroi.lake.tables import DELIVERY, LINE
from beffroi.recipes.engine import Limits, answer
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.model import Choose, Order, Recipe, Sort, Source
from beffroi.recipes.requests import Request
from beffroi.systems.binding import BindingError, project
from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.systems.manifest import Manifest
from beffroi.systems.name_matching import apply_matches
from beffroi.systems.settings import SettingBounds, parse_bounds
from beffroi.web.catalogue.dataset_lookup import dataset_named
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.grants import Shows, grant
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Person

from .errors import WorkshopError
from .models import SystemUse

MOST_ROWS: Final = 5_000_000
LIMITS: Final = Limits(memory="1GB", seconds=300.0, rows=MOST_ROWS)

type Pinned = dict[str, dict[str, Any]]
"""By input: the dataset's slug and title, the number and the date of the delivery read."""


def pin(use: SystemUse, manifest: Manifest) -> Pinned:
    """The deliveries in force now, so that the run can say what it read, and read the same if it is taken again."""
    pinned: Pinned = {}
    for schema in manifest.inputs:
        entry = use.binding.get(schema.name)
        if not entry or not entry.get("dataset"):
            continue
        dataset = dataset_named(use.territory, entry["dataset"])
        snapshot = dataset.current if dataset else None
        if dataset is None or snapshot is None:
            raise WorkshopError(
                f"Le jeu de données relié à « {schema.title} » n'a plus de livraison en vigueur. Rien n'a été lancé. "
                "Déposez un fichier, ou changez la liaison."
            )
        pinned[schema.name] = {
            "dataset": dataset.slug,
            "title": dataset.title,
            "number": snapshot.number,
            "date": snapshot.last_file.at.isoformat(),
            "file": snapshot.last_file.file,
            "rows": snapshot.rows_total,
        }
    return pinned


def known_setting_bounds(use: SystemUse, manifest: Manifest) -> SettingBounds:
    """What the data in force allow, by setting, as the last execution on the same deliveries found; empty before it.

    A page has it without starting a process: the system says it again at each execution, which refuses what is beyond.
    """
    if not manifest.settings_bounded_by_data:
        return {}
    last = (
        use.runs.filter(version=manifest.version)
        .exclude(setting_bounds__isnull=True)
        .exclude(setting_bounds={})
        .first()
    )
    if last is None or last.binding != use.binding:
        return {}
    try:
        current = pin(use, manifest)
    except WorkshopError:
        return {}
    if _deliveries(last.snapshots) != _deliveries(current):
        return {}
    return parse_bounds(last.setting_bounds, manifest.settings_bounded_by_data) or {}


def _deliveries(pinned: Pinned) -> dict[str, tuple[str, int]]:
    return {name: (one["dataset"], one["number"]) for name, one in pinned.items()}


def tables(use: SystemUse, manifest: Manifest, person: Person, pinned: Pinned) -> dict[str, pa.Table]:
    """The declared columns under their declared names and types. Raises WorkshopError, in French."""
    tables: dict[str, pa.Table] = {}
    try:
        for schema in manifest.inputs:
            if schema.name in pinned:
                mapping = use.binding[schema.name]["columns"]
                rows = _rows(use, person, schema, pinned[schema.name], mapping)
                tables[schema.name] = project(rows, mapping, schema)
    except (CatalogueError, LakeError, RecipeError, BindingError) as error:
        raise WorkshopError(str(error)) from error
    for schema in manifest.inputs:
        for need in schema.columns:
            confirmed = use.binding.get(schema.name, {}).get("names", {}).get(need.name)
            if confirmed and need.same_as and schema.name in tables:
                tables[schema.name] = _named(tables, schema.name, need, confirmed)
    return tables


def _named(tables: dict[str, pa.Table], name: str, need: ColumnNeed, confirmed: dict[str, str]) -> pa.Table:
    """The names of another table, where a person said that they are the same.

    Only what that table does not hold takes the name of what it holds: it may have been delivered anew since.
    """
    table, (other, _, column) = tables[name], need.same_as.partition(".")
    if need.name not in table.column_names or other not in tables or column not in tables[other].column_names:
        return table
    known = set(pc.unique(tables[other].column(column)).to_pylist())
    matches = {own_name: to for own_name, to in confirmed.items() if to in known and own_name not in known}
    place = table.column_names.index(need.name)
    return table.set_column(place, table.schema.field(place), apply_matches(table.column(need.name), matches))


def _rows(
    use: SystemUse,
    person: Person,
    schema: InputSchema,
    pinned: dict[str, Any],
    mapping: dict[str, str | None],
) -> pa.Table:
    dataset = Dataset.objects.of(use.territory).get(slug=pinned["dataset"])
    snapshot = Snapshot.objects.filter(dataset=dataset, number=pinned["number"]).first()
    if snapshot is None:  # never the delivery of today in its place
        raise WorkshopError(
            f"La livraison n° {pinned['number']} de « {dataset.title} » n'est plus conservée. Rien n'a été lancé."
        )
    names = tuple(dict.fromkeys(own for own in mapping.values() if own))
    opened = grant(
        person,
        dataset,
        use.processing,
        shows=Shows.SYSTEM,
        way="system",
        snapshot=snapshot,
        columns=names,
        details={"system": use.system},
    )
    # In the order of the files: a system that keeps the last of two lines must always keep the same.
    ordered = replace(opened, columns=(*opened.columns, DELIVERY, LINE))
    recipe = Recipe(
        title=f"{schema.title}, pour un service d'IA",
        sources={"jeu": dataset.slug},
        steps=(
            Source(source="jeu"),
            Sort(by=(Order(column=DELIVERY), Order(column=LINE))),
            Choose(columns=names),
        ),
    )
    released = answer(Request(recipe=recipe, grants={"jeu": ordered}, limit=MOST_ROWS), LIMITS)
    if released.truncated:
        raise WorkshopError(
            f"« {dataset.title} » compte {released.row_count} lignes : c'est plus que ce qu'un système peut recevoir "
            f"({MOST_ROWS}). Rien n'a été lancé. Reliez un jeu plus court."
        )
    return released.table
