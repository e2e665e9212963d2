"""Copy files to an opened place so that the last whole copy stays whole: all is written under a temporary name, then switched.

With a folder: a new folder takes the place of the former one. Without: each file is renamed over the former one, once all are there.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from beffroi.lake.sources.errors import SourceError

from .places.place import FULL, CopyError, Place

NEW: Final = ".nouveau"
FORMER: Final = ".precedent"
WAITING: Final = ".beffroi-nouveau"
MOST_FILES: Final = 5_000


class SwitchError(CopyError):
    """It was cut while names were switched: the message says where what is whole is."""


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError for a name that leads elsewhere."""
    found = list(names)
    if not 0 < len(found) <= MOST_FILES:
        raise ValueError("no file to copy, or too many")
    for name in found:
        parts = name.split("/")
        if (
            len(name) > 250
            or "\\" in name
            or any(part in ("", ".", "..") or not part.isprintable() for part in parts)
        ):
            raise ValueError(f"not a name of a file: {name[:80]!r}")


def copy_folder(place: Place, files: Mapping[str, bytes], folder: str) -> None:
    """Have `folder` contain these files and no other. Raises SourceError; SwitchError where the former copy bears its waiting name."""
    new, former = f"{folder}{NEW}", f"{folder}{FORMER}"
    if not place.has_folder(folder) and place.has_folder(former):
        _put_back(place, former, folder)  # a copy was cut between its two renamings
    place.remove_folder(new)
    place.make_folder(new)
    _make_folders(place, files, f"{new}/")
    for name, content in files.items():
        _write(place, f"{new}/{name}", content)
    replaces = place.has_folder(folder)
    if replaces:
        place.remove_folder(former)
        place.move(folder, former)
    try:
        place.move(new, folder)
    except SourceError:
        if replaces:
            _put_back(place, former, folder)
        raise
    with suppress(SourceError):  # it is only in the way
        place.remove_folder(former)


def _put_back(place: Place, former: str, folder: str) -> None:
    try:
        place.move(former, folder)
    except SourceError as error:
        raise SwitchError(f"{error} La copie d'avant y est entière, dans le dossier « {former} ».") from error


def copy_files(place: Place, files: Mapping[str, bytes]) -> None:
    """Have these files at the root of the place, beside what is there. Raises SourceError."""
    place.make_folder(WAITING)
    waiting = {name: f"{WAITING}/{rank:04}" for rank, name in enumerate(sorted(files))}
    for name, path in waiting.items():
        _write(place, path, files[name])
    _make_folders(place, files, "")
    # The first page last: until then, the former one leads to what it knows.
    for name in sorted(waiting, key=lambda each: (each == "index.html", each)):
        try:
            place.move(waiting[name], name)
        except SourceError as error:
            raise SwitchError(
                f"{error} La copie s'est arrêtée à la fin : certaines pages y sont déjà nouvelles."
            ) from error
    with suppress(SourceError):
        place.remove_folder(WAITING)


def _make_folders(place: Place, names: Iterable[str], before: str) -> None:
    folders = {
        "/".join(parts[:depth])
        for name in names
        for parts in [name.split("/")]
        for depth in range(1, len(parts))
    }
    for folder in sorted(folders):
        place.make_folder(f"{before}{folder}")


def _write(place: Place, path: str, content: bytes) -> None:
    place.write(path, content)
    if (size := place.size(path)) != len(content):
        raise CopyError(
            f"Un fichier n'y est pas entier ({size or 0} octets sur {len(content)}) : le plus souvent, {FULL}."
        )
