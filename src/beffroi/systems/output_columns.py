"""Output tables as a manifest writes them: a column that an earlier table describes is named alone.

In come the tables of `outputs`; out come the same with whole columns.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def resolve(outputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The tables with every column as a table of its own: a name alone is the nearest column before it that bears
    it, « works.building » that of the table `works`.

    Raises `ValueError`, in French, for a name that none describes.
    """
    described: dict[str, Any] = {}
    found = []
    for table in outputs:
        columns = []
        for column in table.get("columns", ()):
            if isinstance(column, str):
                if column not in described:
                    raise ValueError(
                        f"« {column} » de la table « {table.get('name')} » n’est décrite dans aucune table avant elle"
                    )
                columns.append(described[column])
            else:
                columns.append(column)
                if isinstance(column, Mapping):
                    described[str(column.get("name"))] = column
                    described[f"{table.get('name')}.{column.get('name')}"] = column
        found.append({**table, "columns": columns} if "columns" in table else dict(table))
    return found
