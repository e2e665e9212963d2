"""What people saw in the field, written down row by row or place by place: a visit, works that ended, what was weighed.

In come a use, one of the tables that its system lets people write, and rows; out goes one delivery added to the dataset that
serves this table, with what every delivery has: its line in the ledger, its lineage, its undoing. Where no dataset serves it yet,
one is opened and bound.
"""

import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from beffroi.lake.readers.corrections import FORCEABLE, Corrections
from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.web.catalogue.dataset_lookup import dataset_named
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.lifecycle import Choice, cancel, correct, load_plans, pour, stage
from beffroi.web.catalogue.lifecycle.receiving import ReportProgress, ignore_progress, store_file
from beffroi.web.catalogue.models import Dataset, Delivery, Snapshot
from beffroi.web.catalogue.row_cells import Cell, to_file
from beffroi.web.platform import jobs
from beffroi.web.platform.jobs import JobError, Progress, TooManyJobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import Permission, may, require

from .. import manifests
from ..errors import WorkshopError
from ..life import running
from ..models import Run, SystemUse
from . import runs
from .uses import bind

logger = logging.getLogger(__name__)
KIND = "workshop.record"
READ_NOTES, LEAST_NUMBERS = 20, 5  # the last notes say what is usual, from so many numbers on
TIMES_USUAL = 1_000

type Row = dict[str, str | None]
"""By declared column: the value as an ISO text, « true » or « false »; None where nothing is known."""

type Line = list[Cell]


@dataclass(frozen=True)
class ByPlace:
    """The columns of a table whose rows are a number by place and day: it may be noted for all the places at once."""

    place: ColumnNeed
    day: ColumnNeed
    number: ColumnNeed


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


def by_place(needs: Sequence[ColumnNeed]) -> ByPlace | None:
    """These columns as a place, a day and a number; None where they are anything else."""
    kinds = {"text": "place", "code": "place", "date": "day", "integer": "number", "number": "number"}
    found = {kinds.get(need.type, ""): need for need in needs}
    return ByPlace(**found) if len(needs) == 3 and found.keys() == {"place", "day", "number"} else None


def dataset_of(use: SystemUse, schema: InputSchema) -> Dataset | None:
    """The dataset that is bound to this input."""
    return dataset_named(use.territory, use.binding.get(schema.name, {}).get("dataset") or "")


def may_record(use: SystemUse, person: Person, schema: InputSchema) -> bool:
    """Who has the right; nobody writes in a table that follows those that it comes from."""
    if not permission(use, person, schema):
        return False
    dataset = dataset_of(use, schema)
    return dataset is None or not dataset.computed


def permission(use: SystemUse, person: Person, schema: InputSchema) -> Permission:
    """The right of who hands files over; the first row of all also binds the system, which takes who binds it."""
    deposit = _permission(person, "dataset.deposit", use.territory)
    if not deposit or use.binding.get(schema.name):
        return deposit
    return _permission(person, "system.bind", use)


@cached_read
def _permission(person: Person, act: str, resource: Territory | SystemUse) -> Permission:
    """One for all the tables of a page, so that its reason is looked up once."""
    return Permission(person, act, resource)


def start(use: SystemUse, person: Person, schema: InputSchema, rows: Sequence[Row], key: str) -> Job:
    """`key`: of the page that was sent; sent twice, it is noted once. Raises PermissionDenied, WorkshopError, TooManyJobs."""
    require(person, "dataset.deposit", use.territory)
    if not use.binding.get(schema.name):
        require(person, "system.bind", use)
    if (dataset := dataset_of(use, schema)) is not None and dataset.computed:
        raise WorkshopError(
            f"« {dataset.title} » est calculé par une analyse : rien n'a été noté. Déposez la ligne dans l'un des jeux dont il "
            "vient."
        )
    back = {"slug": use.territory.slug, "system": use.system}
    key = f"{KIND}:{use.pk}:{key}"
    with transaction.atomic():
        locked = SystemUse.objects.of(use.territory).select_for_update(of=("self",)).get(pk=use.pk)
        if not locked.binding.get(schema.name) and _pending(use, schema).exclude(key=key).exists():
            raise WorkshopError(
                "La première note s'enregistre : attendez quelques secondes, puis recommencez. Ce que vous avez écrit est "
                "encore là."
            )
        return jobs.start(
            use.territory,
            KIND,
            key=key,
            label=schema.recorded[:200],
            person=person,
            arguments={"use": use.pk, "table": schema.name, "rows": list(rows)},
            back=reverse("system-record", kwargs=back | {"table": schema.name}),
        )


def _pending(use: SystemUse, schema: InputSchema) -> QuerySet[Job]:
    """The jobs that will write in this table: each of them would open a dataset where there is none."""
    pending = (Job.State.WAITING, Job.State.RUNNING)
    return Job.objects.of(use.territory).filter(
        kind=KIND, state__in=pending, arguments__use=use.pk, arguments__table=schema.name
    )


