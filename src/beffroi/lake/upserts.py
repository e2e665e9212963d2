"""Upsert of a delivery by key: rows that differ are updated, new ones added, the others unchanged.

In: a connection to the lake, the target table, the staged rows and the key columns. Out: the effect, then the few rows written.
Unchanged rows are neither read into memory nor rewritten.
"""

# Names go through `quote_identifier`, texts through `quote_literal`: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import duckdb

from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.schemas import Alignment
from beffroi.lake.tables import StagedTable
from beffroi.text import format_number

MATCHED, PREVIOUS = "_upsert_matched", "_upsert_gone"  # temporary: a column's name never starts with a dash
MAX_EXAMPLES = 3  # lines given as examples of a trouble
# What one pass may hold in memory: a full edition of ten million rows is compared in a few passes.
A_PASS = 8_000_000  # cells


@dataclass(frozen=True)
class Effect:
    """Effect of an upsert: rows changed, added, and rows of the file already identical."""

    changed: int
    added: int
    unchanged: int

    def commit_message(self, table: str) -> str:
        """Message of the commit, from which `read` finds the effect again after a crash."""
        return f"upsert {table} changed={self.changed} added={self.added} unchanged={self.unchanged}"

    @classmethod
    def read(cls, message: str) -> Self | None:
        counts = dict(part.split("=", 1) for part in message.split() if "=" in part)
        try:
            return cls(int(counts["changed"]), int(counts["added"]), int(counts["unchanged"]))
        except (KeyError, ValueError):
            return None


class InvalidKey(LakeError):
    """The chosen columns do not identify one row each: nothing was changed."""


