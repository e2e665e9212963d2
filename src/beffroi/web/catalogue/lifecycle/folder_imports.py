"""Import of a folder: each file, at any depth, becomes deliveries of datasets or a refusal with its reason.

In: a folder, the person who answers for it. Out: the snapshots made and what was refused, in the order of the files.
"""

from dataclasses import dataclass, field
from pathlib import Path

from beffroi.lake import drift
from beffroi.lake.errors import LakeError
from beffroi.lake.readers.refusals import is_sidecar
from beffroi.lake.tables import Refused
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import CatalogueError
from ..lake_access import reuse_open_lakes
from ..models import Snapshot
from ..planning.matching import free_title
from ..planning.table_plans import Choice, TablePlan
from .file_storage import read_chunks
from .pouring import pour
from .receiving import ReportProgress, ignore_progress, read_delivery, store_file


@dataclass
class FolderReport:
    """What became of each file."""

    snapshots: list[Snapshot] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def deposit_folder(
    territory: Territory, folder: Path, person: Person, progress: ReportProgress = ignore_progress
) -> FolderReport:
    """Receive, read and pour every file as proposed. Raises CatalogueError when there is no file at all."""
    require(person, "dataset.deposit", territory)
    if not folder.is_dir():
        raise CatalogueError(f"Le dossier « {folder} » n'existe pas. Rien n'a été lu. Vérifiez son nom.")
    files = files_of(folder)
    if not files:
        raise CatalogueError(
            f"Le dossier « {folder} » ne contient aucun fichier. Rien n'a été lu. Indiquez le dossier qui contient vos exports."
        )
    report = FolderReport()
    with reuse_open_lakes():
        _deposit_each(territory, folder, files, person, report, progress)
    progress(100, f"{len(report.snapshots)} livraisons, {len(report.refused)} refus")
    return report


def _deposit_each(
    territory: Territory,
    folder: Path,
    files: list[Path],
    person: Person,
    report: FolderReport,
    progress: ReportProgress,
) -> None:
    layers = {path.with_suffix("") for path in files if path.suffix.lower() == ".shp"}
    for rank, path in enumerate(files):
        origin = path.relative_to(folder).as_posix()
        if is_sidecar(path.name) and _layer(path) in layers:
            continue  # kept and read with its .shp
        progress(100 * rank / len(files), origin)
        try:
            _deposit(territory, path, origin, person, report)
        except (CatalogueError, LakeError) as error:
            report.refused.append(Refused(origin, str(error)))
        except OSError as error:
            why = f"Le fichier n'a pas pu être ouvert ({error.strerror}). Vérifiez vos droits, puis recommencez."
            report.refused.append(Refused(origin, why))


def files_of(folder: Path) -> list[Path]:
    """The files at any depth, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _layer(path: Path) -> Path:
    return path.with_name(path.name[:-8]) if path.name.lower().endswith(".shp.xml") else path.with_suffix("")


def _companions(path: Path) -> list[Path]:
    if path.suffix.lower() != ".shp":
        return []
    return [p for p in path.parent.iterdir() if is_sidecar(p.name) and _layer(p) == path.with_suffix("")]


def _deposit(territory: Territory, path: Path, origin: str, person: Person, report: FolderReport) -> None:
    if path.is_symlink() or not path.is_file():
        why = "Ce n'est pas un fichier ordinaire (lien ou fichier spécial). Déposez le fichier lui-même."
        report.refused.append(Refused(origin, why))
        return
    delivery = store_file(
        territory, person, path.name, read_chunks(path), origin=origin, companions=_companions(path)
    )
    delivery, plans, refused = read_delivery(delivery)
    report.refused.extend(refused)
    if not plans:
        if not refused:
            report.refused.append(Refused(origin, delivery.reason))
        return
    for plan in plans:
        if plan.choice is None:
            report.refused.append(Refused(plan.staged.origin, " ".join(plan.match.why)))
    choices = [choice for plan in plans if (choice := _chosen(territory, plan)) is not None]
    if choices:
        changed = any(choice != plans[choice.table].choice for choice in choices)
        done = pour(delivery, person, choices if changed else None, failures=report.refused)
        report.snapshots.extend(done)


def _chosen(territory: Territory, plan: TablePlan) -> Choice | None:
    """The proposal; a table whose columns changed, which nobody is there to answer for, opens a dataset of its own."""
    if plan.choice is None or not drift.awaiting_answer(plan.changes):
        return plan.choice
    return Choice(plan.index, None, free_title(territory, plan.staged.origin))
