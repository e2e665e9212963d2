"""Arrow types of the columns that a manifest declares."""

import pyarrow as pa

INPUT_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "code": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),  # as the meter wrote it: no zone
    "geometry": pa.string(),
}
OUTPUT_TYPES = INPUT_TYPES | {"datetime": pa.string()}