@dataclass(frozen=True)
class Upsert:
    """Upsert of one delivery. `target` and `source` are SQL; `plan` gives the resulting types.

    `target_types`, `staged_types`: columns with their types.
    """

    connection: duckdb.DuckDBPyConnection
    target: str
    source: str
    staged: StagedTable
    plan: Alignment
    target_types: Mapping[str, str]
    staged_types: Mapping[str, str]
    key: tuple[str, ...]

    def compute_effect(self) -> Effect:
        """Match the rows by key, into a temporary table. Raises InvalidKey."""
        check_key(self.connection, self.source, self.staged, self.staged_types, self.key)
        unknown = [name for name in self.key if name not in self.target_types]
        if unknown:
            raise InvalidKey(
                f"Le jeu n'a pas encore de colonne {_named(self.staged, unknown)} : elle ne peut pas servir de clé. "
                "Rien n'a été modifié. Choisissez des colonnes que le jeu et le fichier ont en commun."
            )
        if "rowid" in self.target_types:
            raise InvalidKey(
                "Une colonne de ce jeu s'appelle « rowid », un nom que le moteur se réserve : il ne peut pas être mis à "
                "jour par clé. Rien n'a été modifié. Remplacez-le par le fichier, sous un autre nom de colonne."
            )
        self._match()
        self._refuse_shared_keys()
        matched, changed = self._one(f"SELECT count(*), count(*) FILTER (_differs) FROM {MATCHED}")
        return Effect(changed, self.staged.rows_kept - matched, matched - changed)

    def apply(self, delivery: int) -> None:
        """Write the changed and new rows, after `compute_effect` and inside the caller's transaction."""
        run = self.connection.execute
        changed = f"SELECT _held FROM {MATCHED} WHERE _differs"
        run(f"CREATE OR REPLACE TEMP TABLE {PREVIOUS} AS {self._previous_rows(changed)}")
        # Read before anything is deleted: DuckLake 1.5.5 hides what a transaction deleted even from past versions.
        arriving = (
            f"SELECT {self.plan.casts({**self.staged_types, '_delivery': 'BIGINT'})}{self._previous_values()} "
            f"FROM (SELECT *, {self._numbered()} AS _new, {int(delivery)} AS _delivery FROM {self.source}) "
            f"LEFT JOIN {PREVIOUS} USING (_new) "
            f"WHERE _new NOT IN (SELECT _new FROM {MATCHED} WHERE NOT _differs)"
        )
        if self.plan.widened:
            run(
                f"CREATE OR REPLACE TABLE {self.target} AS SELECT {self.plan.casts(self.target_types)} FROM {self.target} "
                f"WHERE rowid NOT IN ({changed}) UNION ALL BY NAME {arriving}"
            )
        else:
            for name in self.plan.added:
                run(f"ALTER TABLE {self.target} ADD COLUMN {quote_identifier(name)} {self.plan.types[name]}")
            run(f"DELETE FROM {self.target} WHERE rowid IN ({changed})")
            run(f"INSERT INTO {self.target} BY NAME {arriving}")
        self.drop_temporary_tables()

    def drop_temporary_tables(self) -> None:
        for name in (MATCHED, PREVIOUS):
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")

    # Inside

    @property
    def _absent(self) -> list[str]:
        """Columns missing from the file: updated rows keep their values there."""
        return [name for name in self.target_types if name not in self.staged_types and name != "_delivery"]

    def _previous_rows(self, rows: str) -> str:
        columns = "".join(f", h.{quote_identifier(name)}" for name in self._absent)
        return (
            f"SELECT m._new{columns} FROM {MATCHED} m JOIN (SELECT rowid AS _held, * FROM {self.target} "
            f"WHERE rowid IN ({rows})) h USING (_held)"
            if columns
            else f"SELECT _new FROM {MATCHED} WHERE false"
        )

    def _previous_values(self) -> str:
        return "".join(
            f", {self.plan.cast(name, self.target_types[name])} AS {quote_identifier(name)}"
            for name in self._absent
        )

    def _numbered(self) -> str:
        # Its place in the file names a staged row; a file whose own column bears that name has its lines.
        return "_line" if "file_row_number" in self.staged_types else "file_row_number"

    def _match(self) -> None:
        run = self.connection.execute
        run(f"CREATE OR REPLACE TEMP TABLE {MATCHED} (_new BIGINT, _held BIGINT, _differs BOOLEAN)")
        staged_columns, target_columns = (
            ", ".join(
                f"{self.plan.cast(name, kinds[name])} AS {quote_identifier(name)}"
                for name in kinds
                if name in self.staged_types
            )
            for kinds in (self.staged_types, self.target_types)
        )
        same = " AND ".join(f"s.{quote_identifier(name)} = h.{quote_identifier(name)}" for name in self.key)
        compared = [name for name in self.staged_types if name not in (*self.key, "_line")]
        differs = " OR ".join(
            f"s.{quote_identifier(name)} IS DISTINCT FROM h.{quote_identifier(name)}"
            if name in self.target_types
            else f"s.{quote_identifier(name)} IS NOT NULL"
            for name in compared
        )
        passes = _passes(self.staged.rows_kept, len(self.staged_types))
        hashed = [
            ", ".join(self.plan.cast(name, kinds[name]) for name in self.key)
            for kinds in (self.staged_types, self.target_types)
        ]
        for turn in range(passes):
            here, there = (f" WHERE hash({key}) % {passes} = {turn}" if passes > 1 else "" for key in hashed)
            run(
                f"INSERT INTO {MATCHED} SELECT s._new, h._held, {differs or 'false'} "
                f"FROM (SELECT {self._numbered()} AS _new, {staged_columns} FROM {self.source}{here}) s "
                f"JOIN (SELECT rowid AS _held, {target_columns} FROM {self.target}{there}) h ON {same}"
            )

    def _refuse_shared_keys(self) -> None:
        rows = self.connection.execute(
            f"SELECT s._line, count(*) OVER () FROM (SELECT _new FROM {MATCHED} GROUP BY _new HAVING count(*) > 1) "
            f"JOIN (SELECT {self._numbered()} AS _new, _line FROM {self.source}) s USING (_new) "
            f"ORDER BY 1 LIMIT {MAX_EXAMPLES}"
        ).fetchall()
        if rows:
            raise InvalidKey(
                f"La clé {_named(self.staged, self.key)} désigne plusieurs des lignes déjà gardées pour "
                f"{_many(rows[0][1], 'ligne')} du fichier ({_lines(row[0] for row in rows)}). Rien n'a été modifié. "
                "Ajoutez une colonne à la clé, ou choisissez de remplacer le jeu par le fichier."
            )

    def _one(self, sql: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.connection.execute(sql).fetchone() or ())


