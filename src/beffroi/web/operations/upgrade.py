"""Bringing a home up to this version: in place with a copy kept beside, or refused with advice. Never damaged.

A home is older when its format or its database lacks steps that this version has; newer when it has steps
that this version does not know. One of a test version before 0.1.0 is neither: it is exported and imported.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from beffroi.home import EXPORT_ADVICE, FORMAT, TEST_VERSION, Home, HomeError
from beffroi.lake import catalogue_state
from beffroi.ledger.roots import ensure_key
from beffroi.web import databases
from beffroi.web.platform.postgresql import owner

from . import dumps, findings, integrity, schema_snapshot, territory_swap
from .locks import exclusive

# Every test version took this step, and no later one knows it.
_FIRST_STEP_OF_TEST_VERSIONS = ("territories", "0002_append_only")


def prepare(home: Home) -> None:
    """Check the home, upgrade it when it is older, settle what a crash left. Call before anything is served."""
    found = home.check_format()
    _check_where(home)
    integrity.refuse(home, integrity.of_files(home))
    with integrity.report_damaged_database(home):
        _prepare_database(home, found)


def pending_steps(home: Home) -> int:
    """How many steps `prepare` would take on this home. Nothing is changed; refused as `prepare` refuses."""
    found = home.check_format()
    _check_where(home)
    with integrity.report_damaged_database(home):
        executor = MigrationExecutor(connection)
        _refuse_unknown(executor, "La base de cette instance")
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return len(plan) or int(found != FORMAT)


def _prepare_database(home: Home, found: int) -> None:
    executor = MigrationExecutor(connection)
    _refuse_unknown(executor, "La base de cette instance")
    # A home made before roots were signed has no key yet; one that was lost was refused above.
    ensure_key(home.ledger_key)
    _upgrade(home, executor, found)
    territory_swap.settle(home)
    integrity.refuse(home, findings.of_chains())
    integrity.record(home)
    home.uploads.mkdir(mode=0o700, exist_ok=True)


def _refuse_unknown(executor: MigrationExecutor, what: str) -> None:
    """Raise HomeError for a database with steps that this version does not have."""
    known = set(executor.loader.disk_migrations)
    unknown = sorted(step for step in executor.loader.applied_migrations if step not in known)
    if _FIRST_STEP_OF_TEST_VERSIONS in unknown:
        raise HomeError(f"{what} a été faite par {TEST_VERSION}. Rien n'a été modifié. {EXPORT_ADVICE}")
    if unknown:
        raise HomeError(
            f"{what} a été écrite par une version plus récente de Beffroi (étape inconnue : {'.'.join(unknown[0])}). Rien n'a "
            "été modifié. Installez la version récente, ou restaurez une sauvegarde faite avec cette version."
        )


def _upgrade(home: Home, executor: MigrationExecutor, found: int) -> None:
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan and found == FORMAT:
        return
    with exclusive(home, "upgrade", "Une mise à niveau est déjà en cours. Attendez qu'elle finisse."):
        fresh = not executor.loader.applied_migrations
        if connection.vendor == "postgresql":
            _upgrade_postgresql(home, fresh=fresh)
        else:
            _upgrade_sqlite(home, fresh=fresh)
        home.declare(format=FORMAT, database=connection.vendor)


def _check_where(home: Home) -> None:
    """Refuse to open a home whose rows are elsewhere: an empty database would be taken for it."""
    stored = home.identity().get("database")
    if stored == "postgresql" and connection.vendor != "postgresql":
        raise HomeError(
            "Cette instance garde sa base dans PostgreSQL. Rien n'a été modifié. Donnez son adresse à cette commande "
            f"par {databases.APPLICATION}."
        )
    if stored == "postgresql" and not connection.introspection.table_names():
        raise HomeError(
            "La base PostgreSQL de cette instance est vide. Rien n'a été modifié. Vérifiez l'adresse "
            f"({databases.APPLICATION}), ou restaurez une sauvegarde dans un autre dossier (« beffroi restore »)."
        )
    if stored == "sqlite" and connection.vendor == "postgresql":
        raise HomeError(
            "Cette instance garde sa base dans SQLite. Rien n'a été modifié. Pour la porter dans PostgreSQL : "
            "« beffroi database move ». Pour la laisser où elle est, retirez "
            f"{databases.APPLICATION} de l'environnement."
        )


def _upgrade_sqlite(home: Home, *, fresh: bool) -> None:
    copy = None if fresh else _copy_database(home)
    try:
        if fresh and not connection.introspection.table_names():
            schema_snapshot.create_schema()
        call_command("migrate", interactive=False, verbosity=0)
    except Exception as error:
        connection.close()
        if copy is None:
            raise HomeError(_why_not_made(home, error)) from error
        copy_database(copy, home.database)
        raise HomeError(
            "La mise à niveau de la base a échoué. Elle a été remise dans son état d'avant : vous pouvez "
            f"relancer l'ancienne version. Copie gardée : {copy}. Cause : {error}"
        ) from error


def _upgrade_postgresql(home: Home, *, fresh: bool) -> None:
    copy = None
    if not fresh:
        copy = _named_copy(home, "dump")
        dumps.dump(copy)
    try:
        migrate_postgresql()
    except HomeError:
        raise
    except Exception as error:
        copy_note = f" Copie gardée : {copy}." if copy else ""
        raise HomeError(
            f"La base PostgreSQL n'a pas pu être mise à niveau. Elle est comme avant.{copy_note} Cause : {error}"
        ) from error


def migrate_postgresql() -> None:
    """Bring the database to this version. One transaction: tables, policies and the application's rights change together or not at all."""
    with owner.as_owner(), transaction.atomic():
        owner.check_application()
        call_command("migrate", interactive=False, verbosity=0)
        owner.protect()


def _why_not_made(home: Home, error: Exception) -> str:
    if "disk is full" in str(error):
        return f"Le disque est plein : la base de {home.path} n'a pas pu être créée. Libérez de la place, puis recommencez."
    return f"La base de {home.path} n'a pas pu être créée : {error}. Vérifiez ce dossier, puis recommencez."


def _copy_database(home: Home) -> Path:
    target = _named_copy(home, "sqlite3")
    draft = target.with_name(f".{target.name}.tmp")
    copy_database(home.database, draft)
    return draft.replace(target)


def _named_copy(home: Home, suffix: str) -> Path:
    home.backups.mkdir(mode=0o700, exist_ok=True)
    return home.backups / f"avant-mise-a-niveau-{datetime.now(UTC):%Y%m%dT%H%M%S}.{suffix}"


def upgrade_copy(file: Path) -> None:
    """Bring a copy of an SQLite database, that nobody uses, up to this version. Raises HomeError."""
    served = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = file
    try:
        executor = MigrationExecutor(connection)
        _refuse_unknown(executor, "Cette sauvegarde")
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise HomeError(
            f"La base de cette sauvegarde n'a pas pu être mise à niveau : {error}. Rien n'a été modifié. Essayez une autre sauvegarde."
        ) from error
    finally:
        connection.close()
        connection.settings_dict["NAME"] = served


def copy_database(source: Path, target: Path) -> None:
    """One consistent state of an SQLite database, whatever its write-ahead log holds."""
    with closing(catalogue_state.open_sqlite(source)) as original, closing(sqlite3.connect(target)) as copied:
        original.backup(copied)
    target.chmod(0o600)
