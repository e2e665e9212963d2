"""Index of documents: what is stored of each, and the search that ranks them.

In: an engine's `execute` and its dialect, or nothing for an index in memory. Out: `Hit`s, best first: those whose title has the
words, or words of the same meaning; then those that have them elsewhere; where no document has all the words, those that have
some. Among equals, the engine ranks.
"""

# Names of tables and of columns are our own; words travel as parameters.
# ruff: noqa: S608

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from .analysis import indexed_words
from .dialects import FIELDS, Dialect, Sqlite
from .queries import Query, parse

type Execute = Callable[[str, Sequence[Any]], Sequence[Sequence[Any]]]
"""Runs one statement, whose parameters are written %s, and returns its rows."""

MOST_CHARACTERS: Final = (1_000, 20_000, 20_000, 40_000)
"""Of each field of a document: what comes after is not searched."""


class Match(IntEnum):
    """How a document answers a query, best first."""

    TITLE = 0
    TITLE_BY_SYNONYMS = 1
    WORDS = 2
    SYNONYMS = 3
    SOME_WORDS = 4


@dataclass(frozen=True)
class Document:
    """What may be found: its kind, its key within the kind, its title, and its texts by falling weight.

    `scope`: the territory that it belongs to, the only one in which it is found. `public`: whether anyone may find it.
    """

    scope: int
    kind: str
    key: str
    title: str
    card: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    public: bool = False

    @property
    def texts(self) -> tuple[str, str, str, str]:
        """The texts of the four fields, in the order of `dialects.FIELDS`."""
        texts = (self.title, " · ".join(self.card), " · ".join(self.columns), " · ".join(self.values))
        return tuple(text[:most] for text, most in zip(texts, MOST_CHARACTERS, strict=True))  # type: ignore[return-value]

    def words(self) -> dict[str, str]:
        """What is indexed of each field."""
        return {name: indexed_words(text) for name, text in zip(FIELDS, self.texts, strict=True)}


@dataclass(frozen=True)
class Hit:
    """One document found."""

    kind: str
    key: str
    title: str
    match: Match


@dataclass(frozen=True)
class Index:
    """The documents of one table, searched by one engine."""

    execute: Execute
    dialect: Dialect

    def search(
        self,
        query: Query,
        scope: int,
        *,
        kinds: Collection[str] = (),
        public_only: bool = False,
        limit: int | None = None,
        some_words: bool = True,
    ) -> list[Hit]:
        """The documents of this scope, of these kinds (none: all), that answer the query; at most `limit`."""
        if not query:
            return []
        found: dict[tuple[str, str], Hit] = {}

        for match in Match:
            similar = match in (Match.TITLE_BY_SYNONYMS, Match.SYNONYMS, Match.SOME_WORDS)
            if similar and not query.has_synonyms and match != Match.SOME_WORDS:
                continue
            if match == Match.SOME_WORDS and (found or not some_words or len(query.terms) < 2):
                continue
            expression = self.dialect.expression(
                query,
                similar=similar,
                every=match != Match.SOME_WORDS,
                title=match in (Match.TITLE, Match.TITLE_BY_SYNONYMS),
            )
            for kind, key, title in self._rows(expression, scope, kinds, public_only, limit):
                found.setdefault((kind, key), Hit(kind, key, title, match))
            if limit is not None and len(found) >= limit:
                break
        return list(found.values())[:limit]

    def _rows(
        self, expression: str, scope: int, kinds: Collection[str], public_only: bool, limit: int | None
    ) -> Iterable[tuple[str, str, str]]:
        conditions, values = [self.dialect.matches, "d.territory_id = %s"], [expression, scope]
        if kinds:
            conditions.append(f"d.kind IN ({', '.join(['%s'] * len(kinds))})")
            values += sorted(kinds)
        if public_only:
            conditions.append("d.public")
        sql = f"{self.dialect.select} WHERE {' AND '.join(conditions)} ORDER BY rank, d.id"
        if limit is not None:
            sql += f" LIMIT {int(limit)}"
        return ((kind, key, title) for _, kind, key, title, _ in self.execute(sql, values))


class MemoryIndex:
    """Documents indexed in memory: for texts that every territory shares, for a notebook, for tests."""

    TABLE: Final = "document"
    _COLUMNS: Final = ("territory_id", "kind", "key", "title", "public", *FIELDS)

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        # Each search is one short statement; the connection's own lock serves the threads one after the other.
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute(
            f"CREATE TABLE {self.TABLE} (id INTEGER PRIMARY KEY, territory_id INTEGER, kind TEXT, key TEXT, title TEXT, "
            f"public BOOLEAN, {', '.join(f'{name} TEXT' for name in FIELDS)}, UNIQUE (territory_id, kind, key))"
        )
        dialect = Sqlite(self.TABLE)
        for statement in dialect.create():
            self._connection.execute(statement)
        self._index = Index(self._execute, dialect)
        for document in documents:
            self.add(document)

    def add(self, document: Document) -> None:
        """Index the document, in the place of the one that had its scope, kind and key."""
        self.remove(document.scope, document.kind, document.key)
        row = (
            document.scope,
            document.kind,
            document.key,
            document.title,
            document.public,
            *document.words().values(),
        )
        self._execute(
            f"INSERT INTO {self.TABLE} ({', '.join(self._COLUMNS)}) VALUES ({', '.join(['%s'] * len(self._COLUMNS))})",
            row,
        )

    def remove(self, scope: int, kind: str, key: str) -> None:
        sql = f"DELETE FROM {self.TABLE} WHERE territory_id = %s AND kind = %s AND key = %s"
        self._execute(sql, (scope, kind, key))

    def search(self, text: str | Query, scope: int = 0, **options: Any) -> list[Hit]:
        """What answers these words; the options are those of `Index.search`."""
        return self._index.search(parse(text) if isinstance(text, str) else text, scope, **options)

    def _execute(self, sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        return self._connection.execute(sql.replace("%s", "?"), values).fetchall()
