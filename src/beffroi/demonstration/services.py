"""Three further services of AI in the demonstration: their invented tables deposited as files, bound, tried, then at work.

In come the territory, its members and a folder; out go the uses, in their sandbox where their gates let them. The tables are
those of each system's own sample maker, their days brought to today; file and card say that they are simulated.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from beffroi.systems import binding as matching
from beffroi.systems import registry
from beffroi.systems.contract import Tables
from beffroi.systems.manifest import InputSchema, Manifest
from beffroi.systems.runner import make_sample
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy import places
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.binding import own_columns
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import Run, SystemUse

from . import life
from .members import Members
from .town import files

SEED = 2024
YEAR = 364  # days: the season and the day of the week stay


@dataclass(frozen=True)
class DemonstratedSystem:
    """A system that the demonstration tries, and the tables that stop at today; the others tell of days to come too."""

    system: str
    until_today: tuple[str, ...] = ()


DEMONSTRATED = (
    DemonstratedSystem("buildings", ("meters", "weather", "works_done")),
    DemonstratedSystem("leaks", ("flows", "pressures", "inspections")),
    DemonstratedSystem("school_map"),
)


def try_them(
    territory: Territory, members: Members, folder: Path, today: date, progress: Any
) -> list[SystemUse]:
    """Each of them in its turn; one that its gates keep back stays where it is, and its page says why."""
    return [
        _try(demonstrated, territory, members, folder / demonstrated.system, today, progress)
        for demonstrated in DEMONSTRATED
        if demonstrated.system in {system.manifest.id for system in registry.all_systems()}
    ]


def _try(
    demonstrated: DemonstratedSystem,
    territory: Territory,
    members: Members,
    folder: Path,
    today: date,
    progress: Any,
) -> SystemUse:
    manifest = registry.get(demonstrated.system).manifest
    written = _write(demonstrated, manifest, folder, today)
    report = catalogue.deposit_folder(territory, folder, members.guide, progress)
    datasets = {snapshot.file: snapshot.dataset for snapshot in report.snapshots}
    for dataset in datasets.values():
        _fill_card(dataset, members, territory, manifest)
    for competence in manifest.competences[:1]:
        if not places.fits(territory, manifest.competences).ok:
            places.add_competence(
                territory, None, competence, since=today, legal_act="Démonstration : acte inventé"
            )
    use = workshop.adopt(territory, members.supervisor, demonstrated.system, supervisor=members.supervisor)
    binding = {
        schema.name: _bound(schema, dataset)
        for schema in manifest.inputs
        if (dataset := datasets.get(written.get(schema.name, ""))) is not None
    }
    # What these data or a gate do not allow is kept as a failed run or a closed gate, told on the card: the job goes on.
    with suppress(WorkshopError):
        workshop.bind(use, members.supervisor, binding)
        tried = workshop.execute(use, members.supervisor, Run.Verb.BACKTEST, progress=progress)
        life.carry_to_sandbox(use, members, tried)
        reason = "" if tried.score["recommended"] else life.NOT_RECOMMENDED
        workshop.execute(use, members.supervisor, Run.Verb.RUN, reason=reason, progress=progress)
    return use


def _write(demonstrated: DemonstratedSystem, manifest: Manifest, folder: Path, today: date) -> dict[str, str]:
    """The tables as a business application would export them; the file of each."""
    tables = _shift_to(make_sample(demonstrated.system, SEED), manifest, demonstrated.until_today, today)
    named = {}
    for schema in manifest.inputs:
        if (table := tables.get(schema.name)) is None:
            continue
        name = f"{schema.title}, {manifest.title.lower()} (données simulées).csv"
        columns = [need for need in schema.columns if need.name in table.column_names]
        header = [(need.hints or (need.name,))[0] for need in columns]
        values = [table.column(need.name).to_pylist() for need in columns]
        rows = [[_text(value) for value in row] for row in zip(*values, strict=True)]
        files.write(folder, Path(name), files.csv_bytes(header, rows))
        named[schema.name] = name
    return named


def _shift_to(tables: Tables, manifest: Manifest, until_today: tuple[str, ...], today: date) -> Tables:
    """Every day moved, so that the main tables reach today; what would be later is cut there."""
    days = [day for name in until_today for day in _days(tables.get(name))]
    if not days:
        return tables
    # A short sample keeps its days of the week only: whole years would leave nothing before today.
    step = timedelta(YEAR if max(days) - min(days) > timedelta(2 * YEAR) else 7)
    shift = step * -((max(days) - today) // step)
    moved = {name: _moved(table, shift) for name, table in tables.items()}
    return {name: _cut(table, today) if name in until_today else table for name, table in moved.items()}


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def _days(table: pa.Table | None) -> list[date]:
    name = _timed(table)
    if table is None or not name:
        return []
    return [day for value in table.column(name).to_pylist() if (day := _day(value)) is not None]


def _timed(table: pa.Table | None) -> str:
    """The first column of days or moments."""
    fields = table.schema if table is not None else ()
    return next((field.name for field in fields if pa.types.is_temporal(field.type)), "")


def _moved(table: pa.Table, shift: timedelta) -> pa.Table:
    for place, field in enumerate(table.schema):
        if pa.types.is_temporal(field.type):
            values = [None if value is None else value + shift for value in table.column(place).to_pylist()]
            table = table.set_column(place, field, pa.array(values, field.type))
    return table


def _cut(table: pa.Table, today: date) -> pa.Table:
    name = _timed(table)
    days = [_day(value) for value in table.column(name).to_pylist()]
    return table.filter(pa.array([day is None or day < today for day in days]))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M:%S")
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)


def _fill_card(dataset: Dataset, members: Members, territory: Territory, manifest: Manifest) -> None:
    catalogue.edit_card(
        dataset,
        members.guide,
        title=re.sub(r"\s*\(?données simulées.*$", "", dataset.title),
        owner=members.steward,
        producer=territory.name,
        licence="Licence Ouverte 2.0",
        purpose=f"Démonstration du service « {manifest.title} »",
        retention="le temps de la démonstration",
        simulated=True,
    )


def _bound(schema: InputSchema, dataset: Dataset) -> dict[str, Any]:
    matches = matching.propose_binding(schema, own_columns(dataset))
    return {"dataset": dataset.slug, "columns": {name: match.column for name, match in matches.items()}}
