"""Writer of fetched pages into one JSON file: a list, or a GeoJSON collection.

In: pages of rows. Out: the file and its row count; a repeated page is an endless loop, and raises.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from beffroi.lake.sources.errors import SourceError, TooMuch
from beffroi.lake.sources.network import format_size

# What `readers` take of JSON at most.
LARGEST = 400 << 20
MAX_PAGES = 100_000


class PageWriter:
    """Open JSON file. `add` a page at a time; leaving the `with` closes it."""

    def __init__(self, path: Path, *, features: bool = False) -> None:
        self.path = path
        self.rows = 0
        self.pages = 0
        self._written = 0
        self._seen: set[bytes] = set()
        self._addresses: set[str] = set()
        self._file = path.open("w", encoding="utf-8")
        self._end = "\n]}\n" if features else "\n]\n"
        self._file.write('{"type":"FeatureCollection","features":[\n' if features else "[\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.write(self._end)
        self._file.close()

    def register_url(self, url: str) -> None:
        """Register a URL about to be requested. Raises SourceError when it was already requested, TooMuch."""
        self.pages += 1
        if url in self._addresses:
            raise endless_paging_error()
        if self.pages > MAX_PAGES:
            raise TooMuch(
                f"Ce service a plus de {MAX_PAGES} pages. Rien n'en a été repris. Demandez des pages plus longues."
            )
        self._addresses.add(url)

    def add(self, rows: Sequence[Any]) -> None:
        """Write a page. Raises SourceError when it is identical to a previous one, TooMuch."""
        if not rows:
            return
        texts = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
        mark = hashlib.sha256("\n".join(texts).encode()).digest()
        if mark in self._seen:
            raise endless_paging_error()
        self._seen.add(mark)
        page = ",\n".join(texts)
        self._written += len(page)
        if self._written > LARGEST:
            raise TooMuch(
                f"Ce service donne plus de {format_size(LARGEST)} de JSON. Rien n'en a été repris. Demandez moins de lignes, ou un "
                "export en fichier."
            )
        self._file.write((",\n" if self.rows else "") + page)
        self.rows += len(rows)


def endless_paging_error() -> SourceError:
    return SourceError(
        "Ce service renvoie toujours la même page : ses pages tournent en rond. Rien n'en a été repris. Vérifiez comment "
        "ses pages se suivent."
    )
