"""Multi-row headers: « 2023 » merged above « Fonctionnement » and « Investissement ».

In: the rows around the detected header, and the merged cells. Out: the rows that name the columns together, and their
joined names (« 2023 / Fonctionnement »), or nothing when one row is enough.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Rows, from 0, each with the columns that one merged cell covers.
Merged = frozenset[tuple[int, int, int]]
NO_MERGED: Merged = frozenset()
DEEPEST = 4
# Signs: no number nor date is longer, and what is written as one would be tried in every way.
LONGEST_VALUE = 100

_VALUE = re.compile(
    r"[+-]?[\d \u00a0\u202f.,]*\d[\d \u00a0\u202f.,]*\s*[€%]?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*"
)
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True)
class StackedHeader:
    """Rows of the header, first to last, as indexes of the sample; `sure` when merged cells or names prove it."""

    rows: tuple[int, ...]
    labels: tuple[str, ...]
    sure: bool


def find_stacked_header(
    rows: Sequence[Sequence[str]], full: Sequence[int], top: int, merged: Merged
) -> StackedHeader | None:
    """Multi-row header that `top` belongs to, if any. `full` lists the rows that are not blank."""
    place = full.index(top)
    known = {row for row, _, _ in merged}
    upper, lower = place, place
    sure = True
    # Upwards: a row of groups has few cells, and was taken for a title.
    while upper and place - upper < DEEPEST:
        verdict = _groups(rows, full[upper - 1], full[upper], merged)
        if verdict is None:
            break
        upper, sure = upper - 1, sure and verdict
    # Downwards: the row below completes the blanks of this one.
    while lower + 2 < len(full) and lower - upper < DEEPEST:
        verdict = _completes(
            rows, full[lower], full[lower + 1], [rows[index] for index in full[lower + 2 :][:50]], known
        )
        if verdict is None:
            break
        lower, sure = lower + 1, sure and verdict
    if upper == lower:
        return None
    chosen = tuple(full[upper : lower + 1])
    return StackedHeader(chosen, tuple(_joined([rows[index] for index in chosen], chosen, merged)), sure)


def _filled(cells: Sequence[str]) -> list[int]:
    return [place for place, cell in enumerate(cells) if cell.strip()]


def _is_value(text: str) -> bool:
    return len(text) <= LONGEST_VALUE and _VALUE.fullmatch(text) is not None


def _named(cells: Sequence[str]) -> bool:
    """Whether a row has only words and years, hence may name columns."""
    return all(not _is_value(cell.strip()) or _YEAR.fullmatch(cell.strip()) for cell in cells if cell.strip())


def _groups(rows: Sequence[Sequence[str]], above: int, below: int, merged: Merged) -> bool | None:
    """Whether the row above gives groups to the names of the row below. True when sure, None when not."""
    upper, lower = rows[above], rows[below]
    places = _filled(upper)
    if above + 1 != below or len(places) < 1 or not _named(upper) or not _named(lower):
        return None
    width = len(_filled(lower))
    spans = [last - first + 1 for row, first, last in merged if row == above]
    # One merged cell that begins with the table is its title.
    if spans and max(spans) < width and (len(places) > 1 or places[0] > _filled(lower)[0]):
        return True
    if len(places) < 2:
        return None
    names = [" ".join(cell.split()).lower() for cell in lower if cell.strip()]
    # Names repeated under each group would not identify the columns by themselves.
    twice = [name for name, count in Counter(names).items() if count > 1]
    return True if twice and len(twice) * 2 >= len(set(names)) - len(places) else None


def _completes(
    rows: Sequence[Sequence[str]], above: int, below: int, body: Sequence[Sequence[str]], known: set[int]
) -> bool | None:
    upper, lower = rows[above], rows[below]
    if above + 1 != below or not _named(upper) or not _named(lower) or len(_filled(lower)) < 2:
        return None
    names, under = set(_filled(upper)), set(_filled(lower))
    last = max(names | under)
    holes = {place for place in range(min(names), last + 1) if place not in names}
    if not holes or not holes <= under or names | under < set(range(min(names), last + 1)):
        return None
    # Under these names stand values of another kind: this row is not the first of the data.
    valued = [
        place
        for place in under
        if (below_it := [row[place].strip() for row in body if place < len(row) and row[place].strip()])
        and sum(_is_value(value) for value in below_it) >= 0.6 * len(below_it)
    ]
    if len(valued) * 2 < len(under):
        return None
    left = names - under
    if above in known:
        return True
    repeated = Counter(lower[place].strip().lower() for place in under).most_common(1)[0][1] > 1
    return repeated if left or repeated else None


def _joined(stack: Sequence[Sequence[str]], indexes: Sequence[int], merged: Merged) -> list[str]:
    width = max(len(cells) for cells in stack)
    spread: list[list[str]] = []
    for depth, (cells, index) in enumerate(zip(stack, indexes, strict=True)):
        row = [" ".join(cell.split()) for cell in cells] + [""] * (width - len(cells))
        if depth < len(stack) - 1:
            spans = {first: last for line, first, last in merged if line == index}
            below = stack[depth + 1]
            group, until = "", -1
            for place in range(width):
                if row[place]:
                    group, until = row[place], spans.get(place, width if not spans else place)
                elif place <= until and place < len(below) and below[place].strip():
                    row[place] = group
        spread.append(row)
    return [" / ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*spread, strict=True)]
