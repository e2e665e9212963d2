"""Lists of SHA-256: those of the town, and the files SHA256SUMS found in a backup.

Format of `sha256sum` (GNU coreutils): the sum, a space, a space or a star, the path.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from ...errors import ContinuityError
from .readable_repository import FileNode

MOST: Final = 20_000
_LINE: Final = re.compile(r"\\?([0-9a-fA-F]{64})[ \t]+\*?(.+)")


def parse(text: str) -> dict[str, str]:
    """Path → SHA-256 of the lines that are one."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            found[match[2].strip().removeprefix("./")] = match[1].lower()
    return found


def parse_list(text: str) -> dict[str, str]:
    """A list that a person gives. Raises ContinuityError with the line that cannot be read."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise ContinuityError("La liste est vide. Rien n'a changé.", "files")
    if len(lines) > MOST:
        raise ContinuityError(
            f"La liste a plus de {MOST} lignes. Rien n'a changé. Gardez les fichiers qui comptent.", "files"
        )
    for number, line in enumerate(lines, start=1):
        if _LINE.fullmatch(line.strip()) is None:
            raise ContinuityError(
                f"La ligne {number} n'est pas une empreinte : « {line.strip()[:80]} ». Rien n'a changé. Chaque ligne a l'empreinte "
                "SHA-256, deux espaces, le chemin : c'est ce que donne « sha256sum ».",
                "files",
            )
    return parse(text)


def matched(expected: Mapping[str, str], nodes: Iterable[FileNode]) -> dict[str, str]:
    """Path of the list → path in the backup, whose end is the same; the shortest where several are."""
    by_name: dict[str, list[str]] = {}
    for node in nodes:
        by_name.setdefault(node.path.rpartition("/")[2], []).append(node.path)
    found = {}
    for path in expected:
        ends = [
            there
            for there in by_name.get(path.rpartition("/")[2], [])
            if f"/{there.lstrip('/')}".endswith(f"/{path.lstrip('/')}")
        ]
        if ends:
            found[path] = min(ends, key=len)
    return found


def of_sums(node: FileNode, text: str, there: Mapping[str, FileNode]) -> dict[str, str]:
    """Path in the backup → SHA-256, of a file SHA256SUMS. What has changed since that list is not compared with it."""
    folder = PurePosixPath(node.path).parent
    sums = {}
    for path, digest in parse(text).items():
        if path.startswith("/") or ".." in path.split("/"):
            continue
        listed = there.get(str(folder / path))
        if listed is not None and _moment(listed.mtime) <= _moment(node.mtime):
            sums[listed.path] = digest
    return sums


def _moment(text: str) -> datetime:
    """When a file was changed; one that does not say it is newer than any list."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
