"""What people saw in the field, written down row by row: a visit, works that ended, a choice that is made.

In come a use, one of the tables that its system lets people write, and one row; out goes a delivery added to the dataset that
serves this table, with what every delivery has: its line in the ledger, its lineage, its undoing. Where no dataset serves it yet,
one is opened and bound.
"""

import io
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as parquet
from django.urls import reverse

from beffroi.lake.readers.corrections import FORCEABLE, Corrections
from beffroi.systems.contract import ColumnNeed, InputSchema
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Dataset, Delivery, Snapshot
from beffroi.web.catalogue.services import Choice, cancel, correct, planned, pour, receive, stage
from beffroi.web.catalogue.services.arrivals import Say, silent
from beffroi.web.territories import jobs
from beffroi.web.territories.jobs import JobError, Progress
from beffroi.web.territories.models import Job, Person
from beffroi.web.territories.rights import may, require

from .. import manifests
from ..errors import WorkshopError
from ..models import SystemUse
from .uses import bind

KIND = "workshop.record"

type Row = dict[str, str | None]
"""By declared column: the value as an ISO text, « true » or « false »; None where nothing is known."""

# By the type of a column of the lake: how a value noted here is written in it.
_KINDS: Final = {
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "decimal": pa.float64(),
}


@dataclass(frozen=True)
class Cell:
    """One column of the row: its heading, its type in the lake, its value as a text."""

    label: str
    kind: str
    value: str | None


def recordable(use: SystemUse) -> list[InputSchema]:
    """The tables of this system that people may write in."""
    return [schema for schema in manifests.of(use).inputs if schema.recorded]


def columns(use: SystemUse, schema: InputSchema) -> list[ColumnNeed]:
    """What can be noted: every column, or those that the bound dataset has. A shape on a map is not typed by hand."""
    entry = use.binding.get(schema.name)
    typed = [need for need in schema.columns if need.type != "geometry"]
    if not entry:
        return typed
    return [need for need in typed if entry["columns"].get(need.name)]


def dataset_of(use: SystemUse, schema: InputSchema) -> Dataset | None:
    slug = use.binding.get(schema.name, {}).get("dataset")
    found: Dataset | None = Dataset.objects.of(use.territory).filter(slug=slug).first() if slug else None
    return found


def may_record(use: SystemUse, person: Person, schema: InputSchema) -> bool:
    """Who may hand files over; the first row of all also binds the system, which takes who binds it."""
    deposits = may(person, "dataset.deposit", use.territory)
    return deposits and (bool(use.binding.get(schema.name)) or may(person, "system.bind", use))


def start(use: SystemUse, person: Person, schema: InputSchema, row: Row, key: str) -> Job:
    """`key`: of the page that was sent; sent twice, it is noted once."""
    if not may_record(use, person, schema):
        require(person, "dataset.deposit", use.territory)
        require(person, "system.bind", use)
    back = {"slug": use.territory.slug, "system": use.system}
    return jobs.start(
        use.territory,
        KIND,
        key=f"{KIND}:{use.pk}:{key}",
        label=schema.recorded[:200],
        person=person,
        arguments={"use": use.pk, "table": schema.name, "row": row},
        back=reverse("system-record", kwargs=back | {"table": schema.name}),
    )


def run_job(progress: Progress) -> str:
    job = progress.job
    use = SystemUse.objects.of(job.territory).filter(pk=job.arguments["use"]).first()
    if use is None or job.started_by is None:
        raise JobError("Ce service n'est plus là, ou la personne qui notait n'y est plus. Rien n'a été noté.")
    schema = next((one for one in recordable(use) if one.name == job.arguments["table"]), None)
    if schema is None:
        raise JobError("Ce service ne lit plus ce que vous notiez. Rien n'a été noté.")
    try:
        write(use, job.started_by, schema, job.arguments["row"], act=job.key, say=progress.say)
    except (CatalogueError, WorkshopError) as error:
        raise JobError(str(error)) from error
    page = {"slug": job.territory.slug, "system": use.system, "table": schema.name}
    return f"{reverse('system-record', kwargs=page)}?note=oui"


