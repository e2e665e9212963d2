"""Snapshot of the SQLite schema: a new home is created from it, then migrates only through what was added since.

`schema_snapshot.json` holds what the migrations that it names make of an empty database, so that they are not replayed one by one at
each `init` (Rails' `structure.sql`). `make schema` writes it again, after a migration or not; tests refuse a stale one.
"""

import hashlib
import importlib
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from beffroi.home import VARIABLE, Home

FILE = Path(__file__).with_name("schema_snapshot.json")
# What `migrate` itself writes after the last step: made anew in each home.
_FILLED_AFTERWARDS = {"django_migrations", "django_content_type", "auth_permission"}
# Code that the migrations call: a change of it may change what they make.
_CALLED = ("beffroi.web.platform.triggers", "beffroi.language.search.dialects", "beffroi.web.decisions.words")


@dataclass(frozen=True)
class Snapshot:
    """Migrations applied, each « application.name », statements that make the same schema, and the digest of what they come from."""

    digest: str
    migrations: list[str]
    statements: list[str]

    def is_current(self) -> bool:
        """Whether these migrations, and the code that they call, are still those that the statements come from."""
        return self.digest == _digest(self.migrations)


def read() -> Snapshot:
    return Snapshot(**json.loads(FILE.read_text("utf-8")))


def create_schema() -> None:
    """Create the tables of the snapshot in an empty database and record its migrations as applied, or do nothing at all."""
    snapshot = read()
    recorder = MigrationRecorder(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in snapshot.statements:
            cursor.execute(statement)
        names = (migration.split(".", 1) for migration in snapshot.migrations)
        recorder.migration_qs.bulk_create(recorder.Migration(app=app, name=name) for app, name in names)


def take() -> Snapshot:
    """Snapshot of the empty database of this process, migrated step by step. Raises `ValueError` where a migration wrote rows."""
    call_command("migrate", interactive=False, verbosity=0)
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as database:
        filled = [
            name
            for name, kind in _tables(database)
            if kind != "shadow" and name not in _FILLED_AFTERWARDS
            if database.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()  # noqa: S608 - a name of the schema
        ]
        if filled:
            raise ValueError(f"a migration wrote rows in {', '.join(filled)}: the snapshot would lose them")
        rows = database.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id")
        migrations = [str(name) for (name,) in rows]
        return Snapshot(_digest(migrations), migrations, statements_of(database))


def statements_of(database: sqlite3.Connection) -> list[str]:
    """The statements that make this schema, in their order, without the tables that SQLite makes by itself."""
    shadows = {name for name, kind in _tables(database) if kind == "shadow"}
    rows = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    )
    return [str(sql) for name, sql in rows if name not in shadows]


def _tables(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Name and kind: « table », « virtual », or « shadow » for those that a virtual table fills."""
    rows = database.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'main'")
    return [(str(name), str(kind)) for name, kind in rows if not name.startswith("sqlite_")]


def _digest(migrations: list[str]) -> str:
    """Of the house's migrations among these, and of the code that they call; those of libraries follow their pinned version."""
    of_disk = {
        ".".join(key): type(step).__module__ for key, step in MigrationLoader(None).disk_migrations.items()
    }
    modules = [of_disk.get(migration, "") for migration in sorted(migrations)]
    digest = hashlib.sha256()
    for module in (*(module for module in modules if module.startswith("beffroi.")), *_CALLED):
        file = Path(str(importlib.import_module(module).__file__))
        # A large room has its rules beside its migrations, a file a noun.
        rules = sorted((file.parent / "rules").glob("*.py")) if module.endswith("0002_rules") else []
        for code in (file, *rules):
            digest.update(module.encode() + b"\0" + code.read_bytes())
    return digest.hexdigest()


def write() -> None:
    """Write the file again, from a home made for it."""
    with TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        home.create(demo=False)
        os.environ[VARIABLE] = str(home.path)
        os.environ["DJANGO_SETTINGS_MODULE"] = "beffroi.web.settings"
        django.setup()
        FILE.write_text(json.dumps(asdict(take()), ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    write()
