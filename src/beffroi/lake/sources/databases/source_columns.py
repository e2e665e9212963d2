"""Columns of a source table, as described by the database (`SourceColumn`) and as they will be read (`ColumnPlan`)."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa


@dataclass(frozen=True)
class ColumnPlan:
    """Reading plan of a column. `sure`: a text that must not be inferred as another type afterwards."""

    name: str
    expression: Any
    arrow: pa.DataType
    sure: bool = False
    note: str = ""


@dataclass(frozen=True)
class SourceColumn:
    """Column as described by the database; `declared_type` is its own name of the type."""

    name: str
    type: sa.types.TypeEngine[Any]
    declared_type: str


def bytes_note(name: str) -> str:
    return f"La colonne « {name} » contient des octets (images, pièces jointes) : elle n'est pas reprise."
