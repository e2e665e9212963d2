"""Candidate keys of an upsert, from column names and contents, with the effect of an update by each.

In: the target table and a staged file. Out: a few candidates, best first; a person chooses.
"""

# Names go through `quote_identifier`: no text of a user becomes SQL.
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

MAX_CANDIDATES, MAX_KEY_PARTS = 3, 6
NEARLY = 0.97  # the count of distinct values is an estimate, a few hundredths off
EXACT_UNDER = 200_000  # rows; beyond, values are estimated, and `effect` has the last word
DATED = ("date", "datetime")
# The words that name an identifier, the surest first.
WORDS = (
    "siret", "siren", "insee", "uai", "rna", "uuid", "guid", "identifiant", "code", "numero", "reference", "matricule",
    "immatriculation", "cadastre", "parcelle", "idu", "objectid", "fid", "gid", "cle", "key", "id", "ids", "ref", "num", "no", "n",
)  # fmt: skip
_NAMED = re.compile(rf"(^|_)({'|'.join(WORDS)})(_|$)")


@dataclass(frozen=True)
class Candidate:
    """Columns that may be the key, and the effect of an update by them; `trouble`: why they cannot, in French."""

    columns: tuple[str, ...]
    effect: Effect | None = None
    trouble: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        effect = Effect(**data["effect"]) if data["effect"] else None
        return cls(tuple(data["columns"]), effect, data["trouble"])


def propose_keys(
    target: TargetTable,
    staged: StagedTable,
    effect: Callable[[Sequence[str]], Effect],
    known: Sequence[str] = (),
) -> tuple[Candidate, ...]:
    """Columns unique in the file and among the current rows. `known`: the key of the previous delivery.

    `effect` computes an update by a key, and raises LakeError for one that is not unique.
    """
    if known:
        return (_weighed(tuple(known), effect),)
    types = target.types()
    common = [column for column in staged.columns if column.name in types]
    single = sorted(filter(_likely, common), key=lambda column: not _NAMED.search(column.name))
    unique = _unique(target, staged, [(column.name,) for column in single])
    if not unique:
        parts = [column.name for column in common if _part(column)][:MAX_KEY_PARTS]
        unique = _unique(target, staged, list(combinations(parts, 2)))
    if not unique:  # a series: one row a day, or a moment
        unique = _unique(target, staged, [(column.name,) for column in common if column.type in DATED])
    weighed = (_weighed(columns, effect) for columns in unique[:MAX_CANDIDATES])
    return tuple(candidate for candidate in weighed if not candidate.trouble)


def _likely(column: Column) -> bool:
    """Whether a single column may be a key: named like one, or made of codes."""
    return column.type in ("text", "code", "integer") and bool(
        _NAMED.search(column.name) or column.type == "code"
    )


def _part(column: Column) -> bool:
    """Whether a column may be part of a key: texts, codes and dates; a number without such a name is a measure."""
    return column.type in ("text", "code", *DATED) or (
        column.type == "integer" and bool(_NAMED.search(column.name))
    )


def _unique(
    target: TargetTable, staged: StagedTable, candidates: list[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Candidates filled and unique on every row of the file; nearly so among the current rows."""
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
