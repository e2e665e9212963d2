"""What SQLite and PostgreSQL each do their own way: how the index is made, how a query is written, how matches are ranked.

The table of documents (`Dialect.table`) has the columns id, territory_id, kind, key, title, public and one column of words a
field (`FIELDS`). SQLite's FTS5 table follows it by triggers; PostgreSQL's tsvector is a generated column: whoever writes the
rows, the index is never behind. The matches of a query include one another: the last one asks least.
"""

# Names of tables are our own; words are letters and digits (`analysis`) and travel as parameters.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Protocol

from .queries import Query, Term

FIELDS: Final = ("title_words", "card_words", "column_words", "value_words")
"""Columns of words, by falling weight: the title, what the card says, the columns, some values."""
WEIGHTS: Final = (8.0, 3.0, 2.0, 1.0)

type Statement = tuple[str, list[Any]]


class Match(IntEnum):
    """How a document answers a query, best first."""

    TITLE = 0
    TITLE_BY_SYNONYMS = 1
    WORDS = 2
    SYNONYMS = 3
    SOME_WORDS = 4

    @property
    def in_title(self) -> bool:
        return self in (Match.TITLE, Match.TITLE_BY_SYNONYMS)

    @property
    def similar(self) -> bool:
        """Whether synonyms count."""
        return self not in (Match.TITLE, Match.WORDS)


class Dialect(Protocol):
    """One engine."""

    @property
    def table(self) -> str: ...

    def create(self) -> list[str]:
        """Statements that make the index of a table of documents."""

    def drop(self) -> list[str]: ...

    def expression(self, query: Query, match: Match) -> str:
        """What a document must hold to answer in this way, in the engine's own language."""

    def ranked(
        self, query: Query, matches: Sequence[Match], conditions: str, values: Sequence[Any]
    ) -> Statement:
        """Rows of id, kind, key, title, tier (the match) and rank (least is best) that answer under these conditions."""


def statement(
    dialect: Dialect,
    query: Query,
    matches: Sequence[Match],
    conditions: str,
    values: Sequence[Any],
    limit: int | None,
) -> Statement:
    """Rows of kind, key, title and tier, best first; at most `limit` of each kind and tier. Parameters are written %s."""
    ranked, parameters = dialect.ranked(query, matches, conditions, values)
    if limit is not None:
        ranked = (
            "SELECT * FROM (SELECT m.*, row_number() OVER (PARTITION BY kind, tier ORDER BY rank, id) AS place "
            f"FROM ({ranked}) m) p WHERE place <= {int(limit)}"
        )
    return f"SELECT kind, key, title, tier FROM ({ranked}) r ORDER BY tier, rank, id", parameters


def _joined(
    query: Query, match: Match, *, any_of: str, all_of: str, quote: str, prefix: str, label: str = ""
) -> str:
    def word(forms: Iterable[str]) -> str:
        return f"({any_of.join(quote + form + quote + label for form in forms)})"

    def term(of: Term) -> str:
        phrases = [
            all_of.join(map(word, phrase)) for phrase in (of.words, *(of.similar if match.similar else ()))
        ]
        if of.prefix:
            begun = quote + of.prefix + quote + prefix
            phrases.append(all_of.join([*map(word, of.words[:-1]), begun]))
        return f"({any_of.join(f'({phrase})' for phrase in phrases)})"

    return (any_of if match == Match.SOME_WORDS else all_of).join(map(term, query.terms))


def _tier(better: Sequence[Match], last: Match, condition: str) -> str:
    """The best match of a row that answers the last one, in SQL; the condition of each takes its expression."""
    if not better:
        return f"{last:d}"
    return f"CASE {' '.join(f'WHEN {condition} THEN {match:d}' for match in better)} ELSE {last:d} END"


