"""A folder of an SFTP server, whose host key was pinned when it was declared."""

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any

import paramiko

from beffroi.lake.sources import sftp
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.specs import Secret, Sftp

from .place import FULL, LARGEST_READ, CopyError, make_folders


@contextmanager
def opened(spec: Sftp, secret: Secret, egress: Egress) -> Iterator["SftpPlace"]:
    with sftp.opened(spec, secret, egress) as client:
        root = PurePosixPath("/" if spec.path.startswith("/") else ".")
        inside = make_folders(SftpPlace(client, root, spec.host, egress), spec.path)
        yield SftpPlace(client, root / inside, spec.host, egress)


class SftpPlace:
    """A `Place` by SFTP."""

    def __init__(self, client: Any, root: PurePosixPath, host: str, egress: Egress) -> None:
        self._client, self._root, self._host, self._egress = client, root, host, egress

    def write(self, path: str, content: bytes) -> None:
        with self._translated(path), self._client.open(self._path(path), "wb") as out:
            out.set_pipelined(True)
            out.write(content)

    def size(self, path: str) -> int | None:
        found = self._stat(path)
        return found.st_size if found is not None and stat.S_ISREG(found.st_mode or 0) else None

    def read(self, path: str) -> bytes:
        with self._translated(path), self._client.open(self._path(path), "rb") as source:
            content: bytes = source.read(LARGEST_READ)
            self._egress.count_received(len(content))
            return content

    def move(self, path: str, target: str) -> None:
        with self._translated(target):
            self._client.posix_rename(self._path(path), self._path(target))

    def make_folder(self, path: str) -> None:
        if not self.has_folder(path):
            with self._translated(path):
                self._client.mkdir(self._path(path))

    def has_folder(self, path: str) -> bool:
        found = self._stat(path)
        return found is not None and stat.S_ISDIR(found.st_mode or 0)

    def remove(self, path: str) -> None:
        with self._translated(path), suppress(FileNotFoundError):
            self._client.remove(self._path(path))

    def remove_folder(self, path: str) -> None:
        if not self.has_folder(path):
            return
        with self._translated(path):
            for entry in self._client.listdir_attr(self._path(path)):
                inside = f"{path}/{entry.filename}"
                if stat.S_ISDIR(entry.st_mode or 0):
                    self.remove_folder(inside)
                else:
                    self.remove(inside)
            self._client.rmdir(self._path(path))

    def _path(self, path: str) -> str:
        return str(self._root / path)

    def _stat(self, path: str) -> Any:
        with self._translated(path):
            try:
                return self._client.lstat(self._path(path))
            except FileNotFoundError:
                return None

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        try:
            yield
        except PermissionError:
            raise CopyError(
                f"Le serveur {self._host} n'a pas laissé écrire « {path} » à ce compte."
            ) from None
        except FileNotFoundError:
            raise CopyError(f"Sur {self._host}, le dossier de « {path} » n'existe pas ou plus.") from None
        except (paramiko.SSHException, EOFError):
            self._egress.check_time()
            raise CopyError(f"Le serveur {self._host} a coupé la connexion avant la fin.") from None
        except OSError as error:
            self._egress.check_time()
            if error.errno is None or error.errno in (errno.ENOSPC, errno.EDQUOT):
                # SFTP has one word for a full disk, a quota and the rest: « Failure ».
                raise CopyError(
                    f"Le serveur {self._host} a refusé l'écriture : le plus souvent, {FULL}."
                ) from None
            raise CopyError(f"Le serveur {self._host} a coupé la connexion avant la fin.") from None
