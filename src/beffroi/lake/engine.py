"""The one place that makes DuckDB connections.

In: the names of the extensions a caller needs, its limits of memory and threads.
Out: a connection that never reaches the network: extensions come from the wheels of the installation, copied once
into a folder of their own (`BEFFROI_EXTENSIONS`, otherwise the user's cache), and are loaded by path.
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb

from beffroi.lake.errors import LakeError

# The extensions that Beffroi ships, with the package that carries each; PostgreSQL's and MariaDB's come with their extras.
EXTENSIONS = {
    "ducklake": "duckdb_extension_ducklake",
    "mysql_scanner": "duckdb_extension_mysql_scanner",
    "postgres_scanner": "duckdb_extension_postgres_scanner",
    "spatial": "duckdb_extension_spatial",
    "sqlite_scanner": "duckdb_extension_sqlite_scanner",
}


def extension_directory() -> Path:
    """Where the copied extensions live; DuckDB adds its version and platform below."""
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
    """An in-memory DuckDB with the named extensions loaded and no way to fetch another.

    `temporary` is where DuckDB may spill when `memory_limit` is met; without it, nothing is spilt.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "threads": threads,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "extension_directory": str(extension_directory()),
            "temp_directory": str(temporary) if temporary else "",
        },
    )
    try:
        # A slow query on a busy machine would draw a bar in the middle of a command's output.
        connection.execute("SET enable_progress_bar = false")
        for name in extensions:
            load(connection, name)
    except BaseException:
        connection.close()
        raise
    return connection


def load(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Adds one of EXTENSIONS to a connection that `connect` made."""
    path = str(_installed(connection, name)).replace("'", "''")
    connection.execute(f"LOAD '{path}'")


def _installed(connection: duckdb.DuckDBPyConnection, name: str) -> Path:
    """The extension's file in our folder, copied from its wheel the first time."""
    source = _shipped(name)
    row = connection.execute("SELECT library_version FROM pragma_version()").fetchone()
    platform = connection.execute("PRAGMA platform").fetchone()
    if row is None or platform is None:
        raise LakeError("DuckDB ne dit pas sa version. Réinstallez Beffroi, puis recommencez.")
    target = extension_directory() / str(row[0]) / str(platform[0]) / source.name
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
        said = "PostgreSQL" if extra == "postgresql" else "Lire MariaDB sur place"
        raise LakeError(
            f"{said} demande une extension de plus : pip install 'beffroi[{extra}]'. Rien n'a été modifié."
        )
    raise LakeError(
        f"L'extension « {name} » de DuckDB {duckdb.__version__} est absente de cette installation. "
        "Rien n'a été modifié. Relancez « make setup », ou réinstallez Beffroi."
    )
