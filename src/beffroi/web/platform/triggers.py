"""Database triggers as migration operations, the same on SQLite and on PostgreSQL.

A rule is a condition on NEW and OLD that both databases understand; when it holds, the statement is refused. `refuse` makes one,
`lift` takes one away; below them, rules and conditions that several rooms share.
"""

# Names of our own tables and conditions of our own migrations: no text of a user is in this SQL.
# ruff: noqa: S608

from collections.abc import Iterable, Mapping
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
    """Take a rule away, described as it was made, so that a later migration can replace it."""

    def database_forwards(self, *args: Any) -> None:
        super().database_backwards(*args)

    def database_backwards(self, *args: Any) -> None:
        super().database_forwards(*args)

    def describe(self) -> str:
        return f"Lift rule {self.name} on {self.table}"


def append_only(table: str, prefix: str = "", *, taken: str = "id = NEW.id") -> list[refuse]:
    """Rules of an append-only table: no row is changed, deleted or replaced. `prefix` of the rules' names: the table's name by default.

    `taken`: see `no_replace`; it covers every unique key of the table.
    """
    prefix = prefix or table
    return [
        refuse(f"{prefix}_no_update", "UPDATE", table),
        refuse(f"{prefix}_no_delete", "DELETE", table),
        no_replace(table, taken),
    ]


def no_replace(table: str, taken: str = "id = NEW.id") -> refuse:
    """Refuse a new row whose key is `taken`: SQLite's INSERT OR REPLACE deletes the row before it and calls no rule on DELETE."""
    condition = f"EXISTS (SELECT 1 FROM {table} WHERE {taken})"
    return refuse(f"{table}_no_replace", "INSERT", table, condition=condition, sqlite_only=True)


def same_key(*keys: str) -> str:
    """Condition for `no_replace`: the row has the identifier, or one of these unique keys (« territory_id, number »), of another."""
    columns = [key.split(", ") for key in ("id", *keys)]
    return " OR ".join(f"({' AND '.join(f'{name} = NEW.{name}' for name in key)})" for key in columns)


def immutable(name: str, table: str, columns: Iterable[str], *, why: str = "") -> refuse:
    """These columns are written once, with the row."""
    return refuse(name, f"UPDATE OF {', '.join(columns)}", table, why=why)


def set_once(name: str, table: str, column: str, *, why: str) -> refuse:
    """This column is null, then has a value that stays."""
    return refuse(name, f"UPDATE OF {column}", table, condition=f"OLD.{column} IS NOT NULL", why=why)


def on_insert(table: str, rules: Mapping[str, tuple[str, str]]) -> list[refuse]:
    """Rules on a new row: name of the rule → why, and the condition under which the row is refused."""
    return [
        refuse(name, "INSERT", table, condition=condition, why=why)
        for name, (why, condition) in rules.items()
    ]


def by_a_person(table: str, column: str, *, why: str = "a program does not answer for a person") -> refuse:
    """The account that a new row names by this column is a person's."""
    return refuse(
        f"{table}_by_a_person", "INSERT", table, condition=f"NOT {is_human(f'NEW.{column}')}", why=why
    )


def same_territory(table: str, column: str, of: str) -> refuse:
    """What a new row names by this column, where it names something, is a row of its own territory."""
    return refuse(
        f"{table}_{column}_same_territory",
        "INSERT",
        table,
        condition=(
            f"NEW.{column} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM {of} WHERE id = NEW.{column} AND territory_id = NEW.territory_id)"
        ),
        why="no such thing here",
    )


def on_insert_or_update(
    name: str, table: str, columns: Iterable[str], *, condition: str, why: str
) -> list[refuse]:
    """Triggers of one rule, which holds on a new row and on a change of these columns."""
    return [
        refuse(f"{name}_insert", "INSERT", table, condition=condition, why=why),
        refuse(f"{name}_update", f"UPDATE OF {', '.join(columns)}", table, condition=condition, why=why),
    ]


def changes(*columns: str) -> str:
    """Condition: one of these columns, which are never null, changes."""
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


def is_blank(text: str) -> str:
    """Condition: nothing but white space."""
    return f"trim({text}, ' \t\n\r') = ''"


def in_period(row: str, at: str = "NEW.at") -> str:
    """Condition: `at` falls between `since` and `until`, which may be open."""
    return f"{row}.since <= {at} AND ({row}.until IS NULL OR {row}.until > {at})"


def is_human(person: str, *, active: bool = False) -> str:
    """Condition: an account of a person, not of a program."""
    return (
        f"EXISTS (SELECT 1 FROM platform_person WHERE id = {person} AND kind = 'human'"
        f"{' AND is_active' if active else ''})"
    )
