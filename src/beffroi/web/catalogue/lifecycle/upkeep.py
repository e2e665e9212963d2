"""Daily upkeep of a territory's data: past states and delivered files expire; lakes are compacted.

In: a territory. Out: what was reclaimed. The database says first what is no longer promised, with its ledger line; the
lake forgets it after, step by step; the files last. Cut short anywhere, the next pass goes on.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from beffroi.home import Home
from beffroi.lake import inventory
from beffroi.lake import maintenance as lakes
from beffroi.lake.errors import LakeError
from beffroi.lake.maintenance import MaintenanceReport, RetentionPolicy
from beffroi.lake.store import Lake
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Territory

from ..lake_access import one_writer
from ..models import Dataset, Delivery, Snapshot
from . import retention
from .lake_commits import recover_interrupted

KINDS: Final = ("lasting", "personal")
MOVED_ON: Final = timedelta(days=7)
"""A state in force is read at a newer version of its lake after so long: it then holds back no other dataset's past."""
UNFINISHED: Final = timedelta(hours=6)
"""A folder of `incoming/` without a delivery is one being received, unless it is this old. One with a whole file may be of a newer
database than the one that was put back: it stays as long as a file that nobody has read."""
type OnProgress = lakes.ProgressCallback


@dataclass
class Upkeep:
    """What one pass did in a territory."""

    settled: int = 0
    cut: int = 0  # past states no longer kept
    files_erased: int = 0  # delivered files whose time has come
    left_over: int = 0  # folders that a stop left behind
    lakes: dict[str, MaintenanceReport] = field(default_factory=dict)

    @property
    def freed(self) -> int:
        """Bytes of the lakes."""
        return sum(max(0, report.size_before - report.size_after) for report in self.lakes.values())

    def summary(self) -> str:
        """The report, in one French sentence."""
        merged = sum(report.merged + report.rewritten for report in self.lakes.values())
        parts = [
            (self.cut, "état passé qui n'est plus conservé", "états passés qui ne sont plus conservés"),
            (self.files_erased, "fichier reçu effacé à son terme", "fichiers reçus effacés à leur terme"),
            (merged, "petit fichier regroupé", "petits fichiers regroupés"),
            (sum(k.removed for k in self.lakes.values()), "fichier devenu inutile supprimé", "fichiers devenus inutiles supprimés"),
            (self.left_over + sum(k.orphans for k in self.lakes.values()), "reste d'un arrêt supprimé", "restes d'un arrêt supprimés"),
        ]  # fmt: skip
        sentences = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
        if not sentences:
            return "Rien à faire : les données sont déjà en ordre."
        return f"{', '.join(sentences)} ; {self.freed / 1e6:.1f} Mo rendus.".replace(".", ",", 1)


def run_upkeep(
    territory: Territory,
    *,
    now: datetime | None = None,
    on_progress: OnProgress = lambda _: None,
    grace: timedelta = lakes.GRACE,
    unfinished: timedelta = UNFINISHED,
) -> Upkeep:
    """One pass over the territory; the caller has opened its space. Raises LakeError, and then goes on at the next pass."""
    now = now or timezone.now()
    done, policies = Upkeep(), {}
    # Pours wait while rows are read and marked, never while files are written again.
    with one_writer(territory):
        done.settled = recover_interrupted(territory)
        for kind in KINDS:
            policies[kind], cut = _policy(territory, kind, now, grace)
            done.cut += cut
        done.files_erased = _erase_files(territory, now)
    done.left_over = _sweep(territory, now - unfinished)
    for kind, policy in policies.items():
        folder = settings.HOME.lake(territory.slug, kind)
        if inventory.exists(folder):
            # `now` may be told by a test: the files wait for the real hour.
            done.lakes[kind] = lakes.run_maintenance(
                folder, policy, known=_known_lost(folder), on_progress=on_progress
            )
    return done


