"""Reading plan of each column of a table: SQL expression, Arrow type, notes.

In: the table as the database describes it. Out: a `ColumnPlan` a column, and French notes on what will not be read.
Types are the database's own: decimals stay exact, texts stay texts with their zeros, shapes become GeoJSON (WGS 84).
"""

import re
import warnings
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import NullType

from beffroi.lake.sources.databases import sqlite_columns
from beffroi.lake.sources.databases.source_columns import ColumnPlan, SourceColumn, bytes_note
from beffroi.lake.sources.errors import NotThere
from beffroi.lake.sources.specs import Database, MariaDB

EPSG_WGS84 = 4326
_WIDEST = 38


def schema_of(spec: Database) -> str | None:
    return getattr(spec, "db_schema", "") or None


def describe(spec: Database, connection: sa.Connection, table: str) -> list[SourceColumn]:
    """Columns of the table. Raises NotThere."""
    with warnings.catch_warnings():
        # Types unknown to SQLAlchemy (shapes) are queried below.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        try:
            found = sa.inspect(connection).get_columns(table, schema=schema_of(spec))
        except sa.exc.NoSuchTableError:
            found = []
    if not found:
        raise NotThere(
            f"La table « {table} » n'existe pas ou plus, ou ce compte n'a pas le droit de la voir. "
            "Ce que vous avez déjà est gardé. Vérifiez son nom, et le droit de lecture (SELECT)."
        )
    declared = _declared_types(spec, connection, table)
    return [
        SourceColumn(
            _own(spec, column["name"]),
            _bare(column["type"]),
            declared.get(column["name"]) or _word(column["type"]),
        )
        for column in found
    ]


def _own(spec: Database, name: str) -> str:
    """Name as the database stores it: SQLAlchemy writes Oracle's in lower case."""
    return name.upper() if spec.kind == "oracle" and name.islower() else name


