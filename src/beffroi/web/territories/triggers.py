"""Rules that the database itself keeps, the same on SQLite and on PostgreSQL: migrations' operations.

A rule is a condition on NEW and OLD that both databases understand; when it holds, the statement is refused.
"""

# Names of our own tables and conditions of our own migrations: no text of a user is in this SQL.

from typing import Any, ClassVar

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


class refuse(Operation):
    """Refuse `when` (INSERT, UPDATE, UPDATE OF a, b, DELETE) on a row of `table` if `condition` holds, or always.

    `postgresql`: the condition in its words, where days are not counted alike. `sqlite_only`: a rule against what only SQLite
    lets one do. Unlike RunPython, it needs no model: hundreds of rules
    would else have every model made anew as many times.
    """

    reduces_to_sql = True
    reversible: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        when: str,
        table: str,
        *,
        condition: str = "",
        why: str = "",
        postgresql: str = "",
        sqlite_only: bool = False,
    ) -> None:
        self.name, self.when, self.table, self.condition = name, when, table, condition
        self.postgresql = postgresql or condition
        self.why = why or f"append-only: {table}"
        self.sqlite_only = sqlite_only

    def state_forwards(self, app_label: str, state: Any) -> None:
        """A rule changes no model."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        on = f"TRIGGER {self.name} BEFORE {self.when} ON {self.table}"
        if schema_editor.connection.vendor == "sqlite":
            only = f"WHEN {self.condition} " if self.condition else ""
            schema_editor.execute(f"CREATE {on} {only}BEGIN SELECT RAISE(ABORT, '{self.why}'); END")
        elif not self.sqlite_only:
            schema_editor.execute(self._function())
            schema_editor.execute(f"CREATE {on} FOR EACH ROW EXECUTE FUNCTION {self.name}()")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {self.name}")
        elif not self.sqlite_only:
            schema_editor.execute(f"DROP TRIGGER {self.name} ON {self.table}")
            schema_editor.execute(f"DROP FUNCTION {self.name}()")

    def describe(self) -> str:
        return f"Rule {self.name} on {self.table}"

    def _function(self) -> str:
        goes_on = "OLD" if self.when == "DELETE" else "NEW"
        return (
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $rule$ BEGIN "
            f"IF {self.postgresql or 'true'} THEN "
            f"RAISE EXCEPTION '{self.why}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"RETURN {goes_on}; END $rule$"
        )


class lift(refuse):
    """Take a rule away, named and described as it was made: the next one says it anew."""

    def database_forwards(self, *args: Any) -> None:
        super().database_backwards(*args)

    def database_backwards(self, *args: Any) -> None:
        super().database_forwards(*args)

    def describe(self) -> str:
        return f"Lift rule {self.name} on {self.table}"


class rename_freely(Operation):
    """Around operations that make a table anew on SQLite: it would else refuse while a rule elsewhere names that table."""

    reduces_to_sql = True
    reversible: ClassVar[bool] = True

    def __init__(self, freely: bool) -> None:
        self.freely = freely

    def state_forwards(self, app_label: str, state: Any) -> None:
        """It changes no model."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        self._set(schema_editor, self.freely)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        self._set(schema_editor, not self.freely)

    def describe(self) -> str:
        return "Rename tables freely" if self.freely else "Rename tables with care again"

    @staticmethod
    def _set(editor: BaseDatabaseSchemaEditor, freely: bool) -> None:
        if editor.connection.vendor == "sqlite":
            editor.execute(f"PRAGMA legacy_alter_table = {'ON' if freely else 'OFF'}")
