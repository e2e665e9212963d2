"""Join keys of two datasets, found by their values, with measured counts.

In: two datasets, a person and a purpose. Out: `KeyMatch`es measured through recipes and grants, the best first (`key_scores`
ranks them). A match that gives one row several partners is known before anything is joined.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

from beffroi.recipes.french import humanize_number, join_words
from beffroi.recipes.model import Condition, Filter, Group, Join, Key, Measure, Recipe, Source, Step, Top
from beffroi.recipes.release import floors_of
from beffroi.recipes.requests import DraftRequest, Request
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.platform.models import Person

from . import answers, key_scores, queries
from .columns import ColumnUse
from .dataset_profiles import ANALYSIS_ERRORS, cached_uses
from .key_scores import KeyColumn, KeyScore

MAX_VALUES = 50_000
MAX_COLUMNS = 16  # on each side
MAX_PROPOSALS = 3
MAX_PARTS = 3  # pairs of columns compared together
_MAX_COMBINATIONS = 6  # measured at most
_SEPARATOR = "|"
_FOLDED = "proche"


@dataclass(frozen=True)
class KeyPair:
    """Two columns to compare, as they are written or as a person compares them (`fold`). `more`: those to compare beside them, as
    the month beside the site."""

    left: str
    right: str
    fold: bool = False
    more: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """All columns to compare, two by two."""
        return (self.left, self.right), *self.more

    @property
    def lefts(self) -> tuple[str, ...]:
        return tuple(left for left, _ in self.columns)

    @property
    def rights(self) -> tuple[str, ...]:
        return tuple(right for _, right in self.columns)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The same in a recipe."""
        return tuple(Key(left=left, right=right) for left, right in self.columns)

    def words(self, left: Mapping[str, str], right: Mapping[str, str]) -> str:
        """« date » = « Date », by the labels of the columns; a column without one by its name."""
        near = ", aux majuscules, accents, espaces et zéros de tête près" if self.fold else ""
        pairs = (f"« {left.get(one, one)} » = « {right.get(other, other)} »" for one, other in self.columns)
        return f"{join_words(pairs)}{near}"

    @property
    def text(self) -> str:
        """The pair in an address or a form."""
        more = [name for columns in self.more for name in columns]
        return _SEPARATOR.join([self.left, self.right, _FOLDED if self.fold else "exact", *more])

    @property
    def turned(self) -> "KeyPair":
        return KeyPair(self.right, self.left, self.fold, tuple((right, left) for left, right in self.more))

    @classmethod
    def read(cls, text: str) -> "KeyPair | None":
        parts = text.split(_SEPARATOR)
        if len(parts) not in range(3, 2 + 2 * MAX_PARTS, 2) or not all(parts):
            return None
        pair = cls(parts[0], parts[1], parts[2] == _FOLDED, tuple(zip(parts[3::2], parts[4::2], strict=True)))
        once = all(len(set(names)) == len(names) for names in (pair.lefts, pair.rights))
        return pair if once else None


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
    def one_sided(self) -> bool:
        """Whether it is sound in one of the two directions."""
        return self.sound or self.turned

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
    """The three best pairs of columns by what their values have in common, measured, the best first; none when nothing
    matches. Raises what opening the datasets raises (NotGranted, StudioError).
    """
    left_side, right_side = _read_sides(datasets, key_scores.may_be_key)
    scores = [found for one in left_side for other in right_side if (found := key_scores.score(one, other))]
    best = sorted(scores, key=lambda one: one.rank)[:MAX_PROPOSALS]
    measured = [measure_match(datasets, KeyPair(one.left, one.right, one.fold)) for one in best]
    if not any(match.one_sided for match in measured):
        measured = [*_combined_matches(datasets), *measured][:MAX_PROPOSALS]
    return sorted((match for match in measured if match.matched), key=lambda match: not match.one_sided)


