"""Log of the backups of an instance: the last one made, the last that lacked nothing, an attempt that has failed since, the last
restore trial, the last copy that a person says is elsewhere.

Beside the backups, which hold everything: a page reads it without opening them. It is not part of a backup.
"""

import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from beffroi.home import Home, HomeError, write_safely
from beffroi.lake import files
from beffroi.lake.errors import LakeError

from . import locks
from .archives import PATTERN

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """A backup: its file or its repository, when it was written, whether it lacked nothing.

    `snapshot`: of the repository; `outside`: the repository is not on this machine's disk of the instance. `lacking`: short
    names of the territories that lacked something ("": the host).
    """

    file: str
    at: datetime
    whole: bool
    snapshot: str = ""
    outside: bool = False
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """An attempt to back up that failed: when, why in French."""

    at: datetime
    why: str


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
    """`whole`: the last backup that lacked nothing; `failed`: the last attempt, where no backup was made since."""

    made: Made | None = None
    whole: Made | None = None
    failed: Failed | None = None
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
                for name, kind in _KINDS.items()
                if stored.get(name)
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        newest = max(home.backups.glob(PATTERN), key=lambda file: file.name, default=None)
        if newest is None:
            return BackupLog()
        at = datetime.fromtimestamp(newest.stat().st_mtime, UTC)
        return BackupLog(Made(str(newest), at, whole=True))


def record(
    home: Home,
    file: Path | str,
    *,
    whole: bool,
    snapshot: str = "",
    outside: bool = False,
    lacking: Collection[str] = (),
) -> None:
    """A backup has just been written."""
    names = () if whole else tuple(sorted(lacking))
    made = Made(str(file), datetime.now(UTC), whole, snapshot, outside, names)
    log = read(home)
    last = log.made if log.made and log.made.whole else log.whole
    _write(home, replace(log, made=made, whole=made if whole else last, failed=None))


@contextmanager
def recorded_failures(home: Home) -> Iterator[None]:
    """Inside, a backup that fails is written down before its error goes on; one refused because another is under way is not."""
    try:
        yield
    except locks.Busy:
        raise
    except Exception as error:
        try:
            home.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(home, replace(read(home), failed=Failed(datetime.now(UTC), _reason_of(error))))
        except OSError:
            logger.exception("the failure of a backup could not be written down")
        raise


def _reason_of(error: Exception) -> str:
    """The first sentence of what a person was told; of anything else, its kind."""
    if isinstance(error, HomeError | LakeError):
        return str(error).partition("\n")[0].partition(". ")[0].rstrip(".") + "."
    if files.disk_full(error):
        return "Le disque est plein."
    if isinstance(error, OSError) and error.strerror:
        return f"Le système a refusé : {error.strerror}."
    return f"Une erreur inattendue l'a arrêtée ({type(error).__name__})."


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


_KINDS: Final = {"made": Made, "whole": Made, "failed": Failed, "copied": Copied, "tried": Tried}


def _file(home: Home) -> Path:
    return home.backups / "log.json"


def _write(home: Home, log: BackupLog) -> None:
    stored: dict[str, Any] = {name: value for name, value in asdict(log).items() if value is not None}
    write_safely(_file(home), json.dumps(stored, default=datetime.isoformat, ensure_ascii=False).encode())