def _policy(territory: Territory, kind: str, now: datetime, grace: timedelta) -> tuple[RetentionPolicy, int]:
    """What the lake must remember, once the past states whose time has come are marked; how many were."""
    folder = settings.HOME.lake(territory.slug, kind)
    if not inventory.exists(folder):
        _refuse_lost(territory, kind, folder)
        return RetentionPolicy(), 0
    sensitivity = Dataset.Sensitivity.PERSONAL if kind == "personal" else Dataset.Sensitivity.ORDINARY
    datasets = list(Dataset.objects.of(territory).filter(sensitivity=sensitivity).order_by("pk"))
    keep: set[int] = set()
    expired: list[Snapshot] = []
    with Lake(folder, read_only=True) as lake, transaction.atomic():
        ages, latest = lakes.version_dates(lake), lake.version()
        bounded = any(retention.of_history(dataset) for dataset in datasets)
        for dataset in datasets:
            for snapshot, replaced_at in _states(dataset):
                if replaced_at is None:
                    _move_on(snapshot, lake, ages, latest, now, bounded=bounded)
                elif _is_due(snapshot, replaced_at, ages, now):
                    expired.append(snapshot)
                    continue
                if snapshot.lake_version is not None:
                    keep.add(snapshot.lake_version)
        _mark_cut(territory, kind, expired, now)
    # The raw lines set aside hold the same people as the rows.
    quarantined = set()
    if kind == "personal":
        numbered = ((s.dataset.table, s.number_in_lake) for s in _cut(territory, datasets))
        quarantined = {(table, number) for table, number in numbered if number is not None}
    before = now - retention.PERSONAL_HISTORY
    return RetentionPolicy(keep, before, erase=kind == "personal", quarantined=quarantined, grace=grace), len(
        expired
    )


def _refuse_lost(territory: Territory, kind: str, folder: Path) -> None:
    """Raise LakeError when the database has snapshots of a lake whose folder is missing."""
    sensitivity = Dataset.Sensitivity.PERSONAL if kind == "personal" else Dataset.Sensitivity.ORDINARY
    stored = Snapshot.objects.of(territory).filter(
        state=Snapshot.State.DONE, cut_at=None, dataset__sensitivity=sensitivity, lake_version__isnull=False
    )
    if stored.exists() and not _known_lost(folder):
        raise LakeError(
            f"Les données de {territory.name} ({territory.slug}/{kind}) manquent tout entières. Rien n'a été modifié. "
            "Lancez « beffroi doctor » : il dit quelle sauvegarde les garde encore."
        )


def _known_lost(folder: Path) -> set[str]:
    """The files of a lake that a person knows to be lost."""
    home: Home = settings.HOME
    if not home.exists():
        return set()
    name = f"{folder.relative_to(home.path).as_posix()}/"
    return {key.partition(name)[2] for key in home.accepted_losses if name in key}


def _states(dataset: Dataset) -> Iterator[tuple[Snapshot, datetime | None]]:
    """The readable states of a dataset, the latest first, each with when another took its place (None: it is in force)."""
    replaced_at = None
    done = dataset.snapshots.filter(state=Snapshot.State.DONE)
    for snapshot in done.select_related("dataset").order_by("-number"):
        # One that may no longer be read has taken the place of those before it all the same.
        if snapshot.cut_at is None:
            yield snapshot, replaced_at
        replaced_at = snapshot.at


def _move_on(
    snapshot: Snapshot, lake: Lake, ages: dict[int, datetime], latest: int, now: datetime, *, bounded: bool
) -> None:
    """Read the state in force at the latest version, where it is the same: an old one holds back the past of the others."""
    version = snapshot.lake_version
    made = ages.get(version) if version is not None else None
    if version is None or version == latest or (made is not None and (not bounded or made > now - MOVED_ON)):
        return
    if (
        lake.has_table(snapshot.dataset.table)
        and lake.count(snapshot.dataset.table, latest) == snapshot.rows_total
    ):
        snapshot.lake_version = latest
        snapshot.save(update_fields=["lake_version"])