def _bare(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """Type under a PostgreSQL domain."""
    while isinstance(kind, postgresql.DOMAIN):
        kind = kind.data_type
    return kind


def key_of(spec: Database, connection: sa.Connection, table: str) -> tuple[str, ...]:
    """Primary key, empty when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        key: Any = sa.inspect(connection).get_pk_constraint(table, schema=schema_of(spec))
    return tuple(key.get("constrained_columns") or ()) if key else ()


_TYPE_QUERIES = {
    "postgresql": "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a "
    "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = :schema AND c.relname = :table AND a.attnum > 0 AND NOT a.attisdropped",
    "mariadb": "SELECT column_name, column_type FROM information_schema.columns "
    "WHERE table_schema = :schema AND table_name = :table",
}


def _declared_types(spec: Database, connection: sa.Connection, table: str) -> dict[str, str]:
    """Database's own names of the types, where some are unknown to SQLAlchemy."""
    if spec.kind not in _TYPE_QUERIES:
        return {}
    schema = spec.database if isinstance(spec, MariaDB) else schema_of(spec)
    rows = connection.execute(sa.text(_TYPE_QUERIES[spec.kind]), {"schema": schema, "table": table})
    return {str(name): str(word) for name, word in rows}


def _word(kind: sa.types.TypeEngine[Any]) -> str:
    try:
        return str(kind).lower()
    except sa.exc.CompileError:
        return type(kind).__name__.lower()


def is_bytes(column: SourceColumn) -> bool:
    return isinstance(column.type, sa.LargeBinary | sa.types._Binary)


_SHAPES = re.compile(
    r"(geometry|geography|(multi)?(point|linestring|polygon)|geometrycollection)\b", re.IGNORECASE
)


def is_shape(column: SourceColumn) -> bool:
    return _SHAPES.match(column.declared_type) is not None


def table_of(spec: Database, described: Sequence[SourceColumn]) -> sa.TableClause:
    """Table for queries; every name is quoted, none is concatenated as text."""
    name = sa.sql.quoted_name(_own(spec, spec.table), quote=True)
    schema = schema_of(spec)
    quoted_schema = {"schema": sa.sql.quoted_name(_own(spec, schema), quote=True)} if schema else {}
    columns = [sa.column(sa.sql.quoted_name(column.name, quote=True), column.type) for column in described]
    return sa.table(name, *columns, **quoted_schema)


def plans(
    spec: Database, connection: sa.Connection, described: Sequence[SourceColumn], table: sa.TableClause
) -> tuple[list[ColumnPlan], list[str]]:
    """Plan of each requested column, and notes on those that cannot be read. Raises NotThere."""
    names = {column.name for column in described}
    missing = [name for name in (*spec.columns, *filter(None, [spec.cursor])) if name not in names]
    if missing:
        raise NotThere(
            f"La colonne « {missing[0]} » n'est plus dans « {spec.table} ». Ce que vous avez déjà est gardé. "
            "Revoyez les colonnes de cette source."
        )
    wanted = [
        column for column in described if not spec.columns or column.name in (*spec.columns, spec.cursor)
    ]
    notes = [bytes_note(column.name) for column in wanted if is_bytes(column)]
    readable = [column for column in wanted if not is_bytes(column)]
    if spec.kind == "sqlite":
        made, more = sqlite_columns.plans(connection, readable, table)
        return made, notes + more
    facts = _facts(spec, connection, readable, table)
    made = [_plan(spec, column, table.c[column.name], facts) for column in readable]
    return made, notes + [plan.note for plan in made if plan.note]


def _facts(
    spec: Database, connection: sa.Connection, described: Sequence[SourceColumn], table: sa.TableClause
) -> dict[str, Any]:
    """Statistics that only the rows give, in one pass: digits of unconstrained decimals, infinite dates."""
    queries: dict[str, Any] = {}
    for column in described:
        cell = table.c[column.name]
        if spec.kind == "postgresql":
            if _free(column):
                queries[f"scale {column.name}"] = sa.func.max(sa.func.scale(cell))
                queries[f"digits {column.name}"] = sa.func.max(
                    sa.func.length(sa.cast(sa.func.trunc(sa.func.abs(cell)), sa.Text))
                )
                queries[f"odd {column.name}"] = sa.func.count(sa.case((_is_not_finite(cell), 1)))
            elif isinstance(column.type, sa.Date | sa.DateTime):
                queries[f"odd {column.name}"] = sa.func.count(sa.case((_odd_date(cell), 1)))
            elif is_shape(column):
                queries[f"unplaced {column.name}"] = sa.func.count(sa.case((_srid(column, cell) == 0, 1)))
        elif spec.kind == "mariadb":
            if _is_flag(column):
                queries[f"others {column.name}"] = sa.func.count(sa.case((cell.not_in((0, 1)), 1)))
            elif is_shape(column):
                srid = sa.func.ST_SRID(cell, type_=sa.Integer)
                queries[f"unplaced {column.name}"] = sa.func.count(sa.case((srid != EPSG_WGS84, 1)))
    if not queries:
        return {}
    labelled = [expression.label(f"f{place}") for place, expression in enumerate(queries.values())]
    row = connection.execute(sa.select(*labelled).select_from(table)).one()
    return dict(zip(queries, row, strict=True))


def _free(column: SourceColumn) -> bool:
    return (
        isinstance(column.type, sa.Numeric)
        and not isinstance(column.type, sa.Float)
        and column.type.precision is None
    )


def _is_not_finite(cell: Any) -> Any:
    return sa.cast(cell, sa.Text).in_(("NaN", "Infinity", "-Infinity"))


def _odd_date(cell: Any) -> Any:
    """Dates that no other tool reads: infinite, before the year 1, after 9999."""
    year = sa.extract("year", cell)
    return sa.or_(sa.not_(sa.func.isfinite(cell)), year < 1, year > 9999)


def _is_flag(column: SourceColumn) -> bool:
    return type(column.type).__name__ == "TINYINT" and getattr(column.type, "display_width", None) == 1


def _plan(spec: Database, column: SourceColumn, cell: Any, facts: dict[str, Any]) -> ColumnPlan:
    kind, name = column.type, column.name
    if is_shape(column):
        return _shape(spec, column, cell, facts)
    if isinstance(kind, sa.Boolean):
        return ColumnPlan(name, cell, pa.bool_())
    if _is_flag(column):
        return ColumnPlan(name, cell, pa.int64() if facts[f"others {name}"] else pa.bool_())
    if isinstance(kind, sa.Integer) or type(kind).__name__ == "YEAR":
        wide = getattr(kind, "unsigned", False) and isinstance(kind, sa.BigInteger)
        return ColumnPlan(name, cell, pa.decimal128(20, 0) if wide else pa.int64())
    if isinstance(kind, sa.Float) and not (spec.kind == "oracle" and not isinstance(kind, sa.Double)):
        return ColumnPlan(name, cell, pa.float64())
    if spec.kind == "postgresql" and isinstance(kind, postgresql.MONEY):
        return ColumnPlan(name, sa.cast(cell, sa.Numeric(20, 2)), pa.decimal128(20, 2))
    if isinstance(kind, sa.Numeric):
        return _decimal(spec, column, cell, facts)
    if isinstance(kind, sa.DateTime):
        zone = "UTC" if getattr(kind, "timezone", False) or type(kind).__name__ == "TIMESTAMP" else None
        if spec.kind == "postgresql":
            zone = "UTC" if getattr(kind, "timezone", False) else None
        return _dated(spec, name, cell, pa.timestamp("us", zone), facts)
    if isinstance(kind, sa.Date):
        return _dated(spec, name, cell, pa.date32(), facts)
    if type(kind).__name__ == "BIT" and getattr(kind, "length", 1) in (None, 1):
        return ColumnPlan(name, cell, pa.bool_())
    if isinstance(kind, sa.String | sa.Uuid):
        ask = cell if isinstance(kind, sa.String) else sa.cast(cell, sa.Text)
        return ColumnPlan(name, ask, pa.string(), sure=True)
    return ColumnPlan(name, _as_text(spec, column, cell), pa.string(), sure=True)


def _decimal(spec: Database, column: SourceColumn, cell: Any, facts: dict[str, Any]) -> ColumnPlan:
    kind, name = column.type, column.name
    precision, scale = getattr(kind, "precision", None), getattr(kind, "scale", None) or 0
    if precision is None and spec.kind == "postgresql":
        scale = int(facts[f"scale {name}"] or 0)
        precision = max(1, int(facts[f"digits {name}"] or 1) + scale)
        if facts[f"odd {name}"]:
            cell_or_nothing = sa.case((_is_not_finite(cell), None), else_=cell)
            note = f"{facts[f'odd {name}']} valeur(s) de « {name} » ne sont pas des nombres (NaN) : elles sont vides."
            if precision <= _WIDEST:
                return ColumnPlan(name, cell_or_nothing, pa.decimal128(precision, scale), note=note)
    if precision is None or precision > _WIDEST or scale > precision:
        note = f"« {name} » a trop de chiffres pour un nombre exact : elle est reprise en texte."
        return ColumnPlan(name, _as_text(spec, column, cell), pa.string(), note=note if precision else "")
    return ColumnPlan(name, cell, pa.decimal128(precision, max(0, scale)))


def _dated(spec: Database, name: str, cell: Any, arrow: pa.DataType, facts: dict[str, Any]) -> ColumnPlan:
    odd = facts.get(f"odd {name}")
    if not odd:
        return ColumnPlan(name, cell, arrow)
    note = f"{odd} date(s) de « {name} » sont sans fin ou hors du calendrier : elles sont vides."
    return ColumnPlan(name, sa.case((_odd_date(cell), None), else_=cell), arrow, note=note)


def _srid(column: SourceColumn, cell: Any) -> Any:
    shape = sa.cast(cell, _Geometry()) if column.declared_type.startswith("geography") else cell
    return sa.func.ST_SRID(shape, type_=sa.Integer)


def _shape(spec: Database, column: SourceColumn, cell: Any, facts: dict[str, Any]) -> ColumnPlan:
    """GeoJSON in longitude and latitude; a shape without a known projection keeps its coordinates, with a note."""
    name = column.name
    unplaced = facts.get(f"unplaced {name}")
    note = f"{unplaced} forme(s) de « {name} » ne disent pas leur projection : leurs coordonnées sont gardées telles quelles."
    if spec.kind != "postgresql":
        return ColumnPlan(name, sa.func.ST_AsGeoJSON(cell), pa.string(), note=note if unplaced else "")
    geometry = sa.cast(cell, _Geometry()) if column.declared_type.startswith("geography") else cell
    moved = sa.func.ST_AsGeoJSON(sa.func.ST_Transform(geometry, EPSG_WGS84), type_=sa.Text)
    if not unplaced:
        return ColumnPlan(name, moved, pa.string())
    untransformed = sa.func.ST_AsGeoJSON(geometry, type_=sa.Text)
    return ColumnPlan(
        name, sa.case((_srid(column, cell) == 0, untransformed), else_=moved), pa.string(), note=note
    )


class _Geometry(sa.types.UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry"


def _as_text(spec: Database, column: SourceColumn, cell: Any) -> Any:
    """Any other value as the database itself writes it; arrays and documents as JSON."""
    if spec.kind == "postgresql" and isinstance(column.type, sa.ARRAY):
        return sa.cast(sa.func.to_json(cell), sa.Text)
    if isinstance(column.type, sa.Numeric) and spec.kind == "postgresql":
        return sa.cast(cell, sa.Text)
    if spec.kind == "postgresql":
        return sa.cast(sa.type_coerce(cell, NullType()), sa.Text)
    if spec.kind == "mariadb":
        return sa.cast(sa.type_coerce(cell, NullType()), sa.CHAR)
    return sa.cast(sa.type_coerce(cell, NullType()), sa.String(4000))
