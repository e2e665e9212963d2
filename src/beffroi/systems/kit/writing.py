"""What a run writes, and what a sample gives: tables with the columns and types that the manifest declares.

In come rows as dictionaries; out go Arrow tables. Numbers of NumPy are taken, and what is no number becomes an empty cell.
A number of a whole column is rounded.
"""

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from beffroi.systems.column_types import INPUT_TYPES, OUTPUT_TYPES
from beffroi.systems.kit.declared import manifest_of

_OF_NUMPY = (np.generic, np.ndarray)


@cache
def schema(package: str, name: str, side: Literal["outputs", "inputs"] = "outputs") -> pa.Schema:
    """The Arrow schema of one of the manifest's tables. Raises `KeyError` where it declares none of this name."""
    for table in manifest_of(package).get(side, ()):
        if table["name"] == name:
            types = OUTPUT_TYPES if side == "outputs" else INPUT_TYPES
            return pa.schema([(column["name"], types[column["type"]]) for column in table["columns"]])
    raise KeyError(name)


def input_table(package: str, name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """The rows of a sample as the input table `name`; a column that a row lacks is empty."""
    return pa.Table.from_pylist(list(rows), schema=schema(package, name, "inputs"))


def table(package: str, output: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """The rows as the table `output`; a column that a row lacks is empty. Raises `KeyError` for one that is not declared."""
    declared, written = schema(package, output), list(rows)
    if undeclared := set().union(*written) - set(declared.names):
        raise KeyError(f"{output}.{min(undeclared)}")
    arrays = []
    for field in declared:
        whole = field.type == pa.int64()
        cells = [_cell(row.get(field.name), whole) for row in written]
        arrays.append(pa.array(cells, type=field.type))
    return pa.Table.from_arrays(arrays, schema=declared)


def _cell(value: Any, whole: bool) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return round(value) if whole else value
    return _cell(value.item(), whole) if isinstance(value, _OF_NUMPY) else value
