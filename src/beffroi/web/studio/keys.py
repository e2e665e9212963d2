"""Which columns bring two datasets together: found by what they hold, never by their names, with honest counts.

In come two datasets, a person and a purpose; out come `Match`es measured through recipes and grants, the best first.
A match that would give one row several partners is known before anything is made of it.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import Condition, Filter, Group, Join, Key, Measure, Recipe, Source, Step, Top
from beffroi.recipes.text_folding import fold, fold_key
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.platform.models import Person

from . import answers, queries
from .columns import Use, words
from .held import TROUBLES, counted_uses

KEY_TYPES = ("text", "code", "date", "integer")
MOST_VALUES = 20_000
MOST_COLUMNS = 16  # on each side
MOST_SHOWN = 4
LEAST_SHARED = 3
LEAST_SHARE = 0.2
_SEPARATOR = "|"
_FOLDED = "proche"


@dataclass(frozen=True)
class Pair:
    """Two columns to compare, as they are written or as a person compares them (`fold`)."""

    left: str
    right: str
    fold: bool = False

    @property
    def text(self) -> str:
        """The pair in an address or a form."""
        return _SEPARATOR.join([self.left, self.right, _FOLDED if self.fold else "exact"])

    @property
    def turned(self) -> "Pair":
        return Pair(self.right, self.left, self.fold)

    @classmethod
    def read(cls, text: str) -> "Pair | None":
        parts = text.split(_SEPARATOR)
        return cls(parts[0], parts[1], parts[2] == _FOLDED) if len(parts) == 3 and all(parts) else None


@dataclass(frozen=True)
class Match:
    """What the pair gives on the data of today: rows of the first dataset, those that found a partner, the rows that
    several partners would add, and a few values that found none. `turned`: it is sound the other way round. `alone`: the rows
    of the second dataset that are nobody's partner, where they were counted."""

    pair: Pair
    rows: int
    matched: int
    added: int
    examples: tuple[str, ...] = ()
    turned: bool = False
    alone: int = 0

    @property
    def lost(self) -> int:
        return self.rows - self.matched

    @property
    def share(self) -> float:
        return self.matched / self.rows if self.rows else 0.0

    @property
    def sound(self) -> bool:
        return self.matched > 0 and self.added == 0

    @property
    def sentence(self) -> str:
        """« 16 735 lignes sur 16 751 trouvent leur partenaire (99,9 %) ; 16 n'en trouvent pas, par exemple « X ». »"""
        if not self.matched:
            return f"aucune des {humanize_number(self.rows)} lignes ne trouve de partenaire."
        # Rounded down: 100 % is said of every row, or not at all.
        percent = humanize_number(int(self.share * 1000) / 10)
        verb = "trouve" if self.matched == 1 else "trouvent"
        many = "ligne" if self.matched == 1 else "lignes"
        text = f"{humanize_number(self.matched)} {many} sur {humanize_number(self.rows)} {verb} leur partenaire ({percent}\u00a0%)"
        if self.lost:
            text += f" ; {humanize_number(self.lost)} n'en {'trouve' if self.lost == 1 else 'trouvent'} pas"
            if self.examples:
                text += f", par exemple {', '.join(f'« {value} »' for value in self.examples)}"
        if self.alone:
            words = "ligne de l'autre jeu n'est" if self.alone == 1 else "lignes de l'autre jeu ne sont"
            text += f" ; {humanize_number(self.alone)} {words} le partenaire de personne"
        return f"{text}."


@dataclass(frozen=True)
class Two:
    """Two datasets to bring together, the person who asks and the purpose for which both are read."""

    person: Person
    processing: Processing
    left: Dataset
    right: Dataset

    @property
    def turned(self) -> "Two":
        return Two(self.person, self.processing, self.right, self.left)


def proposals(two: Two) -> list[Match]:
    """The pairs of columns that hold the same things, measured, the best first; none when nothing matches.

    Raises what opening the datasets raises (NotGranted, StudioError).
    """
    mine, theirs = (_candidates(two, dataset) for dataset in (two.left, two.right))
    found: list[tuple[float, bool, Pair]] = []
    for use, held in mine:
        for other, others in theirs:
            if (use.type == "date") != (other.type == "date"):
                continue
            pair = _likely(use, held, other, others)
            if pair is not None:
                same = bool(set(words(use.name, use.label)) & set(words(other.name, other.label)))
                found.append((pair[1], same, pair[0]))
    found.sort(key=lambda one: (-round(one[0], 2), not one[1], one[2].text))
    measured = [match for _, _, pair in found[:MOST_SHOWN] if (match := measure(two, pair)).matched]
    return sorted(measured, key=lambda match: not match.sound)


def measure(two: Two, pair: Pair) -> Match:
    """What this pair gives, counted by the engine. Raises what opening or asking raises."""
    rows, paired, everything = _counts(two, pair)
    lost = everything - paired
    match = Match(pair, rows, rows - lost, paired - (rows - lost))
    examples = _orphans(two, pair) if lost else ()
    turned = False
    if match.added:
        rows, paired, everything = _counts(two.turned, pair.turned)
        turned = paired == rows - (everything - paired)
    return Match(pair, match.rows, match.matched, match.added, examples, turned)


