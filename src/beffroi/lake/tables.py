"""Data transfer objects of readers: a staged table, its columns, the guesses made, a refused file.

Frozen dataclasses, with `to_dict` and `from_dict` for JSON.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

DELIVERY, LINE = "_delivery", "_line"
HOUSE = (DELIVERY, LINE)
"""The columns that the house adds: where a row comes from. Together they give the rows their order."""

ColumnType = Literal[
    "text", "code", "integer", "decimal", "number", "boolean", "date", "datetime", "time", "geometry"
]


@dataclass(frozen=True)
class Column:
    """One column: `name` is a unique ascii snake_case identifier, `label` the header as found.

    `code` is an identifier stored as text (SIRET, INSEE, postcode, phone, act number); `geometry` is GeoJSON text.
    `personal` names the detected kind of personal data ("email", "phone", "name", "nir", "birth", "address"; "person" and
    "trait" where a row is a person) or None.
    """

    name: str
    label: str
    type: ColumnType
    personal: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)


@dataclass(frozen=True)
class Guess:
    """Decision made by the reader, in French, that a person may correct.

    `about` is its kind ("encoding", "separator", "header", "totals", "type", "code", "order", "century", "decimals", "missing",
    "personal", "unfit"), empty when it cannot be corrected; `column` the identifier of its column, if any. `choices`
    are the values that a correction may take, `chosen` the current one. `examples` are texts of the file: they may be
    personal, and stay out of the database.
    """

    what: str
    value: str
    why: str
    certain: bool
    about: str = ""
    column: str = ""
    choices: tuple[str, ...] = ()
    chosen: str = ""
    examples: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values, without the examples."""
        data = asdict(self) | {"choices": list(self.choices)}
        del data["examples"]
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Guesses written by earlier versions have the first four fields only."""
        known = {each.name for each in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        return cls(**{**values, "choices": tuple(values.get("choices", ()))})


@dataclass(frozen=True)
class StagedTable:
    """Typed table read from a file, in the staging folder; the lake is unchanged.

    `rows_read` = `rows_kept` + `rows_quarantined`, always. `parquet` has the columns and `_line` (1-based line or row
    of the source); `quarantine` has the file, line, reason, kind and raw text of each quarantined row.
    """

    name: str
    origin: str
    file_sha256: str
    columns: tuple[Column, ...]
    rows_read: int
    rows_kept: int
    rows_quarantined: int
    parquet: Path
    quarantine: Path
    guesses: tuple[Guess, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            **{key: getattr(self, key) for key in ("name", "origin", "file_sha256")},
            **{key: getattr(self, key) for key in ("rows_read", "rows_kept", "rows_quarantined")},
            "columns": [column.to_dict() for column in self.columns],
            "guesses": [guess.to_dict() for guess in self.guesses],
            "parquet": str(self.parquet),
            "quarantine": str(self.quarantine),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            **{
                **data,
                "columns": tuple(Column.from_dict(column) for column in data["columns"]),
                "guesses": tuple(Guess.from_dict(guess) for guess in data["guesses"]),
                "parquet": Path(data["parquet"]),
                "quarantine": Path(data["quarantine"]),
            }
        )


@dataclass(frozen=True)
class Refused:
    """File, or part of one, that did not become a table, and the reason in French with the next step."""

    file: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)
