"""Copy of an instance laid out as in a backup: hard links of files that never change, copies of catalogues and database.

In: a home that may be serving, and what is remembered of the copy that stands there (`stage_memory`). Out: the copy, what it
lacks, the SHA-256 of its files, the checksums of its tables. Only the territories that changed since are copied and verified.
"""

import errno
import os
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from beffroi.hashing import file_sha256
from beffroi.home import Home
from beffroi.lake import catalogue_state, catalogue_transfer, catalogues, files, inventory
from beffroi.lake.catalogues import SQLite
from beffroi.lake.errors import LakeError
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import marks
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql import owner

from . import database_findings, dumps, findings, integrity
from .archives import Holdings
from .finding import Finding
from .findings import Reader
from .stage_memory import HOST, Key, StagedFile, StagedTown, StageMemory
from .upgrade import copy_database

LEFT_OUT: Final = {"run", "backups", "static", "staging", "cache", "marks", "uploads"}
CHAINS_EVERY: Final = 7
"""Days in which each chain of the ledger is verified in full, however quiet its territory."""
_NO_LINK: Final = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP)
NOWHERE: Final = Key(0, 0, 0)
"""In place of the identity of a live file, for a copy that is made otherwise than by bytes."""
type Progress = Callable[[str], None]


@dataclass
class Stage:
    """One copy, in `folder`. `memory`: of the copy that stands there already, empty for a new one."""

    home: Home
    folder: Path
    memory: StageMemory
    progress: Progress
    found: list[Finding] = field(default_factory=list)
    files: dict[str, StagedFile] = field(default_factory=dict)
    towns: dict[str, StagedTown] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)  # territories copied and verified again

    def fill(self) -> None:
        """Bring the copy to the state of the home. Raises OSError when the disk is full, HomeError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The rows of an earlier version, or of a damaged database, cannot be asked: it is saved as it is.
        readable = not _damaged_pages(self.home) and integrity.is_upgraded()
        territories = {each.slug: each for each in Territory.objects.order_by("pk")} if readable else {}
        heads = {slug: _head(each) for slug, each in [(HOST, None), *territories.items()]} if readable else {}
        # The signed roots before the database, which then has at least their lines; the lakes after it: they may hold more
        # than the database knows of, never less.
        self._take_folder(self.home.roots.name)
        self._copy_database()
        self.towns[HOST] = StagedTown(heads.get(HOST, (0, "")), snapshot=self.memory.town(HOST).snapshot)
        places = {path.name for path in self.home.path.glob("territories/*") if path.is_dir()}
        for slug in sorted(places | territories.keys()):
            self._stage_town(slug, territories.get(slug), heads.get(slug, (0, "")))
        other_folders = {*LEFT_OUT, "territories", self.home.roots.name}
        for path in self.home.path.iterdir():
            if path.name not in other_folders and not path.name.startswith((".", self.home.database.name)):
                self._take_folder(path.name)
        if readable:
            self._verify_chains([None, *territories.values()])
            if not owner.is_used():
                self.found += [*database_findings.of_schema(), *database_findings.of_references()]
        self._remove_strangers()

    @property
    def holdings(self) -> Holdings:
        lakes = {lake: version for town in self.towns.values() for lake, version in town.versions.items()}
        chains = {
            f"territory/{slug}" if slug else marks.HOST_CHAIN: town.head[0]
            for slug, town in self.towns.items()
            if town.head[0] > 0
        }
        return Holdings(lakes, chains)

    @property
    def checksums(self) -> dict[str, dict[str, str]]:
        """By lake, then table that can be read."""
        return {lake: sums for _, town in sorted(self.towns.items()) for lake, sums in town.sums.items()}

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file of the copy."""
        return {name: self.files[name].sha256 for name in sorted(self.files)}

    def lacking(self, earlier: Holdings | None = None) -> set[str]:
        """Short names of the territories that lack something, or something of an earlier backup; "" for the host."""
        return {each.territory for each in self.found} | self.holdings.poorer_than(
            earlier or self.memory.holdings
        )

    def remember(self, snapshot: str, *, whole: bool) -> StageMemory:
        """The memory for the next copy, sent as `snapshot`: the territories that lack something are verified again then."""
        lacking = self.lacking()
        towns = {
            slug: StagedTown(snapshot=self.memory.town(slug).snapshot)
            if slug in lacking
            else replace(town, snapshot=self.memory.town(slug).snapshot if HOST in lacking else snapshot)
            for slug, town in self.towns.items()
        }
        memory = replace(self.memory, files=self.files, towns=towns)
        if not whole:
            return memory
        now = datetime.now(UTC).isoformat()
        return replace(memory, holdings=self.holdings, snapshot=snapshot, made_at=now)

    def _copy_database(self) -> None:
        self.progress("Copie de la base…")
        name = dumps.NAME if owner.is_used() else self.home.database.name
        draft = self.folder / f".{name}.tmp"
        draft.unlink(missing_ok=True)
        if owner.is_used():
            dumps.dump(draft, compress=False)
        else:
            copy_database(self.home.database, draft)
            if why := findings.damage_of_database(draft, immutable=True):
                self.found.append(findings.damaged_database(why))
        draft.replace(self.folder / name)
        self._record(name, NOWHERE)

    def _take_folder(self, top: str) -> None:
        for name, key in _files_under(self.home.path, top):
            self._take(name, key, link=False)

    def _stage_town(self, slug: str, territory: Territory | None, head: tuple[int, str]) -> None:
        place, known = self.home.territory(slug), self.memory.town(slug)
        lakes = {
            folder.relative_to(self.home.path).as_posix(): folder
            for folder in sorted(place.glob("*"))
            if catalogues.has_catalogue(folder)
        }
        if known.head == head and self._take_unchanged(f"territories/{slug}", lakes, known):
            self.towns[slug] = known
            return
        self.changed.append(slug)
        self.progress(f"Copie de {slug}…")
        due = findings.expected(territory) if territory is not None else None
        reader, town = _RememberingReader(self.folder, self.files), StagedTown(head, snapshot=known.snapshot)
        for lake, folder in lakes.items():
            if self._take_unchanged(lake, {lake: folder}, known):
                town.catalogues[lake] = known.catalogues[lake]
                reader.remember(self.folder / lake, known.sums[lake])
            else:
                town.catalogues[lake] = self._copy_lake(lake, folder)
        for name, key in self._plain_files(f"territories/{slug}", lakes):
            if name not in self.files:
                self._take(name, key, link="/incoming/" in name)
        self._remove_others(f"territories/{slug}")  # what is gone must be missed
        for lake in lakes:
            town.sums[lake] = reader.checksums(self.folder / lake)[0]
            with suppress(LakeError, sqlite3.Error):
                town.versions[lake] = catalogue_state.version_of(self.folder / lake, immutable=True)
        if due is not None:
            copy = Home(self.folder)
            self.found += findings.of_territory(copy, due, full=True, immutable=True, reader=reader)
            self.found += database_findings.of_unknown_files(self.home, due.territory)
        self._remove_others(f"territories/{slug}")  # what reading a catalogue leaves beside it
        self.towns[slug] = town

    def _take_unchanged(self, place: str, lakes: dict[str, Path], known: StagedTown) -> bool:
        """Take the files of a territory, or of one lake, from the last copy, when each is still what was copied, here and there."""
        copies = {f"{lake}/{catalogues.SQLITE}" for lake in lakes}
        due = self.memory.files_under(place)
        try:
            unchanged = (
                dict(self._plain_files(place, lakes))
                == {name: file.live for name, file in due.items() if name not in copies}
                and dict(_files_under(self.folder, place))
                == {name: file.staged for name, file in due.items()}
                and all(known.catalogues.get(lake) == _state_of_catalogue(lakes[lake]) for lake in lakes)
            )
        except (OSError, LakeError):
            return False
        if unchanged:
            self.files |= due
        return unchanged

    def _plain_files(self, place: str, lakes: dict[str, Path]) -> Iterator[tuple[str, Key]]:
        """Files of a territory that are taken as they are: all but what is being staged, the catalogues and their locks."""
        for name, key in _files_under(self.home.path, place):
            _, slug, kind, *inside = name.split("/")
            if kind == "staging":
                continue
            if f"territories/{slug}/{kind}" not in lakes or inside[0] in (files.DATA, inventory.NAME):
                yield name, key

    def _copy_lake(self, lake: str, folder: Path) -> list[int]:
        """Copy a lake under its lock; what is damaged, as it is. Out: the state of its catalogue."""
        target = self.folder / lake
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            inventory.catch_up(folder)
            with files.write_lock(folder):
                for top in (files.DATA, inventory.NAME):
                    for name, key in _files_under(self.home.path, f"{lake}/{top}"):
                        self._take(name, key, link=top == files.DATA)
                catalogue_transfer.copy_catalogue(folder, target / catalogues.SQLITE)
                self._record(f"{lake}/{catalogues.SQLITE}", NOWHERE)
                return _state_of_catalogue(folder)
        except (LakeError, OSError, sqlite3.Error) as error:
            if files.disk_full(error):
                raise
            # What can be read of a lake whose catalogue is damaged: whoever mends it will want it all.
            for name, key in _files_under(self.home.path, lake):
                if not name.endswith(f"/{files.LOCK}"):
                    self._take(name, key, link=f"/{files.DATA}/" in name)
            message = f"Les données de {lake} n'ont pas pu être copiées en ordre : {error}"
            file, slug = f"{lake}/{catalogues.SQLITE}", folder.parent.name
            self.found.append(Finding(f"catalogue:{file}", message, file, stops=True, territory=slug))
            return []

    def _take(self, name: str, key: Key, *, link: bool) -> None:
        """Link or copy one file of the home, unless the copy has it; one that cannot be read is a finding."""
        known, target = self.memory.files.get(name), self.folder / name
        if known is not None and known.live == key and _key_of(target) == known.staged:
            self.files[name] = known
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            _link_or_copy(self.home.path / name, target, link=link)
            self._record(name, key)
        except FileNotFoundError:
            pass  # erased, or given up, a moment ago: `findings` says when it should be there
        except OSError as error:
            if files.disk_full(error):
                raise
            target.unlink(missing_ok=True)
            message = f"Le fichier {name} ne peut pas être lu : {error.strerror}."
            parts = name.split("/")
            slug = parts[1] if parts[0] == "territories" else HOST
            self.found.append(Finding(f"file:{name}", message, name, territory=slug))

    def _record(self, name: str, live: Key) -> None:
        path = self.folder / name
        self.files[name] = StagedFile(live, Key.of(path.stat()), file_sha256(path))

    def _verify_chains(self, territories: list[Territory | None]) -> None:
        """What the ledger says of itself: every line where the chain grew, and of each chain once a week."""
        self.progress("Vérification du registre…")
        today = datetime.now(UTC).toordinal()
        for territory in territories:
            slug = territory.slug if territory is not None else HOST
            grew = self.memory.town(slug).head != self.towns[slug].head
            turn = (zlib.crc32(slug.encode()) + today) % CHAINS_EVERY == 0
            self.found += findings.of_chains(full=grew or turn, territories=[territory])

    def _remove_strangers(self) -> None:
        """Remove from the copy what is of no territory any more, and what the host has no longer."""
        for path in self.folder.iterdir():
            if path.is_dir() and path.name != "territories":
                self._remove_others(path.name)
            elif path.is_file() and path.name not in self.files:
                path.unlink()
        for place in self.folder.glob("territories/*"):
            if place.name not in self.towns:
                shutil.rmtree(place)

    def _remove_others(self, top: str) -> None:
        """Remove from the copy, under `top`, what was not taken this time."""
        for at, folders, names in (self.folder / top).walk(top_down=False):
            for path in map(at.joinpath, names):
                if path.relative_to(self.folder).as_posix() not in self.files:
                    path.unlink()
            for path in map(at.joinpath, folders):
                with suppress(OSError):  # it holds something
                    path.rmdir()


