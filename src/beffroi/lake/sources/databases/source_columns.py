"""A column as the database tells it (`SourceColumn`), and how it will be read (`ColumnPlan`)."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa


@dataclass(frozen=True)
class ColumnPlan:
    """One column on its way. `sure`: a text that must not be taken for something else afterwards."""

    name: str
    ask: Any
    arrow: pa.DataType
    sure: bool = False
    note: str = ""


@dataclass(frozen=True)
class SourceColumn:
    """A column as the database tells it; `declared_type` is its own word for the type."""

    name: str
    type: sa.types.TypeEngine[Any]
    declared_type: str


def bytes_note(name: str) -> str:
    return f"La colonne « {name} » contient des octets (images, pièces jointes) : elle n'est pas reprise."
