"""Join keys of two datasets, found by content and never by name, with measured counts.

In: two datasets, a person and a purpose. Out: `KeyMatch`es measured through recipes and grants, the best first. A
match that gives one row several partners is known before anything is joined.
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
from .columns import ColumnUse, header_words
from .dataset_profiles import ANALYSIS_ERRORS, classify_columns

KEY_TYPES = ("text", "code", "date", "integer")
MAX_VALUES = 20_000
MAX_COLUMNS = 16  # on each side
MAX_PROPOSALS = 4
MIN_SHARED = 3
MIN_SHARE = 0.2
_SEPARATOR = "|"
_FOLDED = "proche"


@dataclass(frozen=True)
class KeyPair:
    """Two columns to compare, as they are written or as a person compares them (`fold`)."""

    left: str
    right: str
    fold: bool = False

    @property
    def text(self) -> str:
        """The pair in an address or a form."""
        return _SEPARATOR.join([self.left, self.right, _FOLDED if self.fold else "exact"])

    @property
    def turned(self) -> "KeyPair":
        return KeyPair(self.right, self.left, self.fold)

    @classmethod
    def read(cls, text: str) -> "KeyPair | None":
        parts = text.split(_SEPARATOR)
        return cls(parts[0], parts[1], parts[2] == _FOLDED) if len(parts) == 3 and all(parts) else None


@dataclass(frozen=True)
class KeyMatch:
    """What the pair gives on the data of today: rows of the first dataset, those that found a partner, the rows that
    several partners would add, and a few values that found none. `turned`: it is sound the other way round. `unmatched_right`: the rows
    of the second dataset that are nobody's partner, where they were counted."""

    pair: KeyPair
    rows: int
    matched: int
    added: int
    examples: tuple[str, ...] = ()
    turned: bool = False
    unmatched_right: int = 0

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
        # Rounded down: 100 % means every row.
        percent = humanize_number(int(self.share * 1000) / 10)
        verb = "trouve" if self.matched == 1 else "trouvent"
        many = "ligne" if self.matched == 1 else "lignes"
        text = f"{humanize_number(self.matched)} {many} sur {humanize_number(self.rows)} {verb} leur partenaire ({percent}\u00a0%)"
        if self.lost:
            text += f" ; {humanize_number(self.lost)} n'en {'trouve' if self.lost == 1 else 'trouvent'} pas"
            if self.examples:
                text += f", par exemple {', '.join(f'« {value} »' for value in self.examples)}"
        if self.unmatched_right:
            words = (
                "ligne de l'autre jeu n'est" if self.unmatched_right == 1 else "lignes de l'autre jeu ne sont"
            )
            text += f" ; {humanize_number(self.unmatched_right)} {words} le partenaire de personne"
        return f"{text}."


@dataclass(frozen=True)
class DatasetPair:
    """Two datasets to join, the person and the purpose for which both are read."""

    person: Person
    processing: Processing
    left: Dataset
    right: Dataset

    @property
    def turned(self) -> "DatasetPair":
        return DatasetPair(self.person, self.processing, self.right, self.left)


def propose_matches(datasets: DatasetPair) -> list[KeyMatch]:
    """Pairs of columns with common values, measured, the best first; none when nothing matches.

    Raises what opening the datasets raises (NotGranted, StudioError).
    """
    left, right = (_candidates(datasets, dataset) for dataset in (datasets.left, datasets.right))
    found: list[tuple[float, bool, KeyPair]] = []
    for use, left_values in left:
        for other, right_values in right:
            if (use.type == "date") != (other.type == "date"):
                continue
            pair = _match_columns(use, left_values, other, right_values)
            if pair is not None:
                same = bool(
                    set(header_words(use.name, use.label)) & set(header_words(other.name, other.label))
                )
                found.append((pair[1], same, pair[0]))
    found.sort(key=lambda one: (-round(one[0], 2), not one[1], one[2].text))
    measured = [
        match for _, _, pair in found[:MAX_PROPOSALS] if (match := measure_match(datasets, pair)).matched
    ]
    return sorted(measured, key=lambda match: not match.sound)


def measure_match(datasets: DatasetPair, pair: KeyPair) -> KeyMatch:
    """What this pair gives, counted by the engine. Raises what opening or asking raises."""
    rows, paired, everything = _counts(datasets, pair)
    lost = everything - paired
    match = KeyMatch(pair, rows, rows - lost, paired - (rows - lost))
    examples = _unmatched_examples(datasets, pair) if lost else ()
    turned = False
    if match.added:
        rows, paired, everything = _counts(datasets.turned, pair.turned)
        turned = paired == rows - (everything - paired)
    return KeyMatch(pair, match.rows, match.matched, match.added, examples, turned)


def may_be_key(use: ColumnUse) -> bool:
    """Whether the values may name things: not amounts, not years, which any two files share."""
    if use.type not in KEY_TYPES or use.role in ("sum", "mean", "year"):
        return False
    return use.counted.filled > 0 and use.counted.distinct >= 2


