"""Files of a lake's folder: writers' lock, copy of the data, and explanation of disk errors.

In: a lake's folder. Out: a lock, copied files, or a LakeError with the next step.
"""

import errno
import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from beffroi.lake.errors import LakeError, ServerLost

DATA, LOCK = "data", "write.lock"
DISK_FULL = "Le disque est plein. Rien n'a été modifié. Libérez de la place, puis recommencez."
SERVER_LOST = "La base PostgreSQL qui tient le catalogue de ces données ne répond pas."


@contextmanager
def write_lock(folder: Path) -> Iterator[None]:
    """Exclusive lock of writers, among all processes and threads; released by the system if its process dies."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def copy_data(folder: Path, target: Path) -> None:
    """Copy a lake's data files. The caller has the write lock. Raises LakeError if `target` is not empty."""
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
    """Whether a DuckDB error means that the connection to the catalogue's server was lost."""
    text = str(error)
    signs = ("Unable to connect to Postgres", "server closed the connection", "terminating connection")
    return isinstance(error, duckdb.Error) and any(
        sign in text for sign in (*signs, "connection to server", "no connection to the server")
    )


def disk_full(error: BaseException | None) -> bool:
    """Whether the error, or its cause, means that the disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if any(sign in str(error) for sign in ("No space left", "disk is full", "Disk quota exceeded")):
            return True
        error = error.__cause__ or error.__context__
    return False


_FILE = re.compile(r"[^\s\"']*?((?:[^/\s\"']+/){0,2}[^/\s\"']+\.parquet)")
_DAMAGED = (
    "Existing DuckLake at metadata catalog", "disk image is malformed", "file is not a database", "no such table: ducklake",
    "magic bytes", "decompress", "ZSTD", "Snappy", "TProtocol", "Parquet", "parquet", "Corrupt", "corrupt", "disk I/O error",
    "Could not read",
)  # fmt: skip


def damaged(error: BaseException) -> bool:
    """Whether a DuckDB or SQLite error means that a file of the lake is missing or corrupt."""
    text = str(error)
    engine = isinstance(error, duckdb.Error | sqlite3.Error) and "Permission denied" not in text
    return engine and any(sign in text for sign in _DAMAGED)


def unreadable(error: BaseException) -> LakeError:
    """French error for data that a missing or damaged file makes unreadable."""
    found = _FILE.search(str(error))
    where = f" ({found[1]})" if found else ""
    return LakeError(
        f"Ces données ne peuvent pas être lues : un de leurs fichiers manque ou est abîmé{where}. Rien n'a été modifié. "
        "Prévenez la personne qui tient l'instance : « beffroi doctor --full » dit quelle sauvegarde le garde encore."
    )


def explain(error: BaseException, *, reading: bool = False) -> LakeError:
    """French error for an error of DuckDB or of the disk. `reading`: nothing was being written."""
    text = str(error)
    if isinstance(error, LakeError):
        return error
    if disk_full(error):
        return LakeError(DISK_FULL)
    if server_lost(error):
        return ServerLost(
            f"{SERVER_LOST} Rien n'a été modifié. Recommencez ; si cela se répète, prévenez votre hébergeur."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return LakeError(
            "Cette table demande plus de mémoire que la limite fixée. Rien n'a été modifié. "
            "Coupez le fichier en plusieurs parties, ou demandez à votre hébergeur de relever la limite."
        )
    if damaged(error):
        return unreadable(error)
    if reading:
        return LakeError(
            f"Ces données n'ont pas pu être lues. Rien n'a été modifié. Recommencez. Détail technique : {text}"
        )
    return LakeError(
        f"L'écriture n'a pas abouti. Rien n'a été modifié. Recommencez. Détail technique : {text}"
    )
