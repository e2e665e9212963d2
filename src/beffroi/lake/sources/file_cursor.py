"""Which files of a folder, an SFTP server or a bucket are new: the cursor of what holds many files.

In: the files there with a mark each (date, size, ETag), and the last cursor. Out: those to bring, and the next cursor.
"""

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass

from beffroi.lake.sources.errors import TooMuch

MOST_FILES = 20_000


@dataclass(frozen=True)
class RemoteFile:
    """A file: its path below the place that is watched, its size, and a mark that changes when it does."""

    path: str
    size: int
    mark: str


def matches(path: str, pattern: str) -> bool:
    """Whether the file's own name is asked for; hidden files never are."""
    name = path.rpartition("/")[2]
    return not name.startswith(".") and fnmatch.fnmatch(name.lower(), pattern.lower())


def new_of(there: list[RemoteFile], since: str | None) -> list[RemoteFile]:
    """Those whose mark is not the one seen. Raises TooMuch above MOST_FILES."""
    if len(there) > MOST_FILES:
        raise too_many()
    known = _marks(since)
    return [file for file in there if known.get(file.path) != file.mark]


def too_many() -> TooMuch:
    return TooMuch(
        f"Il y a là plus de {MOST_FILES} fichiers. Rien n'en a été repris. Précisez le dossier ou les noms de fichiers."
    )


def cursor_of(there: list[RemoteFile]) -> str:
    """What to give as `since` next time. Files that are gone are forgotten: back again, they are new."""
    return json.dumps({file.path: file.mark for file in there}, ensure_ascii=False, sort_keys=True)


def _marks(since: str | None) -> Mapping[str, str]:
    try:
        cursor = json.loads(since) if since else {}
    except ValueError:
        return {}
    return cursor if isinstance(cursor, dict) else {}
