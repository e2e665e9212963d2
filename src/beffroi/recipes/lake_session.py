"""DuckDB session on the lakes of some grants: attached read-only, then locked down.

In: folders of lakes. Out: a `LakeSession`, on which nothing else can be opened: no other file, no network, no other limit.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from beffroi.lake import catalogues, files, inventory
from beffroi.lake.attached import AttachedLake, table_at_version
from beffroi.lake.engine import connect
from beffroi.lake.grants import Grant, restrict
from beffroi.lake.quoting import quote_literal

MAX_TABLES = 500


@dataclass(frozen=True)
class LakeSession:
    """Connection, its Ibis backend, each lake attached to it by its folder, and the tables read so far."""

    connection: duckdb.DuckDBPyConnection
    backend: Any
    lakes: dict[str, AttachedLake]
    tables: dict[tuple[str, str, int, str | None], ir.Table] = field(default_factory=dict)

    def read(self, grant: Grant, *, unit_as: str | None = None, row_as: str | None = None) -> ir.Table:
        """Table that the grant opens. A table never changes at a version: its schema is queried once.

        `unit_as`, `row_as`: see `granted`. Raises LakeError when the version is no longer stored.
        """
        key = (grant.lake, grant.table, grant.version, row_as)
        if key not in self.tables:
            if len(self.tables) >= MAX_TABLES:
                self.tables.clear()
            self.tables[key] = table_at_version(
                self.backend, grant, name=self.lakes[grant.lake].name, row_as=row_as
            )
        return restrict(self.tables[key], grant, unit_as=unit_as, extra_columns=(row_as,) if row_as else ())


def open_lakes(lakes: list[str], memory: str, extensions: tuple[str, ...] = ()) -> LakeSession:
    """Session on these lakes with these extensions, read-only, locked down."""
    for lake in lakes:
        inventory.refuse_lost_catalogue(Path(lake))
    needed = dict.fromkeys(one for lake in lakes for one in catalogues.required_extensions(Path(lake)))
    connection = connect(memory_limit=memory, extensions=(*needed, *extensions))
    try:
        names = {lake: f"lake{number}" for number, lake in enumerate(lakes)}
        catalogs = {
            lake: catalogues.attach(connection, Path(lake), name=name) for lake, name in names.items()
        }
        backend = ibis.duckdb.from_connection(connection)
        _lock_down(connection, lakes, [path for catalogue in catalogs.values() for path in catalogue.files()])
    except BaseException:
        connection.close()
        raise
    attached = {
        lake: AttachedLake(connection, backend, names[lake], catalogue.schema)
        for lake, catalogue in catalogs.items()
    }
    return LakeSession(connection, backend, attached)


def _lock_down(
    connection: duckdb.DuckDBPyConnection, lakes: list[str], files_of_catalogues: list[Path]
) -> None:
    """Restrict the connection to the files of its lakes, irreversibly.

    A catalogue in PostgreSQL needs no file: it was connected before, and reconnects by itself.
    """
    data = ", ".join(quote_literal(str(Path(lake) / files.DATA)) for lake in lakes)
    paths = ", ".join(quote_literal(str(path)) for path in files_of_catalogues)
    connection.execute(f"SET allowed_directories = [{data}]")
    connection.execute(f"SET allowed_paths = [{paths}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
