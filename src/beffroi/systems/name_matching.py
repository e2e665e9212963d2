"""Name matching between two files: candidate names for each unmatched one, and replacement of confirmed names.

In come the names of one column and those of the other; out go suggestions, best first. A person confirms: nothing is
replaced that nobody confirmed. Likeness is rapidfuzz's weighted ratio (0..100) of the folded names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
from rapidfuzz import fuzz, process

from beffroi.text import expand_ligatures, fold_name

CANDIDATES = 5
CONFIDENT_SCORE = (
    90.0  # from here on the first candidate is proposed; 107 of 108 were right on a real list of 121 schools
)


@dataclass(frozen=True)
class Unmatched:
    """A name that is not in the other column; `candidates` are names of it, the likeliest first.

    `likely`: the first one is near enough to be proposed, and no other is as near.
    """

    name: str
    candidates: tuple[str, ...]
    likely: bool


def find_unmatched(names: Iterable[str | None], known: Iterable[str | None]) -> list[Unmatched]:
    """Names absent from the other column, each once, in alphabetical order."""
    reference = {name for name in known if name}
    folded = {name: match_key(name) for name in sorted(reference)}
    found = []
    for name in sorted({name for name in names if name} - reference):
        best = process.extract(match_key(name), folded, scorer=fuzz.WRatio, limit=CANDIDATES)
        likely = bool(best) and best[0][1] >= CONFIDENT_SCORE and (len(best) < 2 or best[1][1] < best[0][1])
        found.append(Unmatched(name, tuple(str(candidate) for _, _, candidate in best), likely))
    return found


def apply_matches(column: pa.ChunkedArray, confirmed: Mapping[str, str]) -> pa.ChunkedArray:
    """The column with the names of the other table where a person confirmed one."""
    return pa.chunked_array(
        [pa.array([confirmed.get(name, name) for name in column.to_pylist()], column.type)]
    )


def match_key(name: str) -> str:
    """The key of a name, ligatures in two letters."""
    return fold_name(expand_ligatures(name))