def write(
    use: SystemUse, person: Person, schema: InputSchema, row: Row, *, act: str, say: Say = silent
) -> Snapshot:
    """Add the row. `act`: named once, written once. Raises CatalogueError, WorkshopError, PermissionDenied; then nothing is noted."""
    dataset = dataset_of(use, schema)
    if use.binding.get(schema.name) and (dataset is None or dataset.current is None):
        raise WorkshopError(
            f"Le jeu de données relié à « {schema.title} » n'est plus là. Rien n'a été noté. Reliez-en un autre."
        )
    name = _file_name(schema, act)
    earlier = Delivery.objects.of(use.territory).filter(file_name=name).order_by("-pk").first()
    if earlier is not None and (done := earlier.snapshots.first()) is not None:
        return done
    line = _first(schema, row) if dataset is None else _next(use, dataset, schema, row)
    delivery = earlier or receive(use.territory, person, name, [_file(line)])
    stage(delivery, say, prefer=dataset.slug if dataset else "")
    delivery.refresh_from_db()
    if len(read := planned(delivery)) != 1:
        raise WorkshopError(f"Ce que vous notez n'a pas pu être lu : {delivery.reason} Rien n'a été noté.")
    # One row shows no type: it is read in those of the columns.
    types = {
        column.name: cell.kind
        for column, cell in zip(read[0].staged.columns, line, strict=True)
        if cell.kind in FORCEABLE and cell.kind != column.type
    }
    if types:
        correct(delivery, person, {0: Corrections(types=types)}, say)
    title = f"{schema.title}, {manifests.of(use).title}"
    choice = Choice(0, dataset.slug, dataset.title, "append") if dataset else Choice(0, None, title[:200])
    try:
        (snapshot,) = pour(delivery, person, [choice], say)
    except CatalogueError:
        cancel(delivery, person)
        raise
    if dataset is None:
        _bind(use, person, schema, snapshot)
    return snapshot


def _file(line: list[Cell]) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({cell.label: _column(cell.value, cell.kind) for cell in line}), stream)
    return stream.getvalue()


def _file_name(schema: InputSchema, act: str) -> str:
    return f"{schema.title}, noté sur place, {act.rpartition(':')[2]}.parquet"


def _first(schema: InputSchema, row: Row) -> list[Cell]:
    """A new dataset has every column that can be noted, under the names that people read."""
    needs = [need for need in schema.columns if need.type != "geometry"]
    return [Cell(need.told, need.type, row.get(need.name)) for need in needs]


def _next(use: SystemUse, dataset: Dataset, schema: InputSchema, row: Row) -> list[Cell]:
    """Every column of the dataset, under its own name and type; those that the system does not read stay empty."""
    mapping = use.binding[schema.name]["columns"]
    values = {own: row.get(declared) for declared, own in mapping.items() if own}
    snapshot = dataset.current
    return [
        Cell(held.get("label") or held["name"], held["type"], values.get(held["name"]))
        for held in (snapshot.columns if snapshot else [])
    ]


def _column(value: str | None, kind: str) -> pa.Array:
    held = _KINDS.get(kind, pa.string())
    if value is None:
        return pa.array([None], type=held)
    return pa.array([_typed(value, kind)], type=held)


def _typed(value: str, kind: str) -> Any:
    match kind:
        case "date":
            return date.fromisoformat(value[:10])
        case "datetime":
            return datetime.fromisoformat(value)
        case "boolean":
            return value == "true"
        case "integer":
            return {"true": 1, "false": 0}.get(value) if value in ("true", "false") else int(value)
        case "number" | "decimal":
            return float(value)
        case _:
            return {"true": "oui", "false": "non"}.get(value, value)


def _bind(use: SystemUse, person: Person, schema: InputSchema, snapshot: Snapshot) -> None:
    by_label = {_plain(c.get("label") or c["name"]): c["name"] for c in snapshot.columns}
    columns = {need.name: by_label.get(_plain(need.told)) for need in schema.columns}
    entry = {"dataset": snapshot.dataset.slug, "columns": columns}
    bind(use, person, dict(use.binding) | {schema.name: entry})


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()
