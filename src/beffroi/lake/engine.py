"""Factory of all DuckDB connections.

In: names of extensions, limits of memory and threads. Out: a connection that never reaches the network: extensions
come from the wheels of the installation, are copied once into their own folder (`BEFFROI_EXTENSIONS`, otherwise the
user's cache), and are loaded by path. DuckDB checks the signature of each file once a process, which takes 0.15 to
0.3 second of CPU.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import duckdb

from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_literal

# The extensions that Beffroi ships, with the package that carries each; PostgreSQL's and MariaDB's come with their extras.
EXTENSIONS = {
    "ducklake": "duckdb_extension_ducklake",
    "mysql_scanner": "duckdb_extension_mysql_scanner",
    "postgres_scanner": "duckdb_extension_postgres_scanner",
    "spatial": "duckdb_extension_spatial",
    "sqlite_scanner": "duckdb_extension_sqlite_scanner",
}

type FileIdentity = tuple[str, int, int, int, int, int]
_verified: set[FileIdentity] = set()
"""Files of extensions whose signature DuckDB has checked in this process, and whose code is loaded in it since."""


def extension_directory() -> Path:
    """Folder of the copied extensions; DuckDB adds its version and platform below."""
    named = os.environ.get("BEFFROI_EXTENSIONS")
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "beffroi" / "duckdb"


def connect(
    *,
    extensions: Iterable[str] = (),
    memory_limit: str = "1GB",
    threads: int = 1,
    temporary: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """In-memory DuckDB with the named extensions loaded and no way to fetch another.

    `temporary`: folder where DuckDB may spill when `memory_limit` is reached; without it, nothing is spilled.
    """
    files = [_installed(name) for name in extensions]
    verified = bool(files) and all(_file_identity(file) in _verified for file in files)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_unsigned_extensions": verified,
            "extension_directory": str(extension_directory()),
            "temp_directory": str(temporary) if temporary else "",
        },
    )
    try:
        # A slow query on a busy machine would draw a bar in the middle of a command's output.
        connection.execute("SET enable_progress_bar = false")
        for file in files:
            _load(connection, file)
        if verified:
            connection.execute("SET allow_unsigned_extensions = false")  # DuckDB refuses to turn it on again
    except BaseException:
        connection.close()
        raise
    return connection


def load(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load one of EXTENSIONS into a connection made by `connect`."""
    _load(connection, _installed(name))


def _load(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    identity = _file_identity(file)
    connection.execute(f"LOAD {quote_literal(str(file))}")
    _verified.add(identity)


def _file_identity(file: Path) -> FileIdentity:
    found = file.stat()
    return str(file), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@cache
def _version_and_platform() -> tuple[str, str]:
    with duckdb.connect(":memory:") as connection:
        row = connection.execute("SELECT library_version FROM pragma_version()").fetchone()
        platform = connection.execute("PRAGMA platform").fetchone()
    if row is None or platform is None:
        raise LakeError("DuckDB ne dit pas sa version. Réinstallez Beffroi, puis recommencez.")
    return str(row[0]), str(platform[0])


def _installed(name: str) -> Path:
    """File of the extension in the folder of copies, copied from its wheel on first use."""
    source = _shipped(name)
    target = extension_directory().joinpath(*_version_and_platform(), source.name)
    if target.is_file() and target.stat().st_size == source.stat().st_size:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Several processes may start at once: each copies to its own name, the last rename wins.
    handle, copying = tempfile.mkstemp(dir=target.parent, prefix=f".{name}-")
    os.close(handle)
    try:
        shutil.copyfile(source, copying)
        Path(copying).replace(target)
    finally:
        Path(copying).unlink(missing_ok=True)
    return target


def _shipped(name: str) -> Path:
    package = EXTENSIONS.get(name)
    spec = importlib.util.find_spec(package) if package else None
    for root in (spec.submodule_search_locations or []) if spec else []:
        path = Path(root) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if path.is_file():
            return path
    extra = {"postgres_scanner": "postgresql", "mysql_scanner": "mariadb"}.get(name)
    if extra:
        feature = "PostgreSQL" if extra == "postgresql" else "Lire MariaDB sur place"
        raise LakeError(
            f"{feature} demande une extension de plus : deploy/install --with {extra}. Rien n'a été modifié."
        )
    raise LakeError(
        f"L'extension « {name} » de DuckDB {duckdb.__version__} est absente de cette installation. "
        "Rien n'a été modifié. Relancez « make setup », ou réinstallez Beffroi."
    )