def may_be_key(use: Use) -> bool:
    """Whether the values may name things: not amounts, not years, which any two files share."""
    if use.type not in KEY_TYPES or use.role in ("sum", "mean", "year"):
        return False
    return use.counted.filled > 0 and use.counted.distinct >= 2


def tells_apart(values: frozenset[str]) -> bool:
    """Names and codes, not the small numbers that any two files share by chance."""
    telling = [v for v in values if len(v.strip()) >= 3 and re.search(r"[^\W\d_]{2}|\d{4}", fold(v))]
    return len(telling) * 2 > len(values)


def values_of(
    person: Person, processing: Processing, dataset: Dataset, column: str, most: int = MOST_VALUES
) -> dict[str, int]:
    """The distinct values of a column and their rows; empty when they do not tell things apart."""
    steps: tuple[Step, ...] = (
        Source(source="jeu"),
        Group(by=(column,), measures=(Measure(name="_lignes", operation="count"),)),
    )
    recipe = Recipe(title="Valeurs d'une clé", sources={"jeu": dataset.slug}, steps=steps)
    opened = answers.open_sources(person, dataset.territory, recipe, processing)
    table = queries.ask(recipe, opened.grants, limit=most).table
    pairs = zip(table[column].to_pylist(), table["_lignes"].to_pylist(), strict=True)
    found = {str(value): rows for value, rows in pairs if value is not None}
    return found if tells_apart(frozenset(found)) else {}


def _candidates(two: Two, dataset: Dataset) -> list[tuple[Use, dict[str, int]]]:
    snapshot = dataset.current
    if snapshot is None:
        return []
    uses = counted_uses(two.person, dataset, snapshot, two.processing)
    able = sorted(
        (use for use in uses if may_be_key(use)),
        key=lambda use: (use.type != "code", not use.unique, use.role != "key", -use.counted.distinct),
    )
    found = []
    for use in able[:MOST_COLUMNS]:
        try:
            held = values_of(two.person, two.processing, dataset, use.name)
        except TROUBLES:
            continue
        if held:
            found.append((use, held))
    return found


def _likely(use: Use, mine: dict[str, int], other: Use, theirs: dict[str, int]) -> tuple[Pair, float] | None:
    """The pair and the share of rows that find something, when enough do; folded when that finds more."""
    rows = use.counted.rows or 1
    exact = sum(count for value, count in mine.items() if value in theirs) / rows
    near, there = _folded(mine), _folded(theirs)
    closer = sum(count for value, count in near.items() if value in there) / rows
    fold_them = closer > exact and use.type == "text" and other.type == "text"
    share = closer if fold_them else exact
    shared = len(near.keys() & there.keys()) if fold_them else len(mine.keys() & theirs.keys())
    least = min(LEAST_SHARED, len(mine), len(theirs))
    if share < LEAST_SHARE or shared < least:
        return None
    return Pair(use.name, other.name, fold_them), share


def _folded(values: dict[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for value, rows in values.items():
        if key := fold_key(value):
            found[key] += rows
    return found


def _counts(two: Two, pair: Pair) -> tuple[int, int, int]:
    """Rows of the first dataset, rows brought together, and both with those that found nothing."""
    return (
        _count(two, (Source(source="jeu"),)),
        _count(two, (Source(source="jeu"), _join(pair, "matched"))),
        _count(two, (Source(source="jeu"), _join(pair, "all"))),
    )


def _join(pair: Pair, keep: str, columns: tuple[str, ...] = ()) -> Join:
    key = Key(left=pair.left, right=pair.right)
    return Join(source="autre", on=(key,), keep=keep, columns=columns, fold=pair.fold)  # type: ignore[arg-type]


def _count(two: Two, steps: tuple[Step, ...]) -> int:
    counting = Group(measures=(Measure(name="lignes", operation="count"),))
    return int(_asked(two, (*steps, counting))[0]["lignes"] or 0)


def _orphans(two: Two, pair: Pair) -> tuple[str, ...]:
    """The most frequent values that found nothing."""
    snapshot = two.left.current
    taken = {column["name"].casefold() for column in snapshot.columns} if snapshot else set()
    brought = f"{pair.right}_autre" if pair.right.casefold() in taken else pair.right
    missing = Filter(
        conditions=(Condition(column=brought, op="missing"), Condition(column=pair.left, op="present"))
    )
    counted = Group(by=(pair.left,), measures=(Measure(name="_lignes", operation="count"),))
    steps = (
        Source(source="jeu"),
        _join(pair, "all", (pair.right,)),
        missing,
        counted,
        Top(count=3, column="_lignes"),
    )
    return tuple(str(row[pair.left]) for row in _asked(two, steps))


def _asked(two: Two, steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    sources = {"jeu": two.left.slug, "autre": two.right.slug}
    recipe = Recipe(title="Rapprochement de deux jeux", sources=sources, steps=steps)
    opened = answers.open_sources(two.person, two.left.territory, recipe, two.processing)
    return list(queries.ask(recipe, opened.grants).table.to_pylist())