def _is_due(snapshot: Snapshot, replaced_at: datetime, ages: dict[int, datetime], now: datetime) -> bool:
    made = ages.get(snapshot.lake_version or 0)
    if made is None:
        return True  # an older copy of the lake was put back: the page says it
    window = retention.of_history(snapshot.dataset)
    if (
        snapshot.dataset.sensitivity == Dataset.Sensitivity.PERSONAL
        and made < now - retention.PERSONAL_HISTORY
    ):
        return True  # the version would hold back what other datasets have forgotten
    return window is not None and replaced_at < now - window


def _mark_cut(territory: Territory, kind: str, expired: list[Snapshot], now: datetime) -> None:
    if not expired:
        return
    Snapshot.objects.of(territory).filter(pk__in=[snapshot.pk for snapshot in expired]).update(cut_at=now)
    states = sorted([snapshot.dataset_id, snapshot.number] for snapshot in expired)
    ledger.append(territory, "lake.cut", None, f"lake:{kind}", {"states": states})


def _cut(territory: Territory, datasets: list[Dataset]) -> list[Snapshot]:
    found = Snapshot.objects.of(territory).filter(dataset__in=datasets).select_related("dataset")
    retained = {(s.dataset_id, s.number_in_lake) for s in found if s.cut_at is None}
    return [s for s in found if s.cut_at is not None and (s.dataset_id, s.number_in_lake) not in retained]


def _erase_files(territory: Territory, now: datetime) -> int:
    """Mark the delivered files whose time has come, one ledger line each; `_sweep` then removes them."""
    fed = Snapshot.objects.of(territory).exclude(delivery=None).select_related("dataset")
    by_delivery: dict[int, list[Snapshot]] = {}
    for snapshot in fed:
        by_delivery.setdefault(snapshot.delivery_id, []).append(snapshot)
    stored = Delivery.objects.of(territory).filter(file_erased_at=None, at__lt=now - timedelta(days=1))
    due = [d for d in stored if d.at < now - retention.of_file(d, by_delivery.get(d.pk, []))]
    with transaction.atomic():
        for delivery in due:
            delivery.file_erased_at = now
            if delivery.state in (Delivery.State.RECEIVED, Delivery.State.STAGED):
                delivery.state = Delivery.State.CANCELLED
            delivery.tables = []
            delivery.save(update_fields=["file_erased_at", "state", "tables"])
        ledger.append_many(
            territory,
            [
                ledger.NewLine(
                    "delivery.erase", None, f"delivery:{d.pk}", {"sha256": d.sha256, "size": d.size}
                )
                for d in due
            ],
        )
    return len(due)


def _sweep(territory: Territory, before: datetime) -> int:
    """Remove the folders that no delivery needs any more: erased files, and what a stop left of a receipt or a reading."""
    home: Home = settings.HOME
    rows = list(Delivery.objects.of(territory).values_list("pk", "stored_as", "state", "file_erased_at"))
    stored_files = {Path(stored).parts[0] for _, stored, _, erased in rows if erased is None}
    erased_files = {Path(stored).parts[0] for _, stored, _, erased in rows if erased is not None}
    waiting = {
        str(pk) for pk, _, state, _ in rows if state in (Delivery.State.RECEIVED, Delivery.State.STAGED)
    }
    refused = {str(pk) for pk, _, state, _ in rows if state == Delivery.State.REFUSED}
    count = 0
    for folder in _folders(home.incoming(territory.slug)):
        unknown = folder.name not in stored_files
        age = retention.PERSONAL_FILE if _contains_file(folder) else timedelta(0)
        if folder.name in erased_files or (unknown and _made(folder) < before - age):
            count += _remove(folder)
    for folder in _folders(home.staging(territory.slug)):
        # A refused file may be being read again at this moment.
        if folder.name not in waiting | refused or (folder.name in refused and _made(folder) < before):
            count += _remove(folder)
    return count


def _folders(parent: Path) -> list[Path]:
    return [path for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []


def _contains_file(folder: Path) -> bool:
    """Whether a file was received whole there: drafts have hidden names."""
    return any(path.is_file() and not path.name.startswith(".") for path in folder.rglob("*"))


def _made(folder: Path) -> datetime:
    return datetime.fromtimestamp(folder.stat().st_mtime, tz=UTC)


def _remove(folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    return 1