def check_key(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    staged: StagedTable,
    fresh: Mapping[str, str],
    key: Sequence[str],
) -> None:
    """Check that every row of the file has a key, and that it is unique. Raises InvalidKey with the lines."""
    if not key:
        raise InvalidKey(
            "Aucune clé n'est choisie. Rien n'a été modifié. Dites quelles colonnes désignent une ligne."
        )
    unknown = [name for name in key if name not in fresh]
    if unknown:
        raise InvalidKey(
            f"Le fichier n'a pas la colonne {_named(staged, unknown)} de la clé. Rien n'a été modifié. "
            "Vérifiez l'export, ou choisissez une autre clé."
        )
    empty = " OR ".join(f"trim(coalesce(CAST({quote_identifier(name)} AS VARCHAR), '')) = ''" for name in key)
    rows = connection.execute(
        f"SELECT _line, count(*) OVER () FROM {source} WHERE {empty} ORDER BY 1 LIMIT {MAX_EXAMPLES}"
    ).fetchall()
    if rows:
        raise InvalidKey(
            f"La clé {_named(staged, key)} est vide à {_many(rows[0][1], 'ligne')} du fichier "
            f"({_lines(row[0] for row in rows)}). Rien n'a été modifié. Complétez ces lignes dans votre logiciel, "
            "ou choisissez une autre clé."
        )
    names = ", ".join(map(quote_identifier, key))
    passes = _passes(staged.rows_kept, 2 + len(key))
    for turn in range(passes):
        only = f" WHERE hash({names}) % {passes} = {turn}" if passes > 1 else ""
        rows = connection.execute(
            f"SELECT list_slice(list_sort(list(_line)), 1, {MAX_EXAMPLES}) AS l, count(*) AS n, count(*) OVER () "
            f"FROM {source}{only} GROUP BY {names} HAVING count(*) > 1 ORDER BY l LIMIT {MAX_EXAMPLES}"
        ).fetchall()
        if rows:
            examples = " ; ".join(_lines(lines, more=n > len(lines)) for lines, n, _ in rows)
            raise InvalidKey(
                f"La clé {_named(staged, key)} se répète dans le fichier : {_many(rows[0][2], 'valeur')} "
                f"{'est' if rows[0][2] == 1 else 'sont'} sur plusieurs lignes ({examples}). Rien n'a été modifié. "
                "Corrigez ces lignes dans votre logiciel, ou ajoutez une colonne à la clé."
            )


def _passes(rows: int, columns: int) -> int:
    return max(1, -(-rows * columns // A_PASS))


def _named(staged: StagedTable, names: Iterable[str]) -> str:
    labels = {column.name: column.label for column in staged.columns}
    return ", ".join(f"« {labels.get(name, name)} »" for name in names)


def _lines(lines: Iterable[int], *, more: bool = False) -> str:
    listed = [str(line) for line in lines]
    text = ", ".join(listed[:-1]) + " et " + listed[-1] if len(listed) > 1 and not more else ", ".join(listed)
    return f"ligne{'s' if len(listed) > 1 else ''} {text}{'…' if more else ''}"


def _many(count: int, noun: str) -> str:
    return f"{format_number(count, ',')} {noun}{'s' if count > 1 else ''}"