def largest_credible(use: SystemUse, schema: InputSchema) -> float | None:
    """The number by place beyond which a unit or a comma is surely wrong, after the last notes; None where they are too few to say."""
    found = by_place(columns(use, schema))
    if found is None:
        return None
    done = Job.objects.of(use.territory).filter(kind=KIND, state=Job.State.DONE)
    last = done.filter(arguments__use=use.pk, arguments__table=schema.name).order_by("-created_at")[
        :READ_NOTES
    ]
    rows = [row for job in last for row in job.arguments.get("rows", [])]
    numbers = [float(number) for row in rows if (number := row.get(found.number.name)) is not None]
    usual = median(numbers) if len(numbers) >= LEAST_NUMBERS else 0.0
    return usual * TIMES_USUAL if usual > 0 else None


def noted_by_place(use: SystemUse, schema: InputSchema, job_number: str) -> tuple[int, date] | None:
    """How many places this job noted, and for which day; None where it noted anything else."""
    found = by_place(columns(use, schema))
    if found is None or not (job_number.isdecimal() and len(job_number) < 19):
        return None
    done = Job.objects.of(use.territory).filter(pk=int(job_number), kind=KIND, state=Job.State.DONE)
    job = done.filter(arguments__use=use.pk, arguments__table=schema.name).first()
    rows = job.arguments.get("rows", []) if job is not None else []
    day = rows[0].get(found.day.name) if rows else None
    return (len(rows), date.fromisoformat(day)) if day else None


def run_job(progress: Progress) -> str:
    job = progress.job
    use = SystemUse.objects.of(job.territory).filter(pk=job.arguments["use"]).first()
    if use is None or job.started_by is None:
        raise JobError("Ce service n'est plus là, ou la personne qui notait n'y est plus. Rien n'a été noté.")
    schema = next((one for one in recordable(use) if one.name == job.arguments["table"]), None)
    if schema is None:
        raise JobError("Ce service ne lit plus ce que vous notiez. Rien n'a été noté.")
    # A job that was asked for by an earlier version bears one row.
    rows = job.arguments["rows"] if "rows" in job.arguments else [job.arguments["row"]]
    try:
        write(use, job.started_by, schema, rows, act=job.key, progress=progress.report)
    except (CatalogueError, WorkshopError, PermissionDenied) as error:
        raise JobError(str(error)) from error
    _measure_with(use, job.started_by, schema)
    page = {"slug": job.territory.slug, "system": use.system, "table": schema.name}
    return f"{reverse('system-record', kwargs=page)}?note={job.pk}"


def _measure_with(use: SystemUse, person: Person, schema: InputSchema) -> None:
    """Ask for a new backtest where the last one did not read this table: once a backtest, and the note stays whatever comes of it."""
    use.refresh_from_db()
    last = running.measured(use, manifests.of(use))
    if last is None or last.binding.get(schema.name):
        return
    candidates = (one for one in (person, use.supervisor) if one is not None)
    asking = next((one for one in candidates if may(one, "system.bind", use)), None)
    if asking is None:
        return
    try:
        runs.start(use, asking, Run.Verb.BACKTEST, key=f"noted-{last.pk}")
    except (WorkshopError, TooManyJobs) as error:
        logger.info("no new backtest of %s after the first note of %s: %s", use.system, schema.name, error)


def write(
    use: SystemUse,
    person: Person,
    schema: InputSchema,
    rows: Sequence[Row],
    *,
    act: str,
    progress: ReportProgress = ignore_progress,
) -> Snapshot:
    """Add the rows, all or none. `act`: named once, written once. Raises CatalogueError, WorkshopError, PermissionDenied; then nothing is noted."""
    dataset = dataset_of(use, schema)
    if use.binding.get(schema.name) and (dataset is None or dataset.current is None):
        raise WorkshopError(
            f"Le jeu de données relié à « {schema.title} » n'est plus là. Rien n'a été noté. Reliez-en un autre."
        )
    begun = _begun(use, act)
    snapshot = begun.snapshots.exclude(state=Snapshot.State.INTENDED).first() if begun else None
    if snapshot is None:
        lines = [_first(schema, row) if dataset is None else _next(use, dataset, schema, row) for row in rows]
        choice = _choice(use, schema, dataset, lines)
        file = _file(lines)  # what cannot be written in these types is told before anything is kept
        delivery = begun or _received(use, person, schema, file, act)
        try:
            snapshot = _poured(delivery, person, lines, choice, progress)
        except (CatalogueError, WorkshopError):
            if not delivery.snapshots.exists():
                cancel(delivery, person)
            raise
    _bind(use, person, schema, snapshot)
    return snapshot


