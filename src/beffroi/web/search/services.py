"""Search of a territory: what a person, or the public, may see among what answers some words.

In: a territory, a person (None is the public) and what was typed. Out: results by kind, or what to try instead. The index only
names things: each is looked up and its right asked before it counts, and nothing is shown that the thing does not say itself.
"""

from collections.abc import Sequence
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

MOST_CANDIDATES: Final = 300
FIRST: Final = 5
"""Results of each kind when all are listed."""
MOST_OF_A_KIND: Final = 50
MOST_TITLES: Final = 5_000
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
    """The things of one kind; `results` are the first of the `count` that were found."""

    kind: str
    label: str
    count: int
    results: list[Result]


@dataclass(frozen=True)
class Found:
    """The answer to some words.

    `some_words`: nothing holds them all. `corrected`: those that were searched instead. `cut`: more answered than were looked at.
    """

    groups: list[Group]
    some_words: bool = False
    corrected: str = ""
    cut: bool = False

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)


def search(territory: Territory, person: Person | None, text: str, *, kind: str = "") -> Found:
    """What answers these words, by kind (`kind`: of this one only); what answers their correction where nothing does."""
    query = parse(text)
    open_kinds = [each for each in _open_kinds(territory, person) if kind in ("", each.name)]
    if not query or not open_kinds:
        return Found([])
    most = MOST_OF_A_KIND if kind else FIRST
    found = _find(territory, person, query, open_kinds, most)
    if found.groups:
        return found
    if corrected := correct(query, _titles(territory, person, open_kinds)):
        again = _find(territory, person, parse(corrected), open_kinds, most)
        if again.groups and not again.some_words:
            return replace(again, corrected=corrected)
    return found


def keys(territory: Territory, text: str, kind: str) -> list[str]:
    """The keys of all the things of a kind that answer, best first: for a room's own list, which asks the rights itself."""
    hits = index().search(parse(text), territory.pk, kinds=[kind], some_words=False)
    return [hit.key for hit in hits]


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


def _titles(territory: Territory, person: Person | None, open_kinds: Sequence[Kind]) -> list[str]:
    """The titles whose words correct a spelling."""
    entries = Entry.objects.of(territory).filter(kind__in=[kind.name for kind in open_kinds])
    if person is None:
        entries = entries.filter(public=True)
    shared = [document.title for kind in open_kinds for document in kind.shared()]
    return [*entries.values_list("title", flat=True)[:MOST_TITLES], *shared]


def _find(
    territory: Territory, person: Person | None, query: Query, open_kinds: Sequence[Kind], most: int
) -> Found:
    shared = {kind.name: tuple(kind.shared()) for kind in open_kinds}

    def hits_of(*, some_words: bool) -> list[Hit]:
        names, public = [kind.name for kind in open_kinds], person is None
        options = {"limit": MOST_CANDIDATES, "some_words": some_words}
        found = index().search(query, territory.pk, kinds=names, public_only=public, **options)
        for documents in filter(None, shared.values()):
            found += _shared_index(documents).search(query, kinds.EVERYWHERE, **options)
        return sorted(found, key=lambda hit: hit.match)

    hits = hits_of(some_words=False)
    some_words = not hits and len(query.terms) > 1
    if some_words:
        hits = hits_of(some_words=True)
    found = (
        _group(
            territory,
            person,
            query,
            kind,
            shared[kind.name],
            [h.key for h in hits if h.kind == kind.name],
            most,
        )
        for kind in open_kinds
    )
    return Found([group for group in found if group], some_words, cut=len(hits) >= MOST_CANDIDATES)


def _group(
    territory: Territory,
    person: Person | None,
    query: Query,
    kind: Kind,
    shared: Sequence[Document],
    keys: Sequence[str],
    most: int,
) -> Group | None:
    """The things of one kind that this person may see, the first of them in full."""
    targets = kind.targets(territory, keys, person is None) if keys else {}
    visible = [key for key in keys if key in targets and _may_see(person, territory, kind, key)]
    if not visible:
        return None
    listed = visible[:most]
    documents = {d.key: d for d in (*shared, *kind.documents(territory, listed)) if d.key in listed}
    results = [_result(query, targets[key], documents[key]) for key in listed if key in documents]
    return Group(kind.name, kind.label, len(visible), results)


def _may_see(person: Person | None, territory: Territory, kind: Kind, key: str) -> bool:
    if person is None:
        return True  # the targets are the published ones
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
