"""Restore trial: the last backup brought back in a folder that goes away, compared byte by byte and table by table.

In: a home, its last snapshot or its last file. Out: a `Tried` in the backup log, which the health report reads. It is due each
week, after the nightly backup; where the disk has not room for everything, the territories take turns, and the share is said.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi.home import Home, HomeError
from beffroi.lake import catalogue_state, files
from beffroi.web.platform.ledger import marks

from .. import backup, backup_log, dumps, findings, locks, stage_memory
from ..backup import Manifest
from ..backup_log import Tried
from ..stage import Progress
from . import restic, snapshots
from .restic import Repository, Snapshot

EVERY: Final = timedelta(days=6, hours=12)
"""A week, less what a night may come early."""
PARTS: Final = 12
"""Parts of the repository's data, of which one is read again at each trial."""


def is_due(home: Home) -> bool:
    tried = backup_log.read(home).tried
    return tried is None or datetime.now(UTC) - tried.at > EVERY


def run(home: Home, *, progress: Progress = lambda _: None) -> Tried:
    """Try the last backup, and write down what came of it; a repository is checked and its old snapshots removed.

    Raises HomeError when there is nothing to try, or the repository cannot be opened: nothing is written down then.
    """
    with locks.exclusive(home, "backup", snapshots.BUSY):
        repository = restic.configured(home) if restic.is_configured() else None
        if repository is None:
            tried = _try_file(home, progress)
        else:
            repository.check_key()
            tried = _try_snapshot(repository, progress)
            if not tried.fault:
                tried = _check_repository(repository, tried, progress)
        backup_log.record_trial(home, tried)
        if tried.fault:
            stage_memory.forget_files(home)  # the next backup reads everything again
    return tried


def _try_file(home: Home, progress: Progress) -> Tried:
    made = backup_log.read(home).made
    if made is None or made.snapshot or not Path(made.file).is_file():
        raise HomeError("Il n'y a aucune sauvegarde à essayer. Faites-en une : « beffroi backup ».")
    file = Path(made.file)
    return _try(home, str(file), lambda root: backup.unpack(file, root), progress)


def _try_snapshot(repository: Repository, progress: Progress) -> Tried:
    home = repository.home
    snapshot = repository.snapshot("latest")
    chosen = _that_fit(home, snapshot)

    def unpack(root: Path) -> Manifest:
        if chosen is None:
            return snapshots.unpack(repository, snapshot, root)
        return snapshots.unpack_part(repository, snapshot, root, *chosen)

    return _try(home, snapshot.id, unpack, progress, size=snapshot.size, towns=tuple(chosen or ()))


def _try(
    home: Home,
    source: str,
    unpack: Callable[[Path], Manifest],
    progress: Progress,
    *,
    size: int = 0,
    towns: tuple[str, ...] = (),
) -> Tried:
    """Restore in a folder of the home's own disk. `size`: bytes of the whole, `towns`: those restored, all when empty."""
    started, moment, tables, share, fault = time.monotonic(), datetime.now(UTC), 0, 1.0, ""
    try:
        with tempfile.TemporaryDirectory(prefix=".essai-", dir=home.path) as folder:
            root = Path(folder) / "instance"
            progress("Essai : restauration à côté…")
            manifest = unpack(root)
            if towns:
                share = (
                    sum((root / name).stat().st_size for name in manifest["files"]) / size if size else 1.0
                )
            progress("Essai : comparaison de chaque octet et de chaque table…")
            sums = backup.verify(root, manifest)
            tables = sum(map(len, sums.values()))
            _verify_database(root, manifest)
    except HomeError as error:
        fault = str(error)
    except OSError as error:
        if files.disk_full(error):
            fault = "Le disque est plein : l'essai n'a pas pu se faire."
        else:
            fault = f"L'essai s'est arrêté : {error.strerror or error}."
    return Tried(source, moment, tables, round(time.monotonic() - started, 1), fault, min(share, 1.0), towns)


def _verify_database(root: Path, manifest: Manifest) -> None:
    """Read the whole copy of the database; the chains of its ledger go as far as the manifest says. Raises HomeError."""
    if (root / dumps.NAME).exists():
        dumps.read_through(root / dumps.NAME)
        return
    file = Home(root).database
    if why := findings.damage_of_database(file, immutable=True):
        raise HomeError(f"La base restaurée est abîmée : {why}.")
    with closing(catalogue_state.open_sqlite(file, immutable=True)) as base:
        try:
            rows = base.execute(
                "SELECT t.slug, max(l.seq) FROM platform_ledgerline l "
                "LEFT JOIN platform_territory t ON t.id = l.territory_id GROUP BY l.territory_id"
            ).fetchall()
        except sqlite3.Error as error:
            raise HomeError(f"Le registre restauré ne peut pas être lu : {error}.") from error
    lines = {f"territory/{slug}" if slug else marks.HOST_CHAIN: last for slug, last in rows}
    for chain, last in manifest["holdings"]["chains"].items():
        if lines.get(chain, 0) < last:
            raise HomeError(
                f"Le registre {chain} restauré s'arrête à la ligne {lines.get(chain, 0)}, au lieu de {last}."
            )


def _that_fit(home: Home, snapshot: Snapshot) -> list[str] | None:
    """The territories for which the disk has room, in turn after those of the last trial; None: everything fits."""
    room = shutil.disk_usage(home.path).free - settings.RESERVE
    if snapshot.size < room:
        return None
    sizes: dict[str, int] = {}
    for name, file in stage_memory.read(home).files.items():
        slug = name.split("/")[1] if name.startswith("territories/") else stage_memory.HOST
        sizes[slug] = sizes.get(slug, 0) + file.staged.size
    room -= sizes.pop(stage_memory.HOST, 0)
    tried = backup_log.read(home).tried
    last = tried.towns[-1] if tried is not None and tried.towns else ""
    chosen = []
    for slug in sorted(sizes, key=lambda slug: (slug <= last, slug)):
        if sizes[slug] < room:
            chosen.append(slug)
            room -= sizes[slug]
    if not chosen:
        raise HomeError(
            "Le disque n'a pas la place d'essayer une restauration, même d'un seul territoire. Rien n'a été modifié. "
            "Libérez de la place."
        )
    return chosen


def part_of_week(day: date) -> int:
    """The part that is read in the week of this day: another each week, whatever the year (some have 53 weeks)."""
    return (day.toordinal() - 1) // 7 % PARTS + 1


def _check_repository(repository: Repository, tried: Tried, progress: Progress) -> Tried:
    """Read a part of the repository again, and remove its old snapshots, now that the last one is known to be good."""
    progress("Essai : relecture d'une part du dépôt…")
    try:
        repository.check(part_of_week(tried.at.date()), PARTS)
        if removed := repository.rotate():
            progress(f"Instantanés trop vieux retirés du dépôt : {removed}.")
    except HomeError as error:
        return Tried(**{**vars(tried), "fault": str(error)})
    return tried