def _begun(use: SystemUse, act: str) -> Delivery | None:
    """The delivery of this act, where a worker died after it was handed over."""
    abandoned = (Delivery.State.CANCELLED, Delivery.State.REFUSED)
    found: Delivery | None = (
        Delivery.objects.of(use.territory).filter(noted=act).exclude(state__in=abandoned).first()
    )
    return found


def _received(use: SystemUse, person: Person, schema: InputSchema, file: bytes, act: str) -> Delivery:
    return store_file(use.territory, person, f"{schema.title}, noté sur place.parquet", [file], noted=act)


def _poured(
    delivery: Delivery, person: Person, lines: list[Line], choice: Choice, progress: ReportProgress
) -> Snapshot:
    if not delivery.snapshots.exists():
        stage(delivery, progress, prefer=choice.dataset or "")
        delivery.refresh_from_db()
        if len(read := load_plans(delivery)) != 1:
            raise WorkshopError(
                f"Ce que vous notez n'a pas pu être lu : {delivery.reason} Rien n'a été noté."
            )
        # A few rows show no type: they are read in those of the columns.
        types = {
            column.name: cell.kind
            for column, cell in zip(read[0].staged.columns, lines[0], strict=True)
            if cell.kind in FORCEABLE and cell.kind != column.type
        }
        if types:
            correct(delivery, person, {0: Corrections(types=types)}, progress)
            delivery.refresh_from_db()
        if load_plans(delivery)[0].staged.rows_kept != len(lines):
            raise WorkshopError(
                "Une des valeurs ne tient pas dans sa colonne : sa ligne a été mise de côté. Rien n'a été noté."
            )
    if choice.dataset is None and choice.key:  # the columns of a new dataset have just been named
        columns = load_plans(delivery)[0].staged.columns
        names = {cell.column: column.name for column, cell in zip(columns, lines[0], strict=True)}
        choice = replace(choice, key=tuple(names[name] for name in choice.key))
    (snapshot,) = pour(delivery, person, [choice], progress)
    return snapshot


def _choice(use: SystemUse, schema: InputSchema, dataset: Dataset | None, lines: list[Line]) -> Choice:
    if dataset is None:
        title = f"{schema.title}, {manifests.of(use).title}"[:200]
        if (found := by_place(schema.columns)) is None:
            return Choice(0, None, title)
        # Noted twice for one day, a place has its last number: the two are not added up.
        return Choice(0, None, title, "upsert", key=(found.place.name, found.day.name))
    if not dataset.key:
        return Choice(0, dataset.slug, dataset.title, "append")
    empty = (cell for line in lines for cell in line if cell.column in dataset.key and cell.value is None)
    if lacking := dict.fromkeys(cell.label for cell in empty):
        missing_labels = ", ".join(f"« {label} »" for label in lacking)
        raise WorkshopError(
            f"« {dataset.title} » est mis à jour par clé : donnez aussi {missing_labels}. Rien n'a été noté."
        )
    return Choice(0, dataset.slug, dataset.title, "upsert", key=tuple(dataset.key))


def _file(lines: list[Line]) -> bytes:
    try:
        return to_file(*lines)
    except CatalogueError as error:
        raise WorkshopError(
            f"{error} Rien n'a été noté. Corrigez la valeur, ou le type de la colonne dans le catalogue."
        ) from error


def _first(schema: InputSchema, row: Row) -> Line:
    """A new dataset has every column that can be noted, under the names that people read."""
    needs = [need for need in schema.columns if need.type != "geometry"]
    return [Cell(need.name, need.display_name, need.type, row.get(need.name)) for need in needs]


def _next(use: SystemUse, dataset: Dataset, schema: InputSchema, row: Row) -> Line:
    """Every column of the dataset, under its own name and type; those that the system does not read stay empty."""
    mapping = use.binding[schema.name]["columns"]
    values = {own: row.get(declared) for declared, own in mapping.items() if own}
    snapshot = dataset.current
    return [
        Cell(
            column["name"], column.get("label") or column["name"], column["type"], values.get(column["name"])
        )
        for column in (snapshot.columns if snapshot else [])
    ]


def _bind(use: SystemUse, person: Person, schema: InputSchema, snapshot: Snapshot) -> None:
    """Bind the dataset that was just opened, unless somebody has bound this table meanwhile."""
    with transaction.atomic():
        locked = SystemUse.objects.of(use.territory).select_for_update(of=("self",)).get(pk=use.pk)
        if locked.binding.get(schema.name):
            return
        by_label = {_label_key(c.get("label") or c["name"]): c["name"] for c in snapshot.columns}
        columns = {need.name: by_label.get(_label_key(need.display_name)) for need in schema.columns}
        entry = {"dataset": snapshot.dataset.slug, "columns": columns}
        bind(locked, person, dict(locked.binding) | {schema.name: entry})


def _label_key(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()