def are_distinctive(values: frozenset[str]) -> bool:
    """Names and codes, not the small numbers that any two files share by chance."""
    distinctive = [v for v in values if len(v.strip()) >= 3 and re.search(r"[^\W\d_]{2}|\d{4}", fold(v))]
    return len(distinctive) * 2 > len(values)


def key_values(
    person: Person, processing: Processing, dataset: Dataset, column: str, most: int = MAX_VALUES
) -> dict[str, int]:
    """Distinct values of a column and their rows; empty when they are not distinctive."""
    steps: tuple[Step, ...] = (
        Source(source="jeu"),
        Group(by=(column,), measures=(Measure(name="_lignes", operation="count"),)),
    )
    recipe = Recipe(title="Valeurs d'une clé", sources={"jeu": dataset.slug}, steps=steps)
    opened = answers.open_sources(person, dataset.territory, recipe, processing)
    table = queries.run_recipe(recipe, opened.grants, limit=most).table
    pairs = zip(table[column].to_pylist(), table["_lignes"].to_pylist(), strict=True)
    found = {str(value): rows for value, rows in pairs if value is not None}
    return found if are_distinctive(frozenset(found)) else {}


def _candidates(datasets: DatasetPair, dataset: Dataset) -> list[tuple[ColumnUse, dict[str, int]]]:
    snapshot = dataset.current
    if snapshot is None:
        return []
    uses = classify_columns(datasets.person, dataset, snapshot, datasets.processing)
    able = sorted(
        (use for use in uses if may_be_key(use)),
        key=lambda use: (use.type != "code", not use.unique, use.role != "key", -use.counted.distinct),
    )
    found = []
    for use in able[:MAX_COLUMNS]:
        try:
            values = key_values(datasets.person, datasets.processing, dataset, use.name)
        except ANALYSIS_ERRORS:
            continue
        if values:
            found.append((use, values))
    return found


def _match_columns(
    use: ColumnUse, left: dict[str, int], other: ColumnUse, right: dict[str, int]
) -> tuple[KeyPair, float] | None:
    """The pair and the share of rows that find something, when enough do; folded when that finds more."""
    rows = use.counted.rows or 1
    exact = sum(count for value, count in left.items() if value in right) / rows
    near, there = _folded(left), _folded(right)
    closer = sum(count for value, count in near.items() if value in there) / rows
    fold_them = closer > exact and use.type == "text" and other.type == "text"
    share = closer if fold_them else exact
    shared = len(near.keys() & there.keys()) if fold_them else len(left.keys() & right.keys())
    minimum = min(MIN_SHARED, len(left), len(right))
    if share < MIN_SHARE or shared < minimum:
        return None
    return KeyPair(use.name, other.name, fold_them), share


def _folded(values: dict[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for value, rows in values.items():
        if key := fold_key(value):
            found[key] += rows
    return found


def _counts(datasets: DatasetPair, pair: KeyPair) -> tuple[int, int, int]:
    """Rows of the first dataset, rows brought together, and both with those that found nothing."""
    return (
        _count(datasets, (Source(source="jeu"),)),
        _count(datasets, (Source(source="jeu"), _join(pair, "matched"))),
        _count(datasets, (Source(source="jeu"), _join(pair, "all"))),
    )


def _join(pair: KeyPair, keep: str, columns: tuple[str, ...] = ()) -> Join:
    key = Key(left=pair.left, right=pair.right)
    return Join(source="autre", on=(key,), keep=keep, columns=columns, fold=pair.fold)  # type: ignore[arg-type]


def _count(datasets: DatasetPair, steps: tuple[Step, ...]) -> int:
    counting = Group(measures=(Measure(name="lignes", operation="count"),))
    return int(_run(datasets, (*steps, counting))[0]["lignes"] or 0)


def _unmatched_examples(datasets: DatasetPair, pair: KeyPair) -> tuple[str, ...]:
    """The most frequent values that found nothing."""
    snapshot = datasets.left.current
    taken = {column["name"].casefold() for column in snapshot.columns} if snapshot else set()
    joined_name = f"{pair.right}_autre" if pair.right.casefold() in taken else pair.right
    missing = Filter(
        conditions=(Condition(column=joined_name, op="missing"), Condition(column=pair.left, op="present"))
    )
    counted = Group(by=(pair.left,), measures=(Measure(name="_lignes", operation="count"),))
    steps = (
        Source(source="jeu"),
        _join(pair, "all", (pair.right,)),
        missing,
        counted,
        Top(count=3, column="_lignes"),
    )
    return tuple(str(row[pair.left]) for row in _run(datasets, steps))


def _run(datasets: DatasetPair, steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    sources = {"jeu": datasets.left.slug, "autre": datasets.right.slug}
    recipe = Recipe(title="Rapprochement de deux jeux", sources=sources, steps=steps)
    opened = answers.open_sources(datasets.person, datasets.left.territory, recipe, datasets.processing)
    return list(queries.run_recipe(recipe, opened.grants).table.to_pylist())
