"""Row-level security on every table of the house, and what the application's role may do with it.

In: the models and the name of the application's role. Out: policies that hold even for the tables' owner, made again after
each upgrade so that no new table can be forgotten. `beffroi.scope` holds a territory's key, `host`, or nothing.
"""

# Names come from our own models and go through `quote_name`: no text of a user is in this SQL.
# ruff: noqa: S608

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from ..models import LedgerBlock, LedgerLine, TerritoryOwned
from ..models.policies import HOST, HOST_TOO, OWN

HOUSE = "beffroi.web."
POLICY = "beffroi_scope"
FUNCTIONS = """
CREATE OR REPLACE FUNCTION beffroi_territory() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN current_setting('beffroi.scope', true) ~ '^[0-9]{1,18}$'
              THEN current_setting('beffroi.scope', true)::bigint END
$$;
CREATE OR REPLACE FUNCTION beffroi_host() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(current_setting('beffroi.scope', true), '') = 'host'
$$;
"""
OWN_CHAIN = f"CASE WHEN territory_id IS NULL THEN {HOST} ELSE {OWN} END"


class Undeclared(Exception):
    """A model of the house says neither which territory its rows belong to nor that they are the host's, or who reads them."""


@dataclass(frozen=True)
class Protected:
    """A table and the conditions, in SQL, under which a row may be read, and written."""

    table: str
    reads: str
    writes: str
    changes: str = ""  # where a row that is there is changed under another condition

    def clauses(self) -> Iterator[tuple[str, str]]:
        changes = self.changes or self.writes
        yield "select", f"USING ({self.reads})"
        yield "insert", f"WITH CHECK ({self.writes})"
        yield "update", f"USING ({changes}) WITH CHECK ({changes})"
        yield "delete", f"USING ({changes})"


def house_models() -> list[type[models.Model]]:
    """Every model of our rooms, the tables between two models included."""
    return [m for m in apps.get_models(include_auto_created=True) if m.__module__.startswith(HOUSE)]


def protected() -> Iterator[Protected]:
    """The tables whose rows belong to a territory. Raises Undeclared for a model that says nothing."""
    for model in house_models():
        table = model._meta.db_table
        of_host = getattr(model, "belongs_to_host", False) and names_territory(model)
        if of_host and not (hasattr(model, "read_policy") and hasattr(model, "write_policy")):
            raise Undeclared(f"{model.__name__} names a territory: read_policy and write_policy")
        if issubclass(model, TerritoryOwned):
            yield Protected(table, HOST_TOO if getattr(model, "host_reads", False) else OWN, OWN)
        elif getattr(model, "of_a_chain", False):
            yield Protected(table, OWN_CHAIN, OWN_CHAIN)
        elif policy := getattr(model, "write_policy", None):
            yield Protected(table, getattr(model, "read_policy", "true"), *policy)
        elif not getattr(model, "belongs_to_host", False):
            condition = _reachable_through(model)
            yield Protected(table, condition, condition)


def names_territory(model: type[models.Model]) -> bool:
    """Whether a row of this model names the territory that it is about."""
    return any(field.column == "territory_id" for field in model._meta.concrete_fields)


def owner_of(model: type[models.Model]) -> Any:
    """The field by which a row belongs to a territory, or hangs on one that does; None: its rows are shared. Raises Undeclared."""
    if issubclass(model, TerritoryOwned) or getattr(model, "of_a_chain", False):
        return model._meta.get_field("territory")
    if getattr(model, "belongs_to_host", False):
        return None
    name = getattr(model, "scope_through", None)
    if name is None and model._meta.auto_created:
        name = next(f.name for f in model._meta.get_fields() if isinstance(f, models.ForeignKey))
    if name is None:
        raise Undeclared(f"{model.__name__}: TerritoryOwned, scope_through or belongs_to_host")
    return model._meta.get_field(name)


def _reachable_through(model: type[models.Model]) -> str:
    """A row is reached when the row that it hangs on is: its own policy answers."""
    field = owner_of(model)
    parent, key = field.related_model._meta.db_table, field.target_field.column
    return f'EXISTS (SELECT 1 FROM "{parent}" held WHERE held."{key}" = "{model._meta.db_table}"."{field.column}")'


def _fix_search_path(connection: BaseDatabaseWrapper, role: str) -> None:
    """A rule finds our tables, never a temporary one that bears the name of ours; the application makes none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regprocedure::text FROM pg_proc "
            "WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype"
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"ALTER FUNCTION {function} SET search_path = public, pg_temp")
        database = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}")


def protect(connection: BaseDatabaseWrapper, application: str) -> None:
    """Make the policies and the application's rights again. The connection is the owner's, in one transaction."""
    quote = connection.ops.quote_name
    role = quote(application)
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        _fix_search_path(connection, role)
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {quote(table)} TO {role}")
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}")
        for model in (LedgerLine, LedgerBlock):
            cursor.execute(f"REVOKE UPDATE, DELETE ON {quote(model._meta.db_table)} FROM {role}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
        for each in protected():
            table = quote(each.table)
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            for verb, clause in each.clauses():
                cursor.execute(f"DROP POLICY IF EXISTS {POLICY}_{verb} ON {table}")
                cursor.execute(f"CREATE POLICY {POLICY}_{verb} ON {table} FOR {verb.upper()} {clause}")
