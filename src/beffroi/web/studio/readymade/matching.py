"""Columns recognised by their meaning: which dataset is the file that a ready-made board needs, and which column is what.

In: the files that a board needs and the columns of datasets, by header and type; nothing is read. Out: guesses, which a
person confirms or changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from beffroi.web.catalogue.models import Snapshot

from ..analysis_builder import DATED, NUMERIC, Column, usable_columns
from ..columns import ColumnCounts, classify_column, header_words
from .models import NeededFile, Role

_UNCOUNTED = ColumnCounts(rows=1, filled=1, distinct=2)


@dataclass(frozen=True)
class ColumnGuess:
    """The column that a role seems to be; `sure`: no other column is announced as well by its header."""

    column: str
    sure: bool


def fitting_columns(role: Role, columns: Iterable[Column]) -> list[Column]:
    """The columns whose type suits a role."""
    return [column for column in columns if _fits(role, column)]


def guess_columns(file: NeededFile, columns: Sequence[Column]) -> dict[str, ColumnGuess]:
    """The column of each role that is recognised, each column serving once."""
    scored = sorted(
        (
            (-_score(role, column), order, role, column)
            for role in file.roles
            for order, column in enumerate(fitting_columns(role, columns))
            if _score(role, column)
        ),
        key=lambda one: one[:2],
    )
    found: dict[str, ColumnGuess] = {}
    taken: set[str] = set()
    for score, _, role, column in scored:
        if role.key in found or column.name in taken:
            continue
        rivals = [c for s, _, r, c in scored if r is role and s == score and c.name not in taken]
        found[role.key] = ColumnGuess(column.name, len(rivals) == 1)
        taken.add(column.name)
    for role in file.roles:
        # A file with one date needs no word to know it.
        free = [column for column in fitting_columns(role, columns) if column.name not in taken]
        if role.key not in found and role.meaning == "time" and len(free) == 1:
            found[role.key] = ColumnGuess(free[0].name, sure=True)
    return found


def likeliest(file: NeededFile, snapshots: Mapping[str, Snapshot], others: Iterable[str] = ()) -> str:
    """Slug of the dataset that looks most like a file, empty when none has half of its columns."""
    taken = set(others)
    scores = {slug: _likeness(file, one) for slug, one in snapshots.items() if slug not in taken}
    best = max(scores, key=lambda slug: scores[slug], default="")
    return best if best and scores[best] else ""


def _likeness(file: NeededFile, snapshot: Snapshot) -> int:
    """How much a dataset looks like a file; 0 when it has neither half of its columns, nor its name and all that it needs."""
    columns = usable_columns(snapshot)
    found = guess_columns(file, columns)
    named = is_named(file, snapshot.dataset.title, columns)
    if len(found) * 2 > len(file.roles):
        return len(found) + named
    needed = {role.key for role in file.roles if not role.optional}
    return len(found) + 1 if named and needed <= set(found) else 0


def is_named(file: NeededFile, title: str, columns: Iterable[Column] = ()) -> bool:
    """Whether the title, or a header, says what the file is."""
    words = {*header_words(title, title), *(word for c in columns for word in header_words(c.name, c.label))}
    return any(word.startswith(wanted) for word in words for wanted in file.words)


def _fits(role: Role, column: Column) -> bool:
    nature = classify_column(column.name, column.label, column.type, None, _UNCOUNTED).nature
    if role.meaning == "time":
        return column.type in DATED or nature == "year"
    if role.meaning == "amount":
        return nature in ("amount", "unknown")
    return (column.type not in NUMERIC and column.type not in DATED) or nature == "identifier"


def _score(role: Role, column: Column) -> int:
    """How well the header announces the role: its first words are the surest."""
    words = header_words(column.name, column.label)
    ranks = [
        len(role.words) - rank
        for rank, wanted in enumerate(role.words)
        if wanted == column.name
        or any(word == wanted or (len(wanted) > 3 and word.startswith(wanted)) for word in words)
    ]
    return sum(ranks)
