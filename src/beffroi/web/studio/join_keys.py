"""Join keys of two datasets, found by their values, with measured counts.

In: two datasets, a person and a purpose. Out: `KeyMatch`es measured through recipes and grants, the best first (`key_scores`
ranks them). A match that gives one row several partners is known before anything is joined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from beffroi.recipes.french import humanize_number
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
    left, right = (_may_be_keys(datasets, dataset) for dataset in (datasets.left, datasets.right))
    left_side = _read(datasets, datasets.left, _with_a_counterpart(left, right))
    right_side = _read(datasets, datasets.right, _with_a_counterpart(right, left))
    scores = [found for one in left_side for other in right_side if (found := key_scores.score(one, other))]
    best = sorted(scores, key=lambda one: one.rank)[:MAX_PROPOSALS]
    measured = [measure_match(datasets, KeyPair(one.left, one.right, one.fold)) for one in best]
    return sorted((match for match in measured if match.matched), key=lambda match: not match.one_sided)


def score_columns(datasets: DatasetPair, pairs: Sequence[tuple[str, str]]) -> list[KeyScore]:
    """Those of these pairs of columns whose values have something in common, the best first."""
    left, right = (_may_be_keys(datasets, dataset) for dataset in (datasets.left, datasets.right))
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


def _may_be_keys(datasets: DatasetPair, dataset: Dataset) -> list[ColumnUse]:
    snapshot = dataset.current
    if snapshot is None:
        return []
    uses = cached_uses(datasets.person, dataset, snapshot, datasets.processing)
    return [use for use in uses if key_scores.may_be_key(use)]


def _with_a_counterpart(uses: Sequence[ColumnUse], others: Sequence[ColumnUse]) -> list[ColumnUse]:
    """The columns to read: those whose values may be those of another, the likeliest keys first."""
    able = [use for use in uses if any(key_scores.may_match(use, other) for other in others)]
    headed = {use.name for use in able if any(key_scores.shared_header(use, other) for other in others)}
    able.sort(
        key=lambda use: (use.name not in headed, use.type == "integer", not use.unique, -use.counted.distinct)
    )
    return able[:MAX_COLUMNS]


def _read(datasets: DatasetPair, dataset: Dataset, uses: Sequence[ColumnUse]) -> list[KeyColumn]:
    found = []
    for use in uses:
        try:
            values = key_values(datasets.person, datasets.processing, dataset, use.name)
        except ANALYSIS_ERRORS:
            continue
        found.append(KeyColumn(use, values, cut=len(values) >= MAX_VALUES))
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


def _recipe(datasets: DatasetPair, steps: tuple[Step, ...]) -> Recipe:
    sources = {"jeu": datasets.left.slug, "autre": datasets.right.slug}
    return Recipe(title="Rapprochement de deux jeux", sources=sources, steps=steps)


def _run(datasets: DatasetPair, steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    recipe = _recipe(datasets, steps)
    opened = answers.open_sources(datasets.person, datasets.left.territory, recipe, datasets.processing)
    return list(queries.run_recipe(recipe, opened.grants).table.to_pylist())
