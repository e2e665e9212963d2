"""A folder of this machine or a stick, below those that the operator opened. What was written is on the disk before it is switched."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from beffroi.lake.sources.errors import AddressRefused
from beffroi.lake.sources.network import Network

from .place import FULL, CopyError, make_folders

_LOST: Final = {errno.ENOENT, errno.ENODEV, errno.EIO, errno.ENXIO, errno.ESTALE, errno.ENOTCONN}
_TOO_SMALL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED: Final = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def opened(
    address: str,
    below: str,
    network: Network,
    *,
    removable_from: int | None = None,
    mount_point: str | None = None,
) -> Iterator["Folder"]:
    """The folder `below` an allowed one.

    `removable_from`: device of the machine's own disk, where a stick must not be. `mount_point`: where it was mounted when it was
    declared; unplugged, its folder may be on any other disk of the machine.
    """
    root = network.resolve_local_path(address)
    with translated(address):
        on_machine = removable_from is not None and root.stat().st_dev == removable_from
        if on_machine or (mount_point and str(mount_point_of(root)) != mount_point):
            raise CopyError(f"La clé ou le disque de « {address} » n'est pas branché.")
        yield Folder(root / make_folders(Folder(root, address), below), address)


def mount_point_of(path: Path) -> Path:
    """The folder where what holds `path` is mounted."""
    real = path.resolve()
    return next(each for each in (real, *real.parents) if each.is_mount())


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Errors of the system, in French."""
    try:
        yield
    except OSError as error:
        if error.errno in _TOO_SMALL:
            raise CopyError(f"« {address} » a refusé l'écriture : {FULL}.") from error
        if error.errno in _CLOSED:
            raise CopyError(
                f"« {address} » ne se laisse pas écrire : protégé, ou réservé à un autre compte."
            ) from error
        if error.errno in _LOST:
            raise CopyError(f"« {address} » n'est plus là : la clé a peut-être été retirée.") from error
        raise CopyError(
            f"« {address} » ne répond pas comme un dossier ordinaire ({error.strerror})."
        ) from error


class Folder:
    """A `Place` on the disk."""

    def __init__(self, root: Path, address: str) -> None:
        self._root, self._address = root, address

    def write(self, path: str, content: bytes) -> None:
        with translated(self._address):
            target = self._real(path)
            with target.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())

    def size(self, path: str) -> int | None:
        with translated(self._address):
            target = self._real(path)
            return target.stat().st_size if target.is_file() else None

    def read(self, path: str) -> bytes:
        with translated(self._address):
            return self._real(path).read_bytes()

    def move(self, path: str, target: str) -> None:
        with translated(self._address):
            real = self._real(target)
            self._real(path).replace(real)
            _flush(real.parent)

    def make_folder(self, path: str) -> None:
        with translated(self._address):
            self._real(path).mkdir(exist_ok=True)

    def has_folder(self, path: str) -> bool:
        with translated(self._address):
            return self._real(path).is_dir()

    def remove(self, path: str) -> None:
        with translated(self._address):
            self._real(path).unlink(missing_ok=True)

    def remove_folder(self, path: str) -> None:
        with translated(self._address):
            target = self._real(path)
            if target.is_dir():
                shutil.rmtree(target)

    def _real(self, path: str) -> Path:
        """The path, unless a link leads it out."""
        target = self._root / path
        parent = Path(os.path.realpath(target.parent))
        if target.is_symlink() or (parent != self._root and self._root not in parent.parents):
            raise AddressRefused(f"« {path} » est un lien qui mène ailleurs : rien n'y a été écrit.")
        return target


def _flush(folder: Path) -> None:
    """Have the names of a folder on the disk: a stick may be pulled out now."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
