"""The nouns that readers hand to the lake: a staged table, its columns, the guesses made, a refused file.

Frozen dataclasses; each goes to JSON and back with `to_dict` and `from_dict`.
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

    `code` is an identifier kept as text (SIRET, INSEE, postcode, phone, act number); `geometry` is GeoJSON text.
    `personal` names the kind of personal data found ("email", "phone", "name", "nir", "birth", "address") or None.
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
    """Something that the reader decided by itself, in French, so that a person may disagree.

    `about` is its kind ("encoding", "separator", "header", "totals", "type", "code", "order", "decimals", "missing",
    "personal", "unfit"), empty when nothing of it can be changed; `column` the identifier of its column, if it has one.
    `choices` are the values that a correction of this kind may take, `chosen` the one in force. `examples` are texts of
    the file: they may tell of people, and stay out of the database.
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
        """JSON, the examples left out."""
        data = asdict(self) | {"choices": list(self.choices)}
        del data["examples"]
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Those written by earlier versions had the first four fields only."""
        known = {each.name for each in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        return cls(**{**values, "choices": tuple(values.get("choices", ()))})


@dataclass(frozen=True)
class StagedTable:
    """One table read from a file, typed, waiting in the staging folder; nothing of the lake has changed yet.

    `rows_read` = `rows_kept` + `rows_quarantined`, always. `parquet` holds the columns and `_line` (1-based line or
    row of the source); `quarantine` holds file, line, reason, kind and raw of each row set aside.
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
    """A file, or a part of one, that did not become a table, and the reason in French with what to do."""

    file: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)
