"""The change of places of a territory's restored files, after the transaction that is its moment of commitment.

In: a home. Out: what a restoration stopped halfway is dropped when its transaction did not take place, and finished when it did:
the host's chain says which. Each step is done once, however many times it is begun again.
"""

import json
import os
import shutil
import sqlite3
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi import __version__
from beffroi.hashing import file_sha256
from beffroi.home import FORMAT, Home, HomeError, write_safely
from beffroi.lake import catalogues, files
from beffroi.lake.catalogue_migration import close_journal
from beffroi.web.catalogue.lake_access import one_writer
from beffroi.web.catalogue.lifecycle.lake_commits import recover_interrupted
from beffroi.web.platform import gates, ledger, scope
from beffroi.web.platform.ledger import marks, proofs
from beffroi.web.platform.ledger.replaced import ACT
from beffroi.web.platform.models import LedgerDetail, Territory
from beffroi.web.platform.postgresql import lakes, owner

from .archives import MANIFEST
from .lake_checksums import checksums, lakes_of
from .locks import exclusive

BUSY: Final = (
    "Une restauration est déjà en cours dans cette instance. Rien n'a été modifié. Attendez qu'elle finisse."
)
REPLACING: Final = "replacing"
"""Lock of whoever replaces a territory; backups share it."""
_WORK, _JOURNAL = ".restauration-", "journal.json"


@dataclass(frozen=True)
class Journal:
    """A restoration under way: by this identifier the host's chain says whether it took place."""

    id: str
    slug: str
    territory: int
    safety: str
    catalogues: bool = False  # of PostgreSQL, whose schemas give way

    def work(self, home: Home) -> Path:
        return home.path / f"{_WORK}{self.slug}"

    def new(self, home: Home) -> Path:
        return self.work(home) / "root" / "territories" / self.slug

    def roots(self, home: Home) -> Path:
        return self.work(home) / "roots.jsonl"

    def write(self, home: Home) -> None:
        self.work(home).mkdir(mode=0o700, exist_ok=True)
        write_safely(self.work(home) / _JOURNAL, json.dumps(asdict(self)).encode())


def settle(home: Home) -> None:
    """Finish, or drop, what a stopped restoration left; one that is at work is left to it."""
    if any(home.path.glob(f"{_WORK}*")):
        try:
            with exclusive(home, "restore", BUSY):
                settle_all(home)
        except HomeError as error:
            if str(error) != BUSY:
                raise


def settle_now() -> None:
    settle(settings.HOME)


def settle_all(home: Home) -> None:
    for work in sorted(home.path.glob(f"{_WORK}*")):
        try:
            journal = Journal(**json.loads((work / _JOURNAL).read_bytes()))
        except (OSError, ValueError, TypeError):
            shutil.rmtree(work, ignore_errors=True)  # stopped before it did anything
            continue
        if is_committed(journal):
            finish(home, journal)
        else:
            drop(home, journal)


def restored_since(moment: datetime) -> set[str]:
    """Short names of the territories restored since: they may rightly hold less than before."""
    with scope.nowhere(), scope.host():
        rows = ledger.lines_of(None).filter(act=ACT, at__gt=moment.astimezone(UTC).isoformat())
        return {subject.partition(":")[2] for subject in rows.values_list("thing", flat=True)}


def is_committed(journal: Journal) -> bool:
    with scope.nowhere(), scope.host():
        lines = LedgerDetail.objects.filter(line__territory=None, line__act=ACT)
        return lines.filter(payload__id=journal.id).exists()


def drop(home: Home, journal: Journal) -> None:
    shutil.rmtree(journal.safety, ignore_errors=True)
    shutil.rmtree(journal.work(home), ignore_errors=True)
    gates.reopen(journal.territory)


def finish(home: Home, journal: Journal) -> None:
    """Put the files where the rows say. Each step is done once, however many times this is called."""
    with gates.passing(journal.territory):
        _change_places(home, journal, Territory.objects.get(pk=journal.territory))
    gates.reopen(journal.territory)


def _change_places(home: Home, journal: Journal, territory: Territory) -> None:
    live, safety, new = home.territory(journal.slug), Path(journal.safety), journal.new(home)
    moved = safety / "territories" / journal.slug
    if new.is_dir():
        if live.exists() and not moved.exists():
            moved.parent.mkdir(mode=0o700, exist_ok=True)
            live.rename(moved)
        new.rename(live)
        _sync(live.parent, new.parent, moved.parent)
    roots = journal.roots(home)
    if roots.is_file():
        target = proofs.file_of(territory)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if roots.stat().st_size:
            roots.replace(target)
        else:
            target.unlink(missing_ok=True)
            roots.unlink()
    _mark(territory)
    if owner.is_used():
        lakes.adopt(home, only=territory)
    # Only now: a reader knows another catalogue by its file, whose number would be given again.
    for kind in lakes.KINDS:
        catalogue = safety / f"{kind}-{catalogues.SQLITE}"
        if catalogue.is_file():
            (moved / kind / catalogues.POSTGRESQL).unlink(missing_ok=True)
            catalogue.rename(moved / kind / catalogues.SQLITE)
    with scope.nowhere(), scope.inside(territory), one_writer(territory):
        recover_interrupted(territory)
    _describe(safety, journal.slug, territory)
    shutil.rmtree(journal.work(home))


def _mark(territory: Territory) -> None:
    """Mark the chain and its roots anew, where they stand."""
    for kind in (marks.CHAIN, marks.ROOTS):
        marks.file_of(territory, kind).unlink(missing_ok=True)
    with scope.nowhere(), ledger.opened(territory):
        last = ledger.lines_of(territory).last()
    marks.record_chain(territory, last.seq, last.hash, first=True)
    if proofs.file_of(territory).is_file():
        marks.record_roots(territory, proofs.file_of(territory).read_bytes(), first=True)


def _describe(safety: Path, slug: str, territory: Territory) -> None:
    """Write the manifest of the safety copy: it is then a backup of this territory."""
    shutil.rmtree(safety / "territories" / slug / "staging", ignore_errors=True)
    sums = checksums(safety)
    for folder in lakes_of(safety):
        (folder / files.LOCK).unlink(missing_ok=True)
        catalogue = catalogues.SQLite(folder / catalogues.SQLITE)
        if catalogue.file.is_file():
            with suppress(sqlite3.Error):  # a harmed one stays as it is
                close_journal(catalogue)
    names = sorted(
        p.relative_to(safety).as_posix() for p in safety.rglob("*") if p.is_file() and not p.is_symlink()
    )
    manifest = {
        "beffroi": __version__,
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(),
        "lacks": {},
        "holdings": {"lakes": {}, "chains": {marks.chain_name(territory): 0}},
        "files": {name: file_sha256(safety / name) for name in names if name != MANIFEST},
        "checksums": sums,
    }
    write_safely(safety / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())


def _sync(*folders: Path) -> None:
    for folder in folders:
        if folder.is_dir():
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
