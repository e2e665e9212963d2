"""The folder of a lake: the lock that its writers share, the copy of its data, and what a failing disk means.

In: a lake's folder. Out: a held lock, copied files, or a LakeError that says what to do.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from beffroi.lake.errors import LakeError, ServerLost

DATA, LOCK = "data", "write.lock"
SERVER_LOST = "La base PostgreSQL qui tient le catalogue de ces données ne répond pas."


@contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """One writer at a time, among all processes and threads; released by the system if its holder dies."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def copy_data(folder: Path, target: Path) -> None:
    """Copy a lake's data files. The caller holds the write lock. Raises LakeError if `target` is not empty."""
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise LakeError(
            f"Le dossier « {target} » n'est pas vide. Rien n'y a été écrit. Choisissez un dossier vide."
        )
    try:
        if (folder / DATA).is_dir():
            shutil.copytree(folder / DATA, target / DATA)
    except OSError as error:
        raise explain(error) from error


def server_lost(error: BaseException) -> bool:
    """Whether DuckDB says that it lost its connection to the catalogue's server."""
    text = str(error)
    signs = ("Unable to connect to Postgres", "server closed the connection", "terminating connection")
    return isinstance(error, duckdb.Error) and any(
        sign in text for sign in (*signs, "connection to server", "no connection to the server")
    )


def explain(error: BaseException) -> LakeError:
    """The French message for an error of DuckDB or of the disk that the person can act on."""
    text = str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or "No space left" in text or "database or disk is full" in text:
        return LakeError("Le disque est plein. Rien n'a été modifié. Libérez de la place, puis recommencez.")
    if server_lost(error):
        return ServerLost(
            f"{SERVER_LOST} Rien n'a été modifié. Recommencez ; si cela se répète, prévenez votre hébergeur."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return LakeError(
            "Cette table demande plus de mémoire que la limite fixée. Rien n'a été modifié. "
            "Coupez le fichier en plusieurs parties, ou demandez à votre hébergeur de relever la limite."
        )
    return LakeError(
        f"L'écriture n'a pas abouti. Rien n'a été modifié. Recommencez. Détail technique : {text}"
    )
