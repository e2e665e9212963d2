"""Log of the backups of an instance: the last one made, the last restore trial, the last copy that a person says is elsewhere.

Beside the backups, which hold everything: a page reads it without opening them. It is not part of a backup.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from beffroi.home import Home, HomeError, write_safely

from .archives import PATTERN


@dataclass(frozen=True)
class Made:
    """A backup: its file or its repository, when it was written, whether it lacked nothing.

    `snapshot`: of the repository; `outside`: the repository is not on this machine's disk of the instance.
    """

    file: str
    at: datetime
    whole: bool
    snapshot: str = ""
    outside: bool = False


@dataclass(frozen=True)
class Tried:
    """A restore trial: what was restored, when, how many tables were compared, in how many seconds, what differed ("": nothing).

    `share`: of the bytes of the backup; `towns`: those restored, where the disk has not room for all.
    """

    source: str
    at: datetime
    tables: int
    seconds: float
    fault: str = ""
    share: float = 1.0
    towns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Copied:
    """Where a person says that a copy is, out of this machine: nothing here can see it."""

    where: str
    at: datetime
    by: str


@dataclass(frozen=True)
class BackupLog:
    made: Made | None = None
    copied: Copied | None = None
    tried: Tried | None = None

    @property
    def safe(self) -> bool:
        """A backup that lacked nothing, and a copy of it elsewhere."""
        return self.made is not None and self.made.whole and (self.made.outside or self.copied is not None)


def read(home: Home) -> BackupLog:
    """The log; for an instance that has none yet, the newest file of its folder of backups."""
    try:
        stored = json.loads(_file(home).read_bytes())
        return BackupLog(
            **{
                name: kind(**{**stored[name], "at": datetime.fromisoformat(stored[name]["at"])})
                for name, kind in (("made", Made), ("copied", Copied), ("tried", Tried))
                if stored.get(name)
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        newest = max(home.backups.glob(PATTERN), key=lambda file: file.name, default=None)
        if newest is None:
            return BackupLog()
        at = datetime.fromtimestamp(newest.stat().st_mtime, UTC)
        return BackupLog(Made(str(newest), at, whole=True))


def record(home: Home, file: Path | str, *, whole: bool, snapshot: str = "", outside: bool = False) -> None:
    """A backup has just been written."""
    made = Made(str(file), datetime.now(UTC), whole, snapshot, outside)
    _write(home, replace(read(home), made=made))


def record_trial(home: Home, tried: Tried) -> None:
    """A restore trial has just ended."""
    _write(home, replace(read(home), tried=tried))


def declare_copy(home: Home, where: str, by: str) -> Copied:
    """A person says that the last backup was copied out of this machine. Raises HomeError where there is none."""
    log = read(home)
    if log.made is None:
        raise HomeError(
            "Aucune sauvegarde n'a encore été faite : il n'y a rien à copier. Faites-en une d'abord."
        )
    copied = Copied(where.strip(), datetime.now(UTC), by)
    _write(home, replace(log, copied=copied))
    return copied


def _file(home: Home) -> Path:
    return home.backups / "log.json"


def _write(home: Home, log: BackupLog) -> None:
    stored: dict[str, Any] = {name: value for name, value in asdict(log).items() if value is not None}
    write_safely(_file(home), json.dumps(stored, default=datetime.isoformat, ensure_ascii=False).encode())