def _combined_matches(datasets: DatasetPair) -> list[KeyMatch]:
    """The best key of several columns, when it gives one side a single partner: the site and the month, the station and the day."""
    left_side, right_side = _read_sides(datasets, key_scores.may_be_part)
    parts = [(one, other) for one in left_side for other in right_side if key_scores.may_be_parts(one, other)]
    tried = 0
    for size in range(2, MAX_PARTS + 1):
        for chosen in combinations(parts, size):
            if not _may_name_a_row(chosen):
                continue
            if (tried := tried + 1) > _MAX_COMBINATIONS:
                return []
            (first, second), *more = [(one.use.name, other.use.name) for one, other in chosen]
            exact = all(one.written.keys() & other.written.keys() for one, other in chosen)
            match = measure_match(datasets, KeyPair(first, second, not exact, tuple(more)))
            if match.matched and match.one_sided:
                return [match]
    return []


def _may_name_a_row(parts: Sequence[tuple[KeyColumn, KeyColumn]]) -> bool:
    """Whether these columns are different ones, with values enough for each row of a side to have its own."""
    sides = list(zip(*parts, strict=True))
    if any(len({column.use.name for column in side}) < len(parts) for side in sides):
        return False
    rows = [max(column.use.counted.filled for column in side) for side in sides]
    values = [prod(column.use.counted.distinct for column in side) for side in sides]
    return any(many >= count for many, count in zip(values, rows, strict=True))


def score_columns(datasets: DatasetPair, pairs: Sequence[tuple[str, str]]) -> list[KeyScore]:
    """Those of these pairs of columns whose values have something in common, the best first."""
    left, right = _able_uses(datasets, key_scores.may_be_key)
    left_side, right_side = (
        {column.use.name: column for column in _read(datasets, dataset, [u for u in uses if u.name in names])}
        for dataset, uses, names in (
            (datasets.left, left, {name for name, _ in pairs}),
            (datasets.right, right, {name for _, name in pairs}),
        )
    )
    known = [
        (left_side[one], right_side[other])
        for one, other in pairs
        if one in left_side and other in right_side
    ]
    found = [score for one, other in known if (score := key_scores.score(one, other))]
    return sorted(found, key=lambda one: one.rank)


def measure_match(datasets: DatasetPair, pair: KeyPair) -> KeyMatch:
    """What this pair gives, counted by the engine. Raises what opening or asking raises."""
    rows, matched, added = _counts(datasets, pair)
    examples = _unmatched_examples(datasets, pair) if matched < rows else ()
    turned = bool(added) and _counts(datasets.turned, pair.turned)[2] == 0
    return KeyMatch(pair, rows, matched, added, examples, turned)


def key_values(
    person: Person, processing: Processing, dataset: Dataset, column: str, most: int = MAX_VALUES
) -> dict[Any, int]:
    """Distinct values of a column, in their order, and their rows."""
    steps: tuple[Step, ...] = (
        Source(source="jeu"),
        Group(by=(column,), measures=(Measure(name="_lignes", operation="count"),)),
    )
    recipe = Recipe(title="Valeurs d'une clé", sources={"jeu": dataset.slug}, steps=steps)
    opened = answers.open_sources(person, dataset.territory, recipe, processing)
    table = queries.run_recipe(recipe, opened.grants, limit=most).table
    pairs = zip(table[column].to_pylist(), table["_lignes"].to_pylist(), strict=True)
    return {value: rows for value, rows in pairs if value is not None}


def _read_sides(datasets: DatasetPair, able: Callable[[ColumnUse], bool]) -> list[list[KeyColumn]]:
    """Of each dataset, the columns that are able and that another of the other dataset may match, with their values."""
    left, right = _able_uses(datasets, able)
    return [
        _read(datasets, datasets.left, _with_a_counterpart(left, right)),
        _read(datasets, datasets.right, _with_a_counterpart(right, left)),
    ]


def _able_uses(datasets: DatasetPair, able: Callable[[ColumnUse], bool]) -> list[list[ColumnUse]]:
    return [
        [
            use
            for use in cached_uses(datasets.person, dataset, dataset.current, datasets.processing)
            if able(use)
        ]
        if dataset.current
        else []
        for dataset in (datasets.left, datasets.right)
    ]


