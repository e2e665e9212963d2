"""Rows that are alone on some columns: how far a publication of these columns would single people out.

In: a grant of those columns. Out: two counts of the whole table, never a row nor a value, whatever the grant protects.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from beffroi.lake.grants import Grant
from beffroi.recipes.lake_session import LakeSession
from beffroi.recipes.release import Released

_SAME = "_same"


@dataclass(frozen=True)
class Uniqueness:
    """`rows` of a table, and how many of them are `unique`: no other has the same values in the columns."""

    rows: int
    unique: int


@dataclass(frozen=True)
class UniquenessRequest:
    """Request for the uniqueness of the rows of a grant, in its columns."""

    grant: Grant
    extensions: ClassVar[tuple[str, ...]] = ()

    @property
    def territory(self) -> str:
        return self.grant.territory

    def grants_read(self) -> Mapping[str, Grant]:
        return {"jeu": self.grant}

    def execute(self, session: LakeSession, max_rows: int) -> Released:
        table = session.read(self.grant)
        same = table.group_by(list(self.grant.columns)).aggregate(**{_SAME: table.count()})[_SAME]
        counts = same.as_table().aggregate(
            rows=same.sum().fill_null(0), unique=(same == 1).sum().fill_null(0)
        )
        return Released(counts.to_pyarrow(), 0, "", 1, truncated=False)

    @staticmethod
    def read(answer: Released) -> Uniqueness:
        """Uniqueness of an answer."""
        (row,) = answer.table.to_pylist()
        return Uniqueness(int(row["rows"]), int(row["unique"]))

    def to_json(self) -> str:
        return json.dumps({"uniqueness": {"grant": self.grant.to_dict()}})

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(Grant.from_dict(data["uniqueness"]["grant"]))