class _RememberingReader(Reader):
    """Reader of the copy: each file was read when it was taken, each lake is read once."""

    def __init__(self, folder: Path, staged: dict[str, StagedFile]) -> None:
        self._folder, self._files = folder, staged
        self._tables: dict[Path, tuple[dict[str, str], dict[str, str]]] = {}

    def remember(self, folder: Path, sums: dict[str, str]) -> None:
        """A lake that has not changed since all its tables were read."""
        self._tables[folder] = (sums, {})

    def sha256(self, path: Path) -> str:
        known = self._files.get(path.relative_to(self._folder).as_posix())
        return known.sha256 if known is not None else super().sha256(path)

    def checksums(self, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
        if folder not in self._tables:
            self._tables[folder] = super().checksums(folder)
        return self._tables[folder]


def _damaged_pages(home: Home) -> bool:
    return not owner.is_used() and bool(findings.damage_of_database(home.database, quick=True))


def _head(territory: Territory | None) -> tuple[int, str]:
    with ledger.opened(territory):
        last = ledger.lines_of(territory).last()
    return (last.seq, last.hash) if last else (0, "")


def _state_of_catalogue(folder: Path) -> list[int]:
    """Numbers that change with each write to the catalogue."""
    catalogue = catalogues.catalogue_of(folder)
    if not isinstance(catalogue, SQLite):
        return [catalogue_state.version_of(folder)]  # each write of the upkeep changes the inventory too
    log = _key_of(catalogue.file.with_name(catalogue.file.name + "-wal"))
    return [*Key.of(catalogue.file.stat()), *(log if log is not None and log.size else ())]


def _key_of(path: Path) -> Key | None:
    try:
        return Key.of(path.lstat())
    except FileNotFoundError:
        return None


def _link_or_copy(source: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(source, target, follow_symlinks=False)
            return
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
    shutil.copy2(source, target)


def _files_under(root: Path, top: str) -> Iterator[tuple[str, Key]]:
    """The file `top` of a folder, or all those under it, never through a link: name from the folder, identity."""
    first = root / top
    if first.is_file() and not first.is_symlink():
        yield top, Key.of(first.stat())
    waiting = [top] if first.is_dir() else []
    while waiting:
        place = waiting.pop()
        with suppress(FileNotFoundError), os.scandir(root / place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{place}/{entry.name}")
                elif entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        yield f"{place}/{entry.name}", Key.of(entry.stat(follow_symlinks=False))
