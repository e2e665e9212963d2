"""Multi-row headers: « 2023 » merged above « Fonctionnement » and « Investissement ».

In: the rows around the detected header, and the merged cells. Out: the rows that name the columns together, and their
joined names (« 2023 / Fonctionnement »), or nothing when one row is enough.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.lake.readers.proposals import is_missing
from beffroi.text import fold_name

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
_UNIT = re.compile(
    r"[(\[]?(?:(?:en |nb |nbre |nombre )?(?:k|m|milliers de |millions d')?(?:€|euros?)(?: ?/ ?\w+\.?| ht| ttc)?|%|‰|°c?|pct|hab\.?|"
    r"habitants?|nb|nbre|nombre|effectif|unités?|u|m|m²|m2|m³|m3|ml|ha|hectares?|km|km²|km2|km/h|m/s|mm|cm|l|litres?|g|kg|t|tonnes?|"
    r"[kmg]?wh|[kmg]?w|kva|h|hpa|heures?|min|minutes?|s|jours?|mois|années?|ans?|repas|places?|mg/l|µg/m3|µg/m³|db|"
    r"[jmahs]{1,4}(?:[-/. :][jmahs]{1,4})+|aaaa|texte?|date|nombre entier|entier|décimal|numérique|booléen|oui/non|"
    r"text|string|integer|float|number|boolean)[)\]]?",
    re.IGNORECASE,
)


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
        body = [rows[index] for index in full[lower + 2 :][:50]]
        verdict = _completes(rows, full[lower], full[lower + 1], body, known)
        if verdict is None and full[lower] + 1 == full[lower + 1]:
            verdict = _names_again(rows[full[lower]], rows[full[lower + 1]], body)
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


def _names_again(upper: Sequence[str], lower: Sequence[str], body: Sequence[Sequence[str]]) -> bool | None:
    """Whether the row below names the columns again: by units, parts, technical names, or the same words. True when sure.

    It has words, or the years of one name, where the rows under it have values. None when it is a row of data.
    """
    cells = [(place, " ".join(cell.split())) for place, cell in enumerate(lower) if cell.strip()]
    names = [" ".join(upper[place].split()) if place < len(upper) else "" for place, _ in cells]
    if not cells or not _named(upper) or any(is_missing(cell) for _, cell in cells):
        return None
    valued = {place for place in range(len(upper)) if upper[place].strip() and _has_values(body, place)}
    over_values = [(name, cell) for name, (place, cell) in zip(names, cells, strict=True) if place in valued]
    if 2 * len(over_values) < len(valued) or not over_values:
        return None
    # What the column holds further down is one of its values.
    if any(cell == row[place].strip() for place, cell in cells for row in body if place < len(row)):
        return None
    groups = Counter(name for name, _ in over_values)
    parts_differ = max(groups.values()) > 1 and len({*over_values}) == len(over_values)
    if any(
        _is_value(cell) and not (_YEAR.fullmatch(cell) and groups[name] > 1) for name, cell in over_values
    ):
        return None
    if any(_is_value(cell) for place, cell in cells if place not in valued):
        return None
    again = [
        bool(_UNIT.fullmatch(cell)) or fold_name(cell) == fold_name(name)
        for name, (_, cell) in zip(names, cells, strict=True)
    ]
    # The columns of words, named above, have nothing to add here.
    described = len(cells) == len(over_values) < len(_filled(upper))
    if all(again) or parts_differ or (described and any(again)):
        return True
    texts = {cell for _, cell in cells}
    all_differ = len(texts) == len(cells) > 2 and 1 < len(over_values) == len(valued)
    technical = all_differ and any(all(map(str.isidentifier, some)) for some in (texts, filter(None, names)))
    first = _filled(upper)[0]
    keyless = described and all(row[first].strip() for row in body if first < len(row))
    return False if technical or keyless or 2 * sum(again) > len(again) else None


def _has_values(body: Sequence[Sequence[str]], place: int) -> bool:
    below = [row[place].strip() for row in body if place < len(row)]
    filled = [cell for cell in below if cell and not is_missing(cell)]
    return bool(filled) and sum(map(_is_value, filled)) >= 0.6 * len(filled)


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
    return [" / ".join(_different(parts)) for parts in zip(*spread, strict=True)]


def _different(parts: Sequence[str]) -> list[str]:
    """Parts of a name that say something more than those above."""
    different: dict[str, str] = {}
    for part in filter(None, parts):
        different.setdefault(fold_name(part) or part, part)
    return list(different.values())
