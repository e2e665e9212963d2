"""A connection to the lakes of some grants: attached read-only, then locked down.

In: folders of lakes. Out: an `Opened`, on which nothing else can be opened: no other file, no network, no other limit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis

from beffroi.lake import catalogues, files
from beffroi.lake.attached import Attached
from beffroi.lake.engine import connect
from beffroi.lake.shapes import literal


@dataclass(frozen=True)
class Opened:
    """The connection, Ibis on it, and each lake attached to it, by its folder."""

    connection: duckdb.DuckDBPyConnection
    backend: Any
    lakes: dict[str, Attached]


def open_lakes(lakes: list[str], memory: str) -> Opened:
    """A connection to these lakes, read-only, locked down."""
    connection = connect(memory_limit=memory)
    try:
        names = {lake: f"lake{number}" for number, lake in enumerate(lakes)}
        held = {lake: catalogues.attach(connection, Path(lake), name=name) for lake, name in names.items()}
        backend = ibis.duckdb.from_connection(connection)
        _lock_down(connection, lakes, [path for catalogue in held.values() for path in catalogue.files()])
    except BaseException:
        connection.close()
        raise
    attached = {
        lake: Attached(connection, backend, names[lake], catalogue.schema) for lake, catalogue in held.items()
    }
    return Opened(connection, backend, attached)


def _lock_down(
    connection: duckdb.DuckDBPyConnection, lakes: list[str], files_of_catalogues: list[Path]
) -> None:
    """From here on the connection opens nothing but the files of its lakes, and this cannot be undone.

    A catalogue in PostgreSQL needs no file: it was connected before, and reconnects by itself.
    """
    data = ", ".join(literal(str(Path(lake) / files.DATA)) for lake in lakes)
    paths = ", ".join(literal(str(path)) for path in files_of_catalogues)
    connection.execute(f"SET allowed_directories = [{data}]")
    connection.execute(f"SET allowed_paths = [{paths}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
