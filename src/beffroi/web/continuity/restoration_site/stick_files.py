"""Files that the page of the stick leaves: its ZIP, « etat.json », or the page itself; hostile until read.

In: bytes. Out: a `StickFile`: the document as it was signed, its signature, its key, its pages, when it was saved. Nothing is written
on the disk, and no file is read past its limit. No Django here. Raises DocumentError in French.
"""

import io
import json
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Final

from beffroi.guides.clocks import PARIS

from ..offline_pages import site_render
from ..offline_pages.site_render import KEY_FILE, MOST_PAGE_BYTES, SIGNATURE_FILE, STATE_FILE
from .document import MOST_BYTES, DocumentError

MOST_FILE_BYTES: Final = 20_000_000
MOST_ENTRIES: Final = 1_000
MOST_PAGES_BYTES: Final = 60_000_000
_SMALL: Final = {SIGNATURE_FILE: 1_000, KEY_FILE: 4_000}
_NOTHING: Final = "Rien n'a été repris."


@dataclass(frozen=True)
class StickFile:
    """What one file brings. `signature`, `public_key`: None where it has none; `saved_at`: by the clock of the computer that saved it."""

    state: bytes
    signature: bytes | None = None
    public_key: str | None = None
    saved_at: datetime | None = None
    pages: Mapping[str, bytes] = field(default_factory=dict)


def read(content: bytes, signature: bytes | None = None) -> StickFile:
    """The history in a file, whatever its name. `signature`: chosen beside an « etat.json »."""
    if len(content) > MOST_FILE_BYTES:
        raise DocumentError(
            f"Ce fichier dépasse {MOST_FILE_BYTES // 1_000_000} Mo : ce n'est pas celui d'une page des habitants. {_NOTHING}"
        )
    if content[:2] == b"PK":
        return _of_zip(content)
    if content.lstrip()[:1] == b"<":
        return StickFile(_state_of_page(content))
    return StickFile(content, signature or None)


def _of_zip(content: bytes) -> StickFile:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = _entries(archive)
            if STATE_FILE not in entries:
                raise DocumentError(
                    f"Ce ZIP ne contient pas « {STATE_FILE} » : ce n'est pas celui de la page des habitants. {_NOTHING}"
                )
            state = _read(archive, entries[STATE_FILE], MOST_BYTES)
            small = {
                name: _read(archive, entries[name], limit)
                for name, limit in _SMALL.items()
                if name in entries
            }
            return StickFile(
                state,
                small.get(SIGNATURE_FILE) or None,
                _key(small.get(KEY_FILE)),
                _moment(entries[STATE_FILE]),
                _pages(archive, entries),
            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        raise DocumentError(f"Ce ZIP est abîmé ou protégé : il ne s'ouvre pas. {_NOTHING}") from None


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Files by name, out of the one folder that a system may have put them in. No name may leave it, nor come twice."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise DocumentError(f"Ce ZIP contient plus de {MOST_ENTRIES} fichiers. {_NOTHING}")
    found: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for each in entries:
        path = PurePosixPath(each.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in each.filename or ":" in each.filename:
            raise DocumentError(f"Ce ZIP veut écrire hors de son dossier : il est refusé. {_NOTHING}")
        if stat.S_ISLNK(each.external_attr >> 16):
            raise DocumentError(f"Ce ZIP contient un lien vers un autre fichier : il est refusé. {_NOTHING}")
        if each.is_dir() or path.parts[0] == "__MACOSX":
            continue
        if path.name in found and path.name in (STATE_FILE, *_SMALL):
            raise DocumentError(f"Ce ZIP contient deux fois « {path.name} » : il est refusé. {_NOTHING}")
        found[path.name] = each
        folders.add(path.parent)
    if len(folders) > 1:
        raise DocumentError(
            f"Ce ZIP contient plusieurs dossiers. Donnez celui que la page de la clé a enregistré. {_NOTHING}"
        )
    return found


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """At most so many bytes, whatever the archive says of their number."""
    with archive.open(entry) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise DocumentError(
            f"Dans ce ZIP, « {entry.filename[-60:]} » est trop gros : il est refusé. {_NOTHING}"
        )
    return content


def _moment(entry: zipfile.ZipInfo) -> datetime | None:
    """When it was saved. Archives of the platform bear the day that makes them reproducible, which says nothing."""
    try:
        moment = datetime(*entry.date_time, tzinfo=PARIS)
    except ValueError:
        return None
    return moment if moment.year > 2000 else None


def _key(content: bytes | None) -> str | None:
    return content.decode("ascii", "replace") if content else None


def _pages(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, entry in entries.items():
        if name.endswith((".html", ".xml")):
            found[name] = _read(archive, entry, MOST_PAGE_BYTES)
            if sum(map(len, found.values())) > MOST_PAGES_BYTES:
                raise DocumentError(f"Les pages de ce ZIP sont trop grosses : il est refusé. {_NOTHING}")
    return found


def refuse_changed_pages(file: StickFile) -> None:
    """Pages that residents would read are those that the document makes, byte for byte. For a document that was parsed."""
    if not file.pages:
        return
    try:
        made = site_render.build(
            json.loads(file.state), public_key=file.public_key or "", signature=file.signature
        )
    except ValueError:
        raise DocumentError(f"Dans ce ZIP, « {KEY_FILE} » n'est pas une clé. {_NOTHING}") from None
    for name, content in sorted(file.pages.items()):
        if made.get(name) != content:
            raise DocumentError(
                f"Dans ce ZIP, « {name[:60]} » ne dit pas ce que dit « {STATE_FILE} » : la page a été changée, ou vient d'une autre "
                f"version de Beffroi. {_NOTHING} Pour ne reprendre que les annonces, donnez « {STATE_FILE} » et « {SIGNATURE_FILE} »."
            )


class _Seed(HTMLParser):
    """The document that the page of the stick carries: the text of its element « site »."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("id", "site") in attrs and ("type", "application/json") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append(data)


def _state_of_page(content: bytes) -> bytes:
    seed = _Seed()
    try:
        seed.feed(content.decode("utf-8"))
    except UnicodeDecodeError:
        seed.found = []
    if not seed.found:
        raise DocumentError(
            "Cette page ne porte pas l'histoire : donnez le ZIP que la page de la clé a enregistré, ou la page "
            f"« informer-les-habitants » du kit. {_NOTHING}"
        )
    return "".join(seed.found).strip().encode("utf-8")
