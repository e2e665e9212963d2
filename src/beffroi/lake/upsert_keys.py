"""Which columns name a row: proposed from their names and contents, with what an update by them would do.

In: the table held and a staged file. Out: a few candidates, the likeliest first; a person chooses.
"""

# Names go through `identifier`: no text of a user becomes SQL.
# ruff: noqa: S608

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Self

from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.tables import Column, StagedTable
from beffroi.lake.target_tables import TargetTable, staged_rows
from beffroi.lake.upserts import Effect

MOST, MOST_PARTS = 3, 6
NEARLY = 0.97  # the count of distinct values is an estimate, a few hundredths off
EXACT_UNDER = 200_000  # rows; beyond, values are estimated, and `effect` has the last word
# The words that name an identifier, the surest first.
WORDS = (
    "siret", "siren", "insee", "uai", "rna", "uuid", "guid", "identifiant", "code", "numero", "reference", "matricule",
    "immatriculation", "cadastre", "parcelle", "idu", "objectid", "fid", "gid", "cle", "key", "id", "ids", "ref", "num", "no", "n",
)  # fmt: skip
_NAMED = re.compile(rf"(^|_)({'|'.join(WORDS)})(_|$)")


@dataclass(frozen=True)
class Candidate:
    """Columns that may be the key, and what an update by them would do; `trouble`: why they cannot, in French."""

    columns: tuple[str, ...]
    effect: Effect | None = None
    trouble: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        effect = Effect(**data["effect"]) if data["effect"] else None
        return cls(tuple(data["columns"]), effect, data["trouble"])


def propose(
    target: TargetTable,
    staged: StagedTable,
    effect: Callable[[Sequence[str]], Effect],
    known: Sequence[str] = (),
) -> tuple[Candidate, ...]:
    """The columns that name one row each, in the file and among the rows held. `known`: the key of the last time.

    `effect` weighs an update by a key, and raises LakeError for one that does not name one row.
    """
    if known:
        return (_weighed(tuple(known), effect),)
    types = target.types()
    common = [column for column in staged.columns if column.name in types]
    single = sorted(filter(_likely, common), key=lambda column: not _NAMED.search(column.name))
    unique = _unique(target, staged, [(column.name,) for column in single])
    if not unique:
        parts = [column.name for column in common if _part(column)][:MOST_PARTS]
        unique = _unique(target, staged, list(combinations(parts, 2)))
    weighed = (_weighed(columns, effect) for columns in unique[:MOST])
    return tuple(candidate for candidate in weighed if not candidate.trouble)


def _likely(column: Column) -> bool:
    """A column alone is a key when it is named like one, or holds codes."""
    return column.type in ("text", "code", "integer") and bool(
        _NAMED.search(column.name) or column.type == "code"
    )


def _part(column: Column) -> bool:
    """A column may be half of a key: words, codes and dates; a number that is not named so is a measure."""
    words = ("text", "code", "date", "datetime")
    return column.type in words or (column.type == "integer" and bool(_NAMED.search(column.name)))


def _unique(
    target: TargetTable, staged: StagedTable, candidates: list[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Those that have a value on every row of the file, and no value twice; nearly so among the rows held."""
    counted = target.connection.execute(f"SELECT count(*) FROM {target.at}").fetchone()
    sides = ((staged_rows(staged), staged.rows_kept), (target.at, int(counted[0]) if counted else 0))
    return [
        columns
        for columns in candidates
        if all(total and _names_each(target, rows, total, columns) for rows, total in sides)
    ]


def _names_each(target: TargetTable, rows: str, total: int, columns: Sequence[str]) -> bool:
    exact = total <= EXACT_UNDER
    return _distinct(target, rows, columns, exact=exact) >= (1 if exact else NEARLY) * total


def _distinct(target: TargetTable, rows: str, columns: Sequence[str], *, exact: bool) -> int:
    names = ", ".join(map(quote_identifier, columns))
    present = " AND ".join(f"{quote_identifier(name)} IS NOT NULL" for name in columns)
    value = f"ROW({names})" if len(columns) > 1 else names
    counted = f"count(DISTINCT {value})" if exact else f"approx_count_distinct({value})"
    row = target.connection.execute(f"SELECT {counted} FROM {rows} WHERE {present}").fetchone()
    return int(row[0]) if row else 0


def _weighed(columns: tuple[str, ...], effect: Callable[[Sequence[str]], Effect]) -> Candidate:
    try:
        return Candidate(columns, effect(columns))
    except LakeError as error:
        return Candidate(columns, None, str(error))
