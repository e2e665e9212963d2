"""Table schemas: column types, their description as a comment, and the alignment of two schemas.

In: the DuckDB types of an existing table and of a new one. Out: how to convert the second into the first without
losing a value, or a LakeError with the reason.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.tables import Column, ColumnType

_INTEGERS = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
}
FLOATS = {"FLOAT", "DOUBLE"}


def as_text(name: str) -> str:
    return f"CAST({quote_identifier(name)} AS VARCHAR)"


def french_text(name: str, kind: str) -> str:
    """SQL: text of a value of this DuckDB type as a French file writes it: « 12,5 », « 31/12/2024 », « oui »."""
    text = as_text(name)
    if kind.startswith("DECIMAL"):
        return f"replace(regexp_replace({text}, '\\.?0+$', ''), '.', ',')"
    if kind in FLOATS:
        return f"replace(regexp_replace({text}, '\\.0$', ''), '.', ',')"
    if kind == "DATE":
        return f"strftime({quote_identifier(name)}, '%d/%m/%Y')"
    if kind == "TIMESTAMP":
        return f"strftime({quote_identifier(name)}, '%d/%m/%Y %H:%M:%S')"
    if kind == "BOOLEAN":
        return (
            f"CASE WHEN {quote_identifier(name)} THEN 'oui' WHEN NOT {quote_identifier(name)} THEN 'non' END"
        )
    return text


def query_column_types(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Columns of a query with their DuckDB types, in order."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {query}").fetchall()}


def parquet_column_types(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    return query_column_types(connection, f"FROM read_parquet({quote_literal(str(path))})")


def exactly_castable(
    connection: duckdb.DuckDBPyConnection, source: str, current: Mapping[str, str], new: Mapping[str, str]
) -> dict[str, str]:
    """New columns whose every value is exact in the current type, with that type (integers in a decimal column, an
    empty column): the current column need not be widened for them.
    """
    tests = {}
    for name in (
        name for name in new if name in current and common_type(current[name], new[name]) != current[name]
    ):
        column, meeting = quote_identifier(name), common_type(current[name], new[name])
        exact = "false"
        if meeting != "VARCHAR":
            exact = f"CAST(TRY_CAST({column} AS {current[name]}) AS {meeting}) = CAST({column} AS {meeting})"
        tests[name] = f"coalesce(bool_and({column} IS NULL OR coalesce({exact}, false)), true)"
    if not tests:
        return {}
    found = connection.execute(f"SELECT {', '.join(tests.values())} FROM {source}").fetchone() or ()  # noqa: S608
    return {name: current[name] for name, fits in zip(tests, found, strict=True) if fits}


def columns_to_comment(columns: Iterable[Column]) -> str:
    """Columns as the JSON comment of their table."""
    return json.dumps([column.to_dict() for column in columns], ensure_ascii=False)


def columns_from_comment(comment: str | None) -> list[Column]:
    return [Column.from_dict(item) for item in json.loads(comment)] if comment else []


@dataclass(frozen=True)
class Alignment:
    """Alignment of a new table with an existing one: resulting type of every column, added and widened ones."""

    types: dict[str, str]
    added: tuple[str, ...]
    widened: tuple[str, ...]
    to_number: tuple[tuple[str, str], ...]  # whole numbers that would become floating ones
    columns: tuple[Column, ...]

    def casts(self, present: Mapping[str, str]) -> str:
        """Select list that converts the columns of `present` to the resulting types."""
        return ", ".join(
            f"{self.cast(name, present[name])} AS {quote_identifier(name)}"
            for name in self.types
            if name in present
        )

    def cast(self, name: str, kind: str) -> str:
        """SQL: a column of this type in the resulting type; as French files write it when that is text."""
        if self.types[name] == "VARCHAR" and kind != "VARCHAR":
            return french_text(name, kind)
        return f"CAST({quote_identifier(name)} AS {self.types[name]})"


def align(
    table: str,
    current: Mapping[str, str],
    new: Mapping[str, str],
    current_columns: Iterable[Column],
    new_columns: Iterable[Column],
) -> Alignment:
    """Align `new` with `current` by column names.

    Integers, decimals and floats meet in the widest; a date and a timestamp in the timestamp; anything else in text.
    Raises LakeError when no column is shared or when geometry meets another type.
    """
    columns = {column.name: column for column in current_columns}
    arriving = {column.name: column for column in new_columns}
    if not any(name in current for name in arriving):
        raise LakeError(
            f"Le nouveau fichier n'a aucune colonne en commun avec « {table} ». Rien n'a été modifié. "
            "Ajoutez-le comme un nouveau jeu de données, ou choisissez de remplacer l'ancien."
        )
    types, widened, to_number = dict(current), [], []
    for name in (name for name in new if name in current):
        label = arriving[name].label if name in arriving else name
        if "geometry" in _kinds(columns.get(name), arriving.get(name), only_if_different=True):
            raise LakeError(
                f"La colonne « {label} » de « {table} » contient des formes géographiques d'un côté et autre chose de "
                "l'autre. Rien n'a été modifié. Renommez la colonne dans le nouveau fichier, puis recommencez."
            )
        types[name] = common_type(current[name], new[name])
        if types[name] != current[name]:
            widened.append(name)
        if types[name] in FLOATS and (current[name] not in FLOATS or new[name] not in FLOATS):
            to_number.append((name, "nombre à virgule"))
        if name in columns or name in arriving:
            columns[name] = _merged_column(columns.get(name), arriving.get(name), types[name], name)
    added = [name for name in new if name not in current]
    types.update({name: new[name] for name in added})
    columns.update({name: arriving[name] for name in added if name in arriving})
    return Alignment(types, tuple(added), tuple(widened), tuple(to_number), tuple(columns.values()))


def _kinds(one: Column | None, other: Column | None, *, only_if_different: bool) -> set[str]:
    kinds = {column.type for column in (one, other) if column}
    return set() if only_if_different and len(kinds) < 2 else set(kinds)


def common_type(current: str, new: str) -> str:
    """Common type that preserves every value of both."""
    if current == new:
        return current
    pair = {current, new}
    if pair <= _INTEGERS:
        return "HUGEINT" if "HUGEINT" in pair or "UBIGINT" in pair else "BIGINT"
    decimals = [match for kind in pair if (match := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind))]
    if len(decimals) + len(pair & _INTEGERS) == 2:
        scale = max(int(match[2]) for match in decimals)
        return f"DECIMAL(38,{scale})"
    if len(decimals) + len(pair & (_INTEGERS | FLOATS)) == 2:
        return "DOUBLE"
    if pair <= {"DATE", "TIMESTAMP"}:
        return "TIMESTAMP"
    return "VARCHAR"


_TYPES: dict[str, ColumnType] = {
    "BIGINT": "integer",
    "HUGEINT": "integer",
    "DOUBLE": "number",
    "TIMESTAMP": "datetime",
}


def _merged_column(current: Column | None, new: Column | None, kind: str, name: str) -> Column:
    """Description of a column after the merge: the current label, the stricter flag on personal data."""
    base = current or new or Column(name, name, "text")
    personal = base.personal or (new.personal if new else None)
    if current and new and current.type == new.type:
        return replace(base, personal=personal)
    if kind == "VARCHAR":
        types = {column.type for column in (current, new) if column}
        return replace(base, personal=personal, type="code" if "code" in types else "text")
    if kind.startswith("DECIMAL"):
        return replace(base, personal=personal, type="decimal")
    return replace(base, personal=personal, type=_TYPES.get(kind, base.type))
