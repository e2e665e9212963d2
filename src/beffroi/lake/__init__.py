"""The lake: a territory's data, typed and versioned, read only through grants. No Django: a notebook may use it.

`open_lake` opens a folder; `read` gives what a grant opens; `extract` writes it as one plain Parquet file.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from beffroi.lake.grants import Grant
    from beffroi.lake.store import Lake

__all__ = ["extract", "open_lake", "read"]

# DuckDB and Ibis are imported on use: naming the package must stay free for the command line.


def open_lake(path: Path | str, *, read_only: bool = True) -> "Lake":
    """The lake kept in a folder, for reading unless said otherwise."""
    from beffroi.lake.store import Lake

    return Lake(Path(path), read_only=read_only)


def read(grant: "Grant") -> "ir.Table":
    """A lazy Ibis table of what the grant opens. Raises GrantExpired, LakeError."""
    return open_lake(grant.lake).relation(grant)


def extract(grant: "Grant", into: Path) -> Path:
    """Write what the grant opens to the Parquet file `into`, whole or not at all; engines that know no lake read it."""
    into.parent.mkdir(parents=True, exist_ok=True)
    partial = into.with_name(f".{into.name}.partial")
    try:
        with open_lake(grant.lake) as lake:
            lake.relation(grant).to_parquet(partial)
        partial.replace(into)
    finally:
        partial.unlink(missing_ok=True)
    return into
