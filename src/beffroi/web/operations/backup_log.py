"""Log of the backups of an instance: the last one made, and the last copy that a person says is elsewhere.

Beside the backups, which hold everything: a page reads it without opening them. It is not part of a backup.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from beffroi.home import Home, HomeError, write_safely

from .archives import PATTERN


@dataclass(frozen=True)
class Made:
    """A backup: its file, when it was written, whether it lacked nothing."""

    file: str
    at: datetime
    whole: bool


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

    @property
    def safe(self) -> bool:
        """A backup that lacked nothing, and a copy of it elsewhere."""
        return self.made is not None and self.made.whole and self.copied is not None


def read(home: Home) -> BackupLog:
    """The log; for an instance that has none yet, the newest file of its folder of backups."""
    try:
        stored = json.loads(_file(home).read_bytes())
        return BackupLog(
            **{
                name: kind(**{**stored[name], "at": datetime.fromisoformat(stored[name]["at"])})
                for name, kind in (("made", Made), ("copied", Copied))
                if stored.get(name)
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        newest = max(home.backups.glob(PATTERN), key=lambda file: file.name, default=None)
        if newest is None:
            return BackupLog()
        at = datetime.fromtimestamp(newest.stat().st_mtime, UTC)
        return BackupLog(Made(str(newest), at, whole=True))


def record(home: Home, file: Path, *, whole: bool) -> None:
    """A backup has just been written."""
    _write(home, BackupLog(Made(str(file), datetime.now(UTC), whole), read(home).copied))


def declare_copy(home: Home, where: str, by: str) -> Copied:
    """A person says that the last backup was copied out of this machine. Raises HomeError where there is none."""
    made = read(home).made
    if made is None:
        raise HomeError(
            "Aucune sauvegarde n'a encore été faite : il n'y a rien à copier. Faites-en une d'abord."
        )
    copied = Copied(where.strip(), datetime.now(UTC), by)
    _write(home, BackupLog(made, copied))
    return copied


def _file(home: Home) -> Path:
    return home.backups / "log.json"


def _write(home: Home, log: BackupLog) -> None:
    stored: dict[str, Any] = {name: value for name, value in asdict(log).items() if value is not None}
    write_safely(_file(home), json.dumps(stored, default=datetime.isoformat, ensure_ascii=False).encode())
