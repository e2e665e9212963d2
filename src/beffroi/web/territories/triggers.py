"""Rules that the database itself keeps, the same on SQLite and on PostgreSQL: migrations' operations.

A rule is a condition on NEW and OLD that both databases understand; when it holds, the statement is refused.
"""

# Names of our own tables and conditions of our own migrations: no text of a user is in this SQL.

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def refuse(
    name: str, when: str, table: str, *, condition: str = "", why: str = "", sqlite_only: bool = False
) -> migrations.RunPython:
    """Refuse `when` (INSERT, UPDATE, UPDATE OF a, b, DELETE) on a row of `table` if `condition` holds, or always.

    `sqlite_only`: a rule against what only SQLite lets one do.
    """
    why = why or f"append-only: {table}"

    def forwards(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql" and sqlite_only:
            return
        if editor.connection.vendor == "postgresql":
            editor.execute(_function(name, when, condition, why))
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        else:
            only = f"WHEN {condition} " if condition else ""
            editor.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} {only}BEGIN SELECT RAISE(ABORT, '{why}'); END"
            )

    def backwards(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql" and sqlite_only:
            return
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP TRIGGER {name} ON {table}")
            editor.execute(f"DROP FUNCTION {name}()")
        else:
            editor.execute(f"DROP TRIGGER {name}")

    return migrations.RunPython(forwards, backwards, elidable=False)


def rename_freely(freely: bool) -> migrations.RunPython:
    """Around operations that make a table anew on SQLite: it would else refuse while a rule elsewhere names that table."""

    def either(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "sqlite":
            editor.execute(f"PRAGMA legacy_alter_table = {'ON' if freely else 'OFF'}")

    def opposite(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "sqlite":
            editor.execute(f"PRAGMA legacy_alter_table = {'OFF' if freely else 'ON'}")

    return migrations.RunPython(either, opposite, elidable=False)


def _function(name: str, when: str, condition: str, why: str) -> str:
    goes_on = "OLD" if when == "DELETE" else "NEW"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $rule$ BEGIN "
        f"IF {condition or 'true'} THEN "
        f"RAISE EXCEPTION '{why}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        f"RETURN {goes_on}; END $rule$"
    )
