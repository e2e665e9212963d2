"""Score of two columns as a join key, by their values: how many rows find a partner, and how much of it chance explains.

In: the distinct values of two columns with their rows. Out: a `KeyScore`, or None when the columns are no key. Nothing is
read here. Shared small numbers prove nothing by themselves (any two lists are numbered from 1), so what a shared value
tells is counted in bits: the gap to the number before it, the length of a text. A header in common counts as a few more.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from beffroi.recipes.text_folding import fold_key

from .columns import ColumnUse, fold_header, header_words, vocabulary

MIN_BITS = 12.0
"""What the shared values must tell together: chance alone would give it once in some four thousand pairs."""
HEADER_BITS = 8.0
CODE_BITS = 4.0
"""What it tells that both columns were read as codes."""
BITS_OF_A_CHARACTER = 2.0
BITS_OF_A_VALUE = 16.0
"""At most: a long name tells no more than a code."""
MIN_SHARE = 0.2
MIN_SHARE_OF_CODES = 0.05
"""A national file and the codes of one territory: few rows meet, and they are the right ones."""
MIN_SHARE_OF_FEW_BITS = 0.8
MIN_SHARE_OF_PARTS = 0.5
MIN_SHARED = 3
_DATED = ("date", "datetime")
KEY_TYPES = ("text", "code", "integer", *_DATED)
_MEASURED = ("amount", "rate", "coordinate")
_VAGUE = vocabulary(
    "nom libelle type code id num numero no n nr de du des d la le les l et par identifiant key key name"
)


@dataclass(frozen=True)
class KeyColumn:
    """A column and its distinct values with their rows, in their order. `cut`: more were there than were read; `topic`: the title
    of its dataset."""

    use: ColumnUse
    values: Mapping[Any, int]
    cut: bool = False
    topic: str = ""

    @cached_property
    def written(self) -> Counter[str]:
        """The values as they are written."""
        return Counter({str(value): rows for value, rows in self.values.items()})

    @cached_property
    def folded(self) -> Counter[str]:
        """The values as a join that ignores spelling compares them."""
        found: Counter[str] = Counter()
        for value, rows in self.values.items():
            if key := fold_key(str(value)):
                found[key] += rows
        return found

    def up_to(self, bound: Any) -> "KeyColumn":
        """The same, without what comes after the last value that was read on the other side."""
        try:
            return replace(self, values={value: n for value, n in self.values.items() if value <= bound})
        except TypeError:  # texts and numbers have no common order
            return self

    @property
    def numbered(self) -> bool:
        """Whether the values are the ranks of the rows: 1, 2, 3… once each."""
        low, high = self.use.counted.low, self.use.counted.high
        whole = isinstance(low, int) and isinstance(high, int)
        return bool(
            whole and self.use.unique and low in (0, 1) and high - low + 1 == self.use.counted.distinct
        )  # type: ignore[operator]


@dataclass(frozen=True)
class KeyScore:
    """What two columns have in common: `share` of the rows of the side that finds more, the bits of the shared values and of
    the headers, whether one side has a single row for each shared value (`sound`), whether these are codes or dates, whether the
    headers are the same (`alike`)."""

    left: str
    right: str
    fold: bool
    share: float
    bits: float
    sound: bool
    coded: bool
    shared: int
    alike: bool = False

    @property
    def rank(self) -> tuple[object, ...]:
        """The best first: sound, then what finds the most partners, then codes before names, the same header, what tells the most."""
        total = -round(min(self.bits, 200.0))
        return (
            not self.sound,
            -round(self.share, 1),
            not self.coded,
            not self.alike,
            total,
            -self.shared,
            self.left,
            self.right,
        )


def may_be_key(use: ColumnUse) -> bool:
    """Whether the values may name things: not amounts, rates, coordinates, nor the parts of a date."""
    return may_be_part(use) and use.nature != "calendar"


def may_be_part(use: ColumnUse) -> bool:
    """Whether the values may be part of a key of several columns: also the month beside the year."""
    if use.type not in KEY_TYPES or use.nature in _MEASURED:
        return False
    return use.counted.filled > 0 and use.counted.distinct >= 2


def may_match(one: ColumnUse, other: ColumnUse) -> bool:
    """Whether the values of two columns may be equal: dates to dates, years to years, names and codes to each other."""
    if one.type in _DATED or other.type in _DATED:
        return one.type == other.type and _ranges_meet(one, other)
    if (one.nature == "year") != (other.nature == "year"):
        return False
    return one.type != "integer" or other.type != "integer" or _ranges_meet(one, other)


def shared_header(one: ColumnUse, other: ColumnUse, topics: tuple[str, str] = ("", "")) -> bool:
    """Whether two headers are the same, or share a word that names something. `topics`: the titles of the two datasets. Where the
    header of a list names nothing, such as « Identifiant », its title does: the « idQuartier » of many rows is that of « Quartiers »."""
    left, right = header_words(one.name, one.label), header_words(other.name, other.label)
    if left == right or (set(left) & set(right)) - _VAGUE:
        return True
    return any(
        set(listed) <= _VAGUE
        and not use.unique
        and bool((_singular(words) - _VAGUE) & _singular(header_words("", topic)))
        for use, words, listed, topic in ((one, left, right, topics[1]), (other, right, left, topics[0]))
    )


def _singular(words: Iterable[str]) -> set[str]:
    return {word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in words}


def may_be_parts(one: KeyColumn, other: KeyColumn) -> bool:
    """Whether two columns may be compared beside another pair: they say the same thing, and most of one is found in the other."""
    if not may_match(one.use, other.use) or not (
        one.use.type in _DATED or shared_header(one.use, other.use, (one.topic, other.topic))
    ):
        return False
    shared = one.folded.keys() & other.folded.keys()
    sides = (one.folded, other.folded)
    return len(shared) >= 2 and any(
        sum(side[value] for value in shared) >= MIN_SHARE_OF_PARTS * sum(side.values()) for side in sides
    )


def score(left: KeyColumn, right: KeyColumn) -> KeyScore | None:
    """What the two columns have in common; None when chance explains it."""
    if not may_match(left.use, right.use) or not left.values or not right.values:
        return None
    if left.numbered and right.numbered and left.use.counted.distinct != right.use.counted.distinct:
        return None  # the ranks of the rows of two files
    if right.cut:
        left = left.up_to(next(reversed(right.values)))
    if left.cut:
        right = right.up_to(next(reversed(left.values)))
    exact = _compare(left, right, fold=False)
    if left.use.type in _DATED:
        return exact
    near = _compare(left, right, fold=True)
    return near if near and (exact is None or near.share > exact.share) else exact


def _compare(left: KeyColumn, right: KeyColumn, *, fold: bool) -> KeyScore | None:
    left_side, right_side = (side.folded if fold else side.written for side in (left, right))
    shared = left_side.keys() & right_side.keys()
    if not shared or len(shared) < min(MIN_SHARED, len(left_side), len(right_side)):
        return None
    types = {left.use.type, right.use.type}
    sound = any(all(side[value] == 1 for value in shared) for side in (left_side, right_side))
    if not sound and "integer" in types:
        return None  # small numbers name something only where a list has each once
    share = max(sum(side[value] for value in shared) / sum(side.values()) for side in (left_side, right_side))
    if share < (MIN_SHARE_OF_CODES if sound and types == {"code"} else MIN_SHARE):
        return None
    header = shared_header(left.use, right.use, (left.topic, right.topic))
    dated = left.use.type in _DATED
    prior = (HEADER_BITS if header else 0.0) + (CODE_BITS if types == {"code"} else 0.0)
    bits = math.inf if dated else _bits(shared, left_side, right_side) + prior
    if bits < MIN_BITS and not (header and sound and share >= MIN_SHARE_OF_FEW_BITS):
        return None
    alike = fold_header(left.use.label) == fold_header(right.use.label)
    return KeyScore(
        left.use.name, right.use.name, fold, share, bits, sound, "text" not in types, len(shared), alike
    )


def _bits(shared: set[str], left_side: Mapping[str, int], right_side: Mapping[str, int]) -> float:
    """What the shared values tell that chance does not."""
    numbers = [int(value) for value in shared if value.isdecimal() and len(value) < 19]
    gaps = [_gaps(side) for side in (left_side, right_side)]
    total = sum(min(math.log2(side[number]) for side in gaps) for number in numbers)
    for value in shared:
        if not value.isdecimal():
            total += min(BITS_OF_A_VALUE, BITS_OF_A_CHARACTER * len(re.sub(r"\W", "", value)))
    return total


def _gaps(values: Mapping[str, int]) -> dict[int, int]:
    """For each number, how far the one before it is."""
    numbers = sorted({int(value) for value in values if value.isdecimal() and len(value) < 19})
    return {number: max(number - before, 1) for before, number in zip([0, *numbers], numbers, strict=False)}


def _ranges_meet(one: ColumnUse, other: ColumnUse) -> bool:
    bounds = one.counted.low, one.counted.high, other.counted.low, other.counted.high
    if any(bound is None for bound in bounds):
        return True
    low, high, their_low, their_high = bounds
    return bool(low <= their_high and their_low <= high)  # type: ignore[operator]
