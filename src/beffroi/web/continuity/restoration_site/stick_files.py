"""Files that the page of the stick leaves: its ZIP, « etat.json », or the page itself; hostile until read.

In: bytes. Out: a `StickFile`: the document as it was signed, its signature, its key, its pages, when it was saved. Nothing is written
on the disk, and no file is read past its limit. No Django here. Raises DocumentError in French.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Final

from beffroi.guides.clocks import PARIS
from beffroi.zip_entries import Fault, ZipRefused, files_of, open_zip, read_entry

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


_WHY: Final = {
    Fault.DAMAGED: "Ce ZIP est abîmé ou protégé : il ne s'ouvre pas.",
    Fault.ENCRYPTED: "Ce ZIP est abîmé ou protégé : il ne s'ouvre pas.",
    Fault.METHOD: "Ce ZIP est compressé d'une façon que Beffroi ne lit pas.",
    Fault.TOO_MANY: f"Ce ZIP contient plus de {MOST_ENTRIES} fichiers.",
    Fault.OUTSIDE: "Ce ZIP veut écrire hors de son dossier : il est refusé.",
    Fault.LINK: "Ce ZIP contient un lien vers un autre fichier : il est refusé.",
    Fault.TWICE: "Ce ZIP contient deux fois « {name} » : il est refusé.",
    Fault.TOO_LARGE: "Dans ce ZIP, « {name} » est trop gros : il est refusé.",
}


def _of_zip(content: bytes) -> StickFile:
    try:
        with open_zip(io.BytesIO(content), most_entries=MOST_ENTRIES) as archive:
            entries = _entries(archive)
            if STATE_FILE not in entries:
                raise DocumentError(
                    f"Ce ZIP ne contient pas « {STATE_FILE} » : ce n'est pas celui de la page des habitants. {_NOTHING}"
                )
            state = read_entry(archive, entries[STATE_FILE], MOST_BYTES)
            small = {
                name: read_entry(archive, entries[name], limit)
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
    except ZipRefused as refused:
        raise DocumentError(f"{_WHY[refused.fault].format(name=refused.name)} {_NOTHING}") from None


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Files by name, out of the one folder that a system may have put them in."""
    files = {parts: info for parts, info in files_of(archive).items() if parts[0] != "__MACOSX"}
    if len({parts[:-1] for parts in files}) > 1:
        raise DocumentError(
            f"Ce ZIP contient plusieurs dossiers. Donnez celui que la page de la clé a enregistré. {_NOTHING}"
        )
    return {parts[-1]: info for parts, info in files.items()}


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
            found[name] = read_entry(archive, entry, MOST_PAGE_BYTES)
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
