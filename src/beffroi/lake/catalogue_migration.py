"""Migration of a lake's catalogue to another database: an SQLite file of its folder, or a schema of PostgreSQL.

In: a lake's folder and where its catalogue goes. Out: the same tables, versions and checksums there, or a LakeError and nothing
changed.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from beffroi.lake import catalogues, files
from beffroi.lake.catalogue_transfer import PostgreSQLSide, transfer
from beffroi.lake.catalogues import Catalogue, PostgreSQL, SQLite
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake


def migrate_catalogue(folder: Path, to: PostgreSQL | None) -> None:
    """Migrate the catalogue of the lake of `folder` to a PostgreSQL schema, or (None) to an SQLite file.

    The new catalogue is read back and its checksums compared before the folder points to it. Interrupted, the lake is
    unchanged and the migration can be run again. A process that had opened the lake must reopen it before it writes.
    Raises LakeError when the schema already contains a catalogue.
    """
    with files.write_lock(folder):
        current = catalogues.catalogue_of(folder)
        file = folder / catalogues.SQLITE
        wanted: Catalogue = to or SQLite(file)
        if wanted == current:
            return
        if isinstance(wanted, PostgreSQL):
            _refuse_if_used(wanted)
        with Lake(folder, read_only=True) as lake:
            before = lake.checksums(), lake.version()
        draft = SQLite(folder / f".{catalogues.SQLITE}.moving") if isinstance(wanted, SQLite) else wanted
        if isinstance(draft, SQLite):
            for left in draft.files():
                left.unlink(missing_ok=True)
        transfer(current, draft, folder)
        with Lake(folder, read_only=True, catalogue=draft) as lake:
            if (lake.checksums(), lake.version()) != before:
                raise LakeError(
                    "Le catalogue recopié n'est pas identique à celui d'avant. Rien n'a été modifié : "
                    "ces données restent où elles étaient. Prévenez les auteurs de Beffroi."
                )
        if isinstance(draft, PostgreSQL):
            catalogues.write_postgresql_address(folder, draft)
            for left in SQLite(file).files():
                left.unlink(missing_ok=True)
        else:
            close_journal(draft)
            draft.file.replace(file)
            (folder / catalogues.POSTGRESQL).unlink()


def _refuse_if_used(catalogue: PostgreSQL) -> None:
    """Refuse a schema whose catalogue has versions; one left by an interrupted migration is accepted."""
    with PostgreSQLSide(catalogue) as side:
        if "ducklake_snapshot" in side.columns_by_table() and any(
            number for (number,) in side.rows("ducklake_snapshot", ["snapshot_id"])
        ):
            raise LakeError(
                f"Le schéma « {catalogue.schema} » contient déjà un catalogue. Rien n'a été modifié. "
                "Choisissez un schéma vide, ou faites vider celui-ci par le propriétaire de la base."
            )


def close_journal(catalogue: SQLite) -> None:
    """Flush the write-ahead log into the file, so that it can be renamed."""
    with closing(sqlite3.connect(catalogue.file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for left in catalogue.files()[1:]:
        left.unlink(missing_ok=True)