def _with_a_counterpart(uses: Sequence[ColumnUse], others: Sequence[ColumnUse]) -> list[ColumnUse]:
    """The columns to read: those whose values may be those of another, the likeliest keys first."""
    able = [use for use in uses if any(key_scores.may_match(use, other) for other in others)]
    headed = {use.name for use in able if any(key_scores.shared_header(use, other) for other in others)}
    able.sort(
        key=lambda use: (use.name not in headed, not use.unique, use.type == "integer", -use.counted.distinct)
    )
    return able[:MAX_COLUMNS]


def _read(datasets: DatasetPair, dataset: Dataset, uses: Sequence[ColumnUse]) -> list[KeyColumn]:
    found = []
    for use in uses:
        try:
            values = key_values(datasets.person, datasets.processing, dataset, use.name)
        except ANALYSIS_ERRORS:
            continue
        found.append(KeyColumn(use, values, len(values) >= MAX_VALUES, dataset.title))
    return found


def _counts(datasets: DatasetPair, pair: KeyPair) -> tuple[int, int, int]:
    """Rows of the first dataset, those that find a partner, and the rows that several partners would add."""
    recipe = _recipe(datasets, (Source(source="jeu"), _join(pair, "all", ())))
    opened = answers.open_sources(datasets.person, datasets.left.territory, recipe, datasets.processing)
    if not floors_of(opened.grants):
        request = Request(recipe, opened.grants, limit=1)
        (found,) = queries.submit(DraftRequest(request, "join")).table.to_pylist()
        return found["rows"], found["matched"], found["added"]
    # Rows that are about persons are only counted as a figure that may be shown.
    rows = _count(datasets, (Source(source="jeu"),))
    paired = _count(datasets, (Source(source="jeu"), _join(pair, "matched")))
    matched = rows - (_count(datasets, (Source(source="jeu"), _join(pair, "all"))) - paired)
    return rows, matched, paired - matched


def _join(pair: KeyPair, keep: str, columns: tuple[str, ...] = ()) -> Join:
    return Join(source="autre", on=pair.keys, keep=keep, columns=columns, fold=pair.fold)  # type: ignore[arg-type]


def _count(datasets: DatasetPair, steps: tuple[Step, ...]) -> int:
    counting = Group(measures=(Measure(name="lignes", operation="count"),))
    return int(_run(datasets, (*steps, counting))[0]["lignes"] or 0)


def _unmatched_examples(datasets: DatasetPair, pair: KeyPair) -> tuple[str, ...]:
    """The most frequent values that found nothing."""
    snapshot = datasets.left.current
    taken = {column["name"].casefold() for column in snapshot.columns} if snapshot else set()
    joined_name = f"{pair.right}_autre" if pair.right.casefold() in taken else pair.right
    present = (Condition(column=name, op="present") for name in pair.lefts)
    missing = Filter(conditions=(Condition(column=joined_name, op="missing"), *present))
    counted = Group(by=pair.lefts, measures=(Measure(name="_lignes", operation="count"),))
    steps = (
        Source(source="jeu"),
        _join(pair, "all", (pair.right,)),
        missing,
        counted,
        Top(count=3, column="_lignes"),
    )
    return tuple(", ".join(str(row[name]) for name in pair.lefts) for row in _run(datasets, steps))


def _recipe(datasets: DatasetPair, steps: tuple[Step, ...]) -> Recipe:
    sources = {"jeu": datasets.left.slug, "autre": datasets.right.slug}
    return Recipe(title="Rapprochement de deux jeux", sources=sources, steps=steps)


def _run(datasets: DatasetPair, steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    recipe = _recipe(datasets, steps)
    opened = answers.open_sources(datasets.person, datasets.left.territory, recipe, datasets.processing)
    return list(queries.run_recipe(recipe, opened.grants).table.to_pylist())
