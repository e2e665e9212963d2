"""Services of AI in the demonstration: each bound to its data, tried on the past, carried to its sandbox, then at work.

In come the territory, its members and the installed systems that the demonstration shows; out go the uses, in their sandbox where
their gates let them. Some serve on the files that the town gathered; the others on the tables of their own sample maker, deposited
as files in the invented town: file and card say that they are simulated.
"""

import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from beffroi.systems import binding as matching
from beffroi.systems.contract import TODAY
from beffroi.systems.input_schema import InputSchema
from beffroi.systems.manifest import Manifest
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy import places
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.binding import Binding, own_columns
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import Run, SystemUse

from . import life
from .demonstrated_systems import DemonstratedSystem, demonstrated_systems
from .members import Members
from .samples import write_sample


def try_on_gathered_files(
    territory: Territory, members: Members, today: date, progress: Any, only: str | None = None
) -> list[SystemUse]:
    """Adopt the systems that serve on such files, and try each where these files hold what it needs."""
    uses = []
    for system in demonstrated_systems(only):
        if system.texts.data == "gathered" and not _is_ready(system, territory):
            uses.append(use := _adopted(system, territory) or _adopt(system, territory, members, today))
            proposed = workshop.propose_binding(use)
            if proposed.complete:
                _try(system, use, members, proposed.binding, progress)
    return uses


def try_on_samples(
    territory: Territory,
    members: Members,
    folder: Path,
    today: date,
    progress: Any,
    only: str | None = None,
) -> list[SystemUse]:
    """Adopt the others in the invented town, each tried on its own invented tables."""
    uses = []
    for system in demonstrated_systems(only):
        if system.texts.data == "sample" and not _is_ready(system, territory):
            adopted = _adopted(system, territory)
            bound = adopted.binding if adopted is not None and adopted.bound else None
            binding = bound or _deposit(system, territory, members, folder / system.id, today, progress)
            uses.append(use := adopted or _adopt(system, territory, members, today))
            _try(system, use, members, binding, progress)
    return uses


def count_ready_systems(territory: Territory) -> int:
    """How many systems have a result here."""
    return _results(territory).values("use").distinct().count()


def _results(territory: Territory) -> QuerySet[Run]:
    return Run.objects.of(territory).filter(verb=Run.Verb.RUN, state=Run.State.DONE)


def _is_ready(system: DemonstratedSystem, territory: Territory) -> bool:
    """Whether a run that was interrupted, and begins again, had this system ready."""
    return _results(territory).filter(use__system=system.id).exists()


def _adopted(system: DemonstratedSystem, territory: Territory) -> SystemUse | None:
    use: SystemUse | None = SystemUse.objects.of(territory).filter(system=system.id).first()
    return use


def _adopt(system: DemonstratedSystem, territory: Territory, members: Members, today: date) -> SystemUse:
    invented = territory.is_fictional
    for competence in system.manifest.competences[:1]:
        if not places.fits(territory, system.manifest.competences).ok:
            act = "Démonstration : acte inventé" if invented else "Démonstration : à vérifier"
            places.add_competence(territory, None, competence, since=today, legal_act=act)
    declared = system.texts.purpose
    purpose = None if declared is None else processing(territory, **declared.model_dump())
    return workshop.adopt(
        territory, members.supervisor, system.id, supervisor=members.supervisor, processing=purpose
    )


def _try(
    system: DemonstratedSystem, use: SystemUse, members: Members, binding: Binding, progress: Any
) -> None:
    """One that its gates keep back stays where it is, and its page says why."""
    # What these data or a gate do not allow is kept as a failed run or a closed gate, told on the card: the job goes on.
    with suppress(WorkshopError):
        workshop.bind(use, members.supervisor, binding)
        tried = workshop.execute(use, members.supervisor, Run.Verb.BACKTEST, progress=progress)
        if not use.serving:
            life.carry_to_sandbox(use, system.texts, members, tried)
        reason = "" if tried.score["recommended"] else life.NOT_RECOMMENDED
        # Real files may be years old: the days after their last one are shown, whatever the day is.
        old = system.manifest.uses_today and not use.territory.is_fictional
        settings = {TODAY: ""} if old else {}
        workshop.execute(
            use, members.supervisor, Run.Verb.RUN, settings=settings, reason=reason, progress=progress
        )


def _deposit(
    system: DemonstratedSystem,
    territory: Territory,
    members: Members,
    folder: Path,
    today: date,
    progress: Any,
) -> Binding:
    """Gather the sample of a system as the files of a business application; what its inputs are bound to."""
    written = write_sample(system, folder, today)
    catalogue.deposit_folder(territory, folder, members.guide, progress)
    poured = Snapshot.objects.of(territory).filter(file__in=written.values()).select_related("dataset")
    datasets = {snapshot.file: snapshot.dataset for snapshot in poured}
    for dataset in datasets.values():
        _fill_card(dataset, members, territory, system.manifest)
    return {
        schema.name: _bound(schema, dataset)
        for schema in system.manifest.inputs
        if (dataset := datasets.get(written.get(schema.name, ""))) is not None
    }


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
    columns = {name: match.column for name, match in matches.items()}
    return {
        "dataset": dataset.slug,
        "columns": columns,
        "standalone": bool(schema.use),
    }  # each sample is invented apart
