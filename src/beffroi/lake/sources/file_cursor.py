"""Cursor of sources made of files (folder, SFTP server, bucket): which files are new.

In: the current files with a mark each (date, size, ETag), and the last cursor. Out: the files to fetch, and the next cursor.
"""

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass

from beffroi.lake.sources.errors import TooMuch

MAX_FILES = 20_000


@dataclass(frozen=True)
class RemoteFile:
    """File of a source: its path below the watched folder, its size, and a mark that changes with it."""

    path: str
    size: int
    mark: str


def matches(path: str, pattern: str) -> bool:
    """Whether the file's name matches the pattern; hidden files never do."""
    name = path.rpartition("/")[2]
    return not name.startswith(".") and fnmatch.fnmatch(name.lower(), pattern.lower())


def new_files(there: list[RemoteFile], since: str | None) -> list[RemoteFile]:
    """Files whose mark is not in the cursor. Raises TooMuch above MAX_FILES."""
    if len(there) > MAX_FILES:
        raise too_many_files_error()
    known = _marks(since)
    return [file for file in there if known.get(file.path) != file.mark]


def too_many_files_error() -> TooMuch:
    return TooMuch(
        f"Il y a là plus de {MAX_FILES} fichiers. Rien n'en a été repris. Précisez le dossier ou les noms de fichiers."
    )


def make_cursor(there: list[RemoteFile]) -> str:
    """Cursor for the next fetch. Missing files are dropped: if they come back, they are new."""
    return json.dumps({file.path: file.mark for file in there}, ensure_ascii=False, sort_keys=True)


def _marks(since: str | None) -> Mapping[str, str]:
    try:
        cursor = json.loads(since) if since else {}
    except ValueError:
        return {}
    return cursor if isinstance(cursor, dict) else {}
