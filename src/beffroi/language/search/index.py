"""Index of documents: what is stored of each, and the search that ranks them.

In: an engine's `execute` and its dialect, or nothing for an index in memory. Out: `Hit`s, best first: those whose title has the
words, or words of the same meaning; then those that have them elsewhere; where no document has all the words, those that have
some. Among equals, the engine ranks.
"""

# Names of tables and of columns are our own; words travel as parameters.
# ruff: noqa: S608

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .analysis import indexed_words
from .dialects import FIELDS, Dialect, Match, Sqlite, statement
from .queries import Query, parse

type Execute = Callable[[str, Sequence[Any]], Sequence[Sequence[Any]]]
"""Runs one statement, whose parameters are written %s, and returns its rows."""

MOST_CHARACTERS: Final = (1_000, 20_000, 20_000, 40_000)
"""Of each field of a document: what comes after is not searched."""
_ALL_WORDS: Final = (Match.TITLE, Match.TITLE_BY_SYNONYMS, Match.WORDS, Match.SYNONYMS)


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
        """The documents of this scope, of these kinds (none: all), that answer the query; at most `limit` of each kind."""
        if not query:
            return []
        conditions = "d.territory_id = %s"
        values: list[Any] = [scope]
        if kinds:
            conditions += f" AND d.kind IN ({', '.join(['%s'] * len(kinds))})"
            values += sorted(kinds)
        if public_only:
            conditions += " AND d.public"
        exact = [Match.TITLE, Match.WORDS]
        found = self._look(
            query, list(_ALL_WORDS) if query.has_synonyms else exact, conditions, values, limit
        )
        if some_words and not found and len(query.terms) > 1:
            found = self._look(query, [Match.SOME_WORDS], conditions, values, limit)
        return found

    def _look(
        self,
        query: Query,
        matches: Sequence[Match],
        conditions: str,
        values: Sequence[Any],
        limit: int | None,
    ) -> list[Hit]:
        sql, parameters = statement(self.dialect, query, matches, conditions, values, limit)
        hits: dict[tuple[str, str], Hit] = {}
        of_a_kind: Counter[str] = Counter()
        for kind, key, title, tier in self.execute(sql, parameters):
            if (kind, key) not in hits and (limit is None or of_a_kind[kind] < limit):
                of_a_kind[kind] += 1
                hits[kind, key] = Hit(kind, key, title, Match(tier))
        return list(hits.values())


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
        for made in dialect.create():
            self._connection.execute(made)
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
