"""Administrative divisions: EPCI, département and région of each commune, as one table to join. Read once a process.

In: nothing. Out: an Arrow table, one row for each code of a commune, present or former.
"""

from functools import cache
from typing import Final

import pyarrow as pa

from beffroi.lake.reference import place_queries

CODE: Final = "code"
_TEXTS: Final = (
    CODE, "commune_code", "commune_name", "epci_code", "epci_name", "department_code", "department_name",
    "region_code", "region_name",
)  # fmt: skip
_SCHEMA: Final = pa.schema([*((name, pa.string()) for name in _TEXTS), ("population", pa.int64())])


@cache
def divisions() -> pa.Table:
    """`code` is unique: an INSEE code of today, or a former one, with its present commune.

    The code of an EPCI is its SIREN; for Greater Paris it is the Métropole's, not an EPT's. It is null for communes
    without EPCI, as is the population of lands without a legal count. Raises ReferenceMissing.

    >>> {row["code"]: row for row in divisions().to_pylist()}["75101"]["commune_name"]
    'Paris'
    """
    columns = zip(*place_queries.every_division(), strict=True)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA
    )
