"""What SQLite and PostgreSQL each do their own way: how the index is made, how a query is written, how matches are ranked.

The table of documents (`Dialect.table`) has the columns id, territory_id, kind, key, title, public and one column of words a
field (`FIELDS`). SQLite's FTS5 table follows it by triggers; PostgreSQL's tsvector is a generated column: whoever writes the
rows, the index is never behind.
"""

# Names of tables are our own; words are letters and digits (`analysis`) and travel as parameters.
# ruff: noqa: S608

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from .queries import Query, Term

FIELDS: Final = ("title_words", "card_words", "column_words", "value_words")
"""Columns of words, by falling weight: the title, what the card says, the columns, some values."""
WEIGHTS: Final = (8.0, 3.0, 2.0, 1.0)


class Dialect(Protocol):
    """One engine."""

    @property
    def table(self) -> str: ...

    def create(self) -> list[str]:
        """Statements that make the index of a table of documents."""

    def drop(self) -> list[str]: ...

    def expression(self, query: Query, *, similar: bool, every: bool, title: bool) -> str:
        """The query in the engine's own language.

        `similar`: synonyms count; `every`: all the terms must be there; `title`: in the title.
        """

    @property
    def select(self) -> str:
        """A SELECT of id, kind, key, title and rank (least is best), with its FROM; takes the expression as its parameter."""

    @property
    def matches(self) -> str:
        """The condition that goes with it; takes no parameter, or the expression again."""


def _joined(
    query: Query,
    *,
    similar: bool,
    every: bool,
    any_of: str,
    all_of: str,
    quote: str,
    prefix: str,
    label: str = "",
) -> str:
    def word(forms: Iterable[str]) -> str:
        return f"({any_of.join(quote + form + quote + label for form in forms)})"

    def term(of: Term) -> str:
        phrases = [all_of.join(map(word, phrase)) for phrase in (of.words, *(of.similar if similar else ()))]
        if of.prefix:
            begun = quote + of.prefix + quote + prefix
            phrases.append(all_of.join([*map(word, of.words[:-1]), begun]))
        return f"({any_of.join(f'({phrase})' for phrase in phrases)})"

    return (all_of if every else any_of).join(map(term, query.terms))


@dataclass(frozen=True)
class Sqlite:
    """FTS5, ranked by its bm25."""

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

    def expression(self, query: Query, *, similar: bool, every: bool, title: bool) -> str:
        joined = _joined(
            query, similar=similar, every=every, any_of=" OR ", all_of=" AND ", quote='"', prefix="*"
        )
        return f"{{{FIELDS[0]}}} : ({joined})" if title else joined

    @property
    def select(self) -> str:
        weights = ", ".join(map(str, WEIGHTS))
        return (
            f"SELECT d.id, d.kind, d.key, d.title, bm25({self.index}, {weights}) AS rank "
            f"FROM {self.index} JOIN {self.table} d ON d.id = {self.index}.rowid"
        )

    @property
    def matches(self) -> str:
        return f"{self.index} MATCH %s"


@dataclass(frozen=True)
class Postgresql:
    """A tsvector of the same words, ranked by ts_rank."""

    table: str

    def create(self) -> list[str]:
        vectors = " || ".join(
            f"setweight(to_tsvector('simple', {name}), '{weight}')"
            for name, weight in zip(FIELDS, "ABCD", strict=True)
        )
        return [f"ALTER TABLE {self.table} ADD COLUMN words tsvector GENERATED ALWAYS AS ({vectors}) STORED"]

    def drop(self) -> list[str]:
        return [f"ALTER TABLE {self.table} DROP COLUMN words"]

    def expression(self, query: Query, *, similar: bool, every: bool, title: bool) -> str:
        label = ":A" if title else ""
        return _joined(
            query,
            similar=similar,
            every=every,
            any_of=" | ",
            all_of=" & ",
            quote="'",
            prefix=":*A" if title else ":*",
            label=label,
        )

    @property
    def select(self) -> str:
        weights = ", ".join(str(weight / WEIGHTS[0]) for weight in reversed(WEIGHTS))
        return (
            f"SELECT d.id, d.kind, d.key, d.title, -ts_rank('{{{weights}}}', d.words, q.query, 1) AS rank "
            f"FROM {self.table} d, (SELECT %s::tsquery AS query) q"
        )

    @property
    def matches(self) -> str:
        return "d.words @@ q.query"


def of(vendor: str, table: str) -> Dialect:
    """The dialect of `postgresql`, or of SQLite."""
    return Postgresql(table) if vendor == "postgresql" else Sqlite(table)