@dataclass(frozen=True)
class Sqlite:
    """FTS5, ranked by its bm25. CROSS JOIN: what matches is found first, then looked up; never the other way round."""

    table: str

    @property
    def index(self) -> str:
        return f"{self.table}_fts"

    def create(self) -> list[str]:
        fields, table, index = ", ".join(FIELDS), self.table, self.index
        new, old = (", ".join(f"{row}.{name}" for name in FIELDS) for row in ("new", "old"))
        add = f"INSERT INTO {index} (rowid, {fields}) VALUES (new.id, {new});"
        remove = f"INSERT INTO {index} ({index}, rowid, {fields}) VALUES ('delete', old.id, {old});"
        return [
            f"CREATE VIRTUAL TABLE {index} USING fts5({fields}, content='{table}', content_rowid='id', "
            "tokenize='unicode61 remove_diacritics 0', prefix='2 3')",
            f"CREATE TRIGGER {index}_added AFTER INSERT ON {table} BEGIN {add} END",
            f"CREATE TRIGGER {index}_removed AFTER DELETE ON {table} BEGIN {remove} END",
            f"CREATE TRIGGER {index}_changed AFTER UPDATE ON {table} BEGIN {remove} {add} END",
        ]

    def drop(self) -> list[str]:
        triggers = [f"DROP TRIGGER {self.index}_{name}" for name in ("added", "removed", "changed")]
        return [*triggers, f"DROP TABLE {self.index}"]

    def expression(self, query: Query, match: Match) -> str:
        joined = _joined(query, match, any_of=" OR ", all_of=" AND ", quote='"', prefix="*")
        return f"{{{FIELDS[0]}}} : ({joined})" if match.in_title else joined

    def ranked(
        self, query: Query, matches: Sequence[Match], conditions: str, values: Sequence[Any]
    ) -> Statement:
        *better, last = matches
        among = f"SELECT rowid FROM {self.index} WHERE {self.index} MATCH %s"
        return (
            f"SELECT d.id, d.kind, d.key, d.title, {_tier(better, last, f'd.id IN ({among})')} AS tier, "
            f"bm25({self.index}, {', '.join(map(str, WEIGHTS))}) AS rank FROM {self.index} "
            f"CROSS JOIN {self.table} d ON d.id = {self.index}.rowid WHERE {self.index} MATCH %s AND {conditions}",
            [*(self.expression(query, match) for match in matches), *values],
        )


@dataclass(frozen=True)
class Postgresql:
    """A tsvector of the same words, ranked by ts_rank.

    It has no GIN index: `@@` is not leakproof, so that under row-level security PostgreSQL reads the rows of the territory first,
    whatever the index. They are read in one pass, and their vectors stored as they are.
    """

    table: str

    def create(self) -> list[str]:
        vectors = " || ".join(
            f"setweight(to_tsvector('simple', {name}), '{weight}')"
            for name, weight in zip(FIELDS, "ABCD", strict=True)
        )
        storage = [f"ALTER COLUMN {name} SET STORAGE EXTERNAL" for name in FIELDS]
        return [
            f"ALTER TABLE {self.table} ADD COLUMN words tsvector GENERATED ALWAYS AS ({vectors}) STORED",
            f"ALTER TABLE {self.table} {', '.join(storage)}, ALTER COLUMN words SET STORAGE MAIN",
        ]

    def drop(self) -> list[str]:
        return [f"ALTER TABLE {self.table} DROP COLUMN words"]

    def expression(self, query: Query, match: Match) -> str:
        label, prefix = (":A", ":*A") if match.in_title else ("", ":*")
        return _joined(query, match, any_of=" | ", all_of=" & ", quote="'", prefix=prefix, label=label)

    def ranked(
        self, query: Query, matches: Sequence[Match], conditions: str, values: Sequence[Any]
    ) -> Statement:
        *better, last = matches
        weights = ", ".join(str(weight / WEIGHTS[0]) for weight in reversed(WEIGHTS))
        widest = self.expression(query, last)
        return (
            f"SELECT d.id, d.kind, d.key, d.title, {_tier(better, last, 'd.words @@ %s::tsquery')} AS tier, "
            f"-ts_rank('{{{weights}}}', d.words, %s::tsquery, 1) AS rank "
            f"FROM {self.table} d WHERE d.words @@ %s::tsquery AND {conditions}",
            [*(self.expression(query, match) for match in better), widest, widest, *values],
        )


def of(vendor: str, table: str) -> Dialect:
    """The dialect of `postgresql`, or of SQLite."""
    return Postgresql(table) if vendor == "postgresql" else Sqlite(table)
