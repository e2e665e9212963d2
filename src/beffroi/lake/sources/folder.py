"""Watched folder of this machine, inside a folder allowed by the operator. In: its path. Out: copies of the new files.

Links that lead outside are ignored, and so are files still being written: they come with the next fetch.
"""

import os
import stat
import time
from pathlib import Path

from beffroi.lake.sources import file_cursor
from beffroi.lake.sources.errors import AccessRefused, NotThere
from beffroi.lake.sources.file_cursor import RemoteFile
from beffroi.lake.sources.names import file_name
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.offers import Fetched, Offer, ProgressCallback
from beffroi.lake.sources.specs import Folder, Secret

PIECE = 1 << 20


def check(spec: Folder, secret: Secret, egress: Egress) -> str:
    found = len(list_offers(spec, secret, egress))
    return f"Le dossier répond : {found} fichier{'s' if found > 1 else ''} à reprendre."


def list_offers(spec: Folder, secret: Secret, egress: Egress) -> list[Offer]:
    root, files = _there(spec, egress)
    return [
        Offer(file.path, "file", {"path": str(root / file.path), "pattern": "*"}, size=file.size)
        for file in files
    ]


def fetch(
    spec: Folder, secret: Secret, egress: Egress, into: Path, since: str | None, on_progress: ProgressCallback
) -> Fetched:
    root, there = _there(spec, egress)
    wanted = file_cursor.new_files(there, since)
    copied: list[Path] = []
    growing: set[str] = set()
    for file in wanted:
        on_progress(f"{file.path} arrive.")
        target = into.joinpath(*(file_name(part) for part in Path(file.path).parts))
        target.parent.mkdir(parents=True, exist_ok=True)
        if _is_growing(root / file.path, spec.quiet) or not _copy(root, file, target, egress):
            growing.add(file.path)
            target.unlink(missing_ok=True)
        else:
            copied.append(target)
    notes = [f"« {path} » s'écrit peut-être encore : il sera repris la prochaine fois." for path in growing]
    stable = [file for file in there if file.path not in growing]
    return Fetched(
        tuple(copied),
        file_cursor.make_cursor(stable),
        notes=tuple(sorted(notes)),
        unchanged=not copied,
    )


def _there(spec: Folder, egress: Egress) -> tuple[Path, list[RemoteFile]]:
    """Real path of the folder, and its matching files. Links to folders are never followed."""
    path = egress.network.resolve_local_path(spec.path)
    if path.is_file():
        return path.parent, [_file(path.parent, path)]
    found: list[RemoteFile] = []

    def refused(error: OSError) -> None:
        raise AccessRefused(
            f"Le dossier « {spec.path} » ne se laisse pas lire. Donnez au compte de Beffroi le droit de le lire."
        ) from error

    for here, folders, files in os.walk(path, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(here) / name
            if file_cursor.matches(name, spec.pattern) and _is_within(file, path):
                found.append(_file(path, file))
    return path, found


def _is_within(file: Path, root: Path) -> bool:
    """Whether the file is a regular file of the folder, or a link to one inside it."""
    real = Path(os.path.realpath(file))
    return root in real.parents and real.is_file()


def _file(root: Path, path: Path) -> RemoteFile:
    try:
        found = path.stat()
    except OSError as error:
        raise NotThere(f"« {path.name} » vient de disparaître. Recommencez.") from error
    return RemoteFile(str(path.relative_to(root)), found.st_size, f"{found.st_mtime_ns} {found.st_size}")


def _is_growing(path: Path, quiet: int) -> bool:
    try:
        return time.time() - path.stat().st_mtime < quiet
    except OSError:
        return True


def _copy(root: Path, file: RemoteFile, target: Path, egress: Egress) -> bool:
    """Copy a file as it was listed; False when it changed meanwhile, or was replaced by a link."""
    try:
        handle = os.open(os.path.realpath(root / file.path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError as error:
        raise AccessRefused(
            f"« {file.path} » ne se laisse pas lire. Rien n'a été repris. Donnez au compte de Beffroi le droit de le lire."
        ) from error
    except OSError:
        return False
    with os.fdopen(handle, "rb") as source:
        opened = Path(os.path.realpath(f"/proc/self/fd/{source.fileno()}"))
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode) or root not in opened.parents:
            return False
        with target.open("wb") as out:
            while piece := source.read(PIECE):
                egress.count_received(len(piece))
                out.write(piece)
        after = os.fstat(source.fileno())
    return f"{after.st_mtime_ns} {after.st_size}" == file.mark
