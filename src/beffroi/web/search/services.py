"""Search of a territory: what a person, or the public, may see among what answers some words.

In: a territory, a person (None is the public) and what was typed. Out: results by kind, or what to try instead. The index only
names things: each is looked up and its right asked before it counts, and nothing is shown that the thing does not say itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from django.db import connection

from beffroi.language.search import (
    Document,
    Fragment,
    Hit,
    Index,
    MemoryIndex,
    Query,
    correct,
    highlight,
    parse,
    snippet,
)
from beffroi.language.search.dialects import of as dialect_of
from beffroi.language.search.snippets import matching
from beffroi.web.platform import feature_switches
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import NamedResource, may, may_somewhere

from . import kinds
from .kinds import Kind, Target
from .models import Entry

MOST_OF_A_KIND: Final = 50
FIRST: Final = 5
"""Results of each kind when all are listed."""
MOST_TITLES: Final = 1_000
type Shared = Mapping[str, tuple[Document, ...]]
"""What territories have alike, by kind."""
MOST_MATCHING: Final = 6
"""Columns, and values, of one result that are named."""


@dataclass(frozen=True)
class Result:
    """One thing found: its title and an extract, their words marked, the columns and the values that were searched."""

    address: str
    title: list[Fragment]
    extract: list[Fragment]
    columns: list[list[Fragment]]
    values: list[list[Fragment]]
    note: str = ""


@dataclass(frozen=True)
class Group:
    """The things of one kind; `results` are the first of the `count` that were found, or of more (`cut`)."""

    kind: str
    label: str
    count: int
    results: list[Result]
    cut: bool = False


@dataclass(frozen=True)
class Found:
    """The answer to some words.

    `some_words`: nothing holds them all. `corrected`: those that were searched instead.
    """

    groups: list[Group]
    some_words: bool = False
    corrected: str = ""

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def cut(self) -> bool:
        return any(group.cut for group in self.groups)


def search(territory: Territory, person: Person | None, text: str, *, kind: str = "") -> Found:
    """What answers these words, by kind (`kind`: of this one only); what answers their correction where nothing does."""
    query = parse(text)
    open_kinds = [each for each in _open_kinds(territory, person) if kind in ("", each.name)]
    if not query or not open_kinds:
        return Found([])
    shared = {each.name: tuple(each.shared()) for each in open_kinds}
    most = MOST_OF_A_KIND if kind else FIRST
    found = _find(territory, person, query, open_kinds, shared, most)
    if found.groups:
        return found
    if corrected := correct(query, _titles(territory, person, shared)):
        again = _find(territory, person, parse(corrected), open_kinds, shared, most)
        if again.groups and not again.some_words:
            return replace(again, corrected=corrected)
    return found


def answering[T](
    territory: Territory, text: str, kind: str, rows: Iterable[T], key_of: Callable[[T], int]
) -> list[T]:
    """Those of a room's own rows that answer, best first. The room asks the rights itself."""
    by_key = {str(key_of(row)): row for row in rows}
    hits = index().search(parse(text), territory.pk, kinds=[kind], some_words=False)
    return [by_key[hit.key] for hit in hits if hit.key in by_key]


def index() -> Index:
    """The index of the entries, in the database's own engine."""
    return Index(_execute, dialect_of(connection.vendor, Entry._meta.db_table))


def _execute(sql: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[Sequence[Any]] = cursor.fetchall()
        return rows


@lru_cache(maxsize=8)
def _shared_index(documents: tuple[Document, ...]) -> MemoryIndex:
    return MemoryIndex(documents)


def _open_kinds(territory: Territory, person: Person | None) -> list[Kind]:
    """The kinds of which this person may see something; of each, the public may see what is published."""
    here = [kind for kind in kinds.all_kinds() if feature_switches.act_is_open(territory, kind.act)]
    return here if person is None else [k for k in here if may_somewhere(person, k.act, territory)]


def _titles(territory: Territory, person: Person | None, shared: Shared) -> list[str]:
    """The titles whose words correct a spelling."""
    entries = Entry.objects.of(territory).filter(kind__in=shared)
    if person is None:
        entries = entries.filter(public=True)
    alike = [document.title for documents in shared.values() for document in documents]
    return [*entries.order_by("-pk").values_list("title", flat=True)[:MOST_TITLES], *alike]


def _find(
    territory: Territory,
    person: Person | None,
    query: Query,
    open_kinds: Sequence[Kind],
    shared: Shared,
    most: int,
) -> Found:
    def hits_of(*, some_words: bool) -> list[Hit]:
        found = index().search(
            query,
            territory.pk,
            kinds=list(shared),
            public_only=person is None,
            limit=MOST_OF_A_KIND,
            some_words=some_words,
        )
        for documents in filter(None, shared.values()):
            found += _shared_index(documents).search(
                query, kinds.EVERYWHERE, limit=MOST_OF_A_KIND, some_words=some_words
            )
        return sorted(found, key=lambda hit: hit.match)

    hits = hits_of(some_words=False)
    some_words = not hits and len(query.terms) > 1
    if some_words:
        hits = hits_of(some_words=True)
    found = (_group(territory, person, query, kind, shared[kind.name], hits, most) for kind in open_kinds)
    return Found([group for group in found if group], some_words)


def _group(
    territory: Territory,
    person: Person | None,
    query: Query,
    kind: Kind,
    shared: Sequence[Document],
    hits: Sequence[Hit],
    most: int,
) -> Group | None:
    """The things of one kind that this person may see, the first of them in full."""
    keys = [hit.key for hit in hits if hit.kind == kind.name]
    targets = kind.targets(territory, keys, person is None) if keys else {}
    visible = [key for key in keys if key in targets and _may_see(person, territory, kind, key)]
    if not visible:
        return None
    listed = visible[:most]
    documents = {d.key: d for d in (*shared, *kind.documents(territory, listed)) if d.key in listed}
    results = [_result(query, targets[key], documents[key]) for key in listed if key in documents]
    return Group(kind.name, kind.label, len(visible), results, cut=len(keys) >= MOST_OF_A_KIND)


def _may_see(person: Person | None, territory: Territory, kind: Kind, key: str) -> bool:
    if person is None:
        return True  # the targets are the published ones
    if kind.act_of is not None:
        return may_somewhere(person, kind.act_of(key), territory)
    named = NamedResource(territory, f"{kind.noun}:{key}") if kind.noun else territory
    return may(person, kind.act, named)


def _result(query: Query, target: Target, document: Document) -> Result:
    return Result(
        address=target.address,
        title=highlight(query, target.title),
        extract=snippet(query, next(iter((*matching(query, document.card, 1), *document.card[:1])), "")),
        columns=[highlight(query, each) for each in matching(query, document.columns, MOST_MATCHING)],
        values=[highlight(query, each) for each in matching(query, document.values, MOST_MATCHING)],
        note=target.note,
    )
