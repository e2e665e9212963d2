"""Sorting and filtering of a page of rows by one column each, as the rows are read: after the grant and its masks.

In: a column, and the words of a person as they read the values (« 12,5 », « 31/12/2024 », « oui »). Out: SQL on the granted rows.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self, get_args

from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.schemas import french_text

type Comparison = Literal["contains", "equals"]

LONGEST_TEXT: Final = 200
_NUMBER: Final = re.compile(r"DECIMAL|DOUBLE|FLOAT|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?\b")
_SPACES: Final = re.compile(r"[\s\u00a0\u202f]")


@dataclass(frozen=True)
class RowFilter:
    """Rows whose `column` contains, or is, `text`; case and accents do not count."""

    column: str
    comparison: Comparison
    text: str

    def __post_init__(self) -> None:
        if self.comparison not in get_args(Comparison.__value__) or not 0 < len(self.text) <= LONGEST_TEXT:
            raise LakeError(
                "Ce filtre n'est pas compris. Choisissez une colonne et écrivez ce que vous cherchez."
            )

    def to_sql(self, kinds: Mapping[str, str]) -> str:
        """Condition on rows whose columns have these types."""
        kind = _kind(self.column, kinds)
        if not _NUMBER.match(kind):
            whole = "equals" if kind != "TIMESTAMP" else "begins"  # seconds are not shown
            return self._folded(french_text(self.column, kind), self.text, whole)
        text = _SPACES.sub("", self.text).replace("\u2212", "-").replace(".", ",")
        if self.comparison == "contains":
            return self._folded(french_text(self.column, kind), text, "equals")
        number = f"TRY_CAST({quote_literal(text.replace(',', '.'))} AS DOUBLE)"
        return f"CAST({quote_identifier(self.column)} AS DOUBLE) = {number}"

    def _folded(self, found: str, text: str, whole: str) -> str:
        found, sought = (f"lower(strip_accents({each}))" for each in (found, quote_literal(text)))
        if self.comparison == "contains":
            return f"contains({found}, {sought})"
        return f"starts_with({found}, {sought})" if whole == "begins" else f"{found} = {sought}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(str(data["column"]), data["comparison"], str(data["text"]))


@dataclass(frozen=True)
class RowOrder:
    """Rows in the order of a column, missing values last."""

    column: str
    descending: bool = False

    def to_sql(self, kinds: Mapping[str, str]) -> str:
        kind = _kind(self.column, kinds)
        value = quote_identifier(self.column)
        if kind == "VARCHAR":
            value = f"lower(strip_accents({value}))"  # as a person files names: « École » beside « ecole »
        return f"{value} {'DESC' if self.descending else 'ASC'} NULLS LAST"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(str(data["column"]), data["descending"] is True)


def _kind(column: str, kinds: Mapping[str, str]) -> str:
    if column not in kinds:
        raise LakeError(
            "Cette colonne ne se lit pas ici. Rien n'a été lu. Choisissez une colonne de la page."
        )
    return kinds[column]
