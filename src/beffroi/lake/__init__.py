"""Territory data lake: typed, versioned tables read only through grants. No Django: usable from a notebook.

`open_lake` opens a lake by a grant, or a folder for its owner; `read` returns a granted table; `extract` writes it as plain
Parquet files for another engine.
"""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from beffroi.lake.extracts import Extract
    from beffroi.lake.granted_dataset import GrantedDataset
    from beffroi.lake.grants import Grant
    from beffroi.lake.store import Lake

__all__ = ["extract", "open_lake", "read"]

# DuckDB and Ibis are imported on use: naming the package must stay free for the command line.


@overload
def open_lake(path: Path | str, *, read_only: bool = True) -> "Lake": ...
@overload
def open_lake(path: Path | str, *, grant: "Grant | Path | str") -> "GrantedDataset": ...
def open_lake(
    path: Path | str, *, grant: "Grant | Path | str | None" = None, read_only: bool = True
) -> "Lake | GrantedDataset":
    """Granted dataset of a lake, or the whole lake for the owner of its folder.

    `grant`: the file provided by « Ouvrir dans un carnet » or `beffroi grant` (`path` is then a home or a lake's folder), or a
    Grant made in this program. Without a grant the caller is the owner of the folder: `Lake` reads and, unless `read_only`,
    writes everything. Raises GrantExpired, GrantForged, LakeError.
    """
    if grant is None:
        from beffroi.lake.store import Lake

        return Lake(Path(path), read_only=read_only)
    from beffroi.lake import grant_files
    from beffroi.lake.granted_dataset import GrantedDataset
    from beffroi.lake.grants import Grant

    if isinstance(grant, Grant):
        return GrantedDataset(replace(grant, lake=str(path)))
    return GrantedDataset(grant_files.read_grant_file(grant, Path(path)))


def read(grant: "Grant") -> "ir.Table":
    """Lazy Ibis table of a grant. Raises GrantExpired, LakeError."""
    return open_lake(grant.lake).relation(grant)


def extract(
    grant: "Grant", snapshot: int | None = None, *, within: Path | None = None
) -> "AbstractContextManager[Extract]":
    """Temporary plain Parquet files of a grant, for an engine that reads no lake; deleted at the end of the `with`.

    `snapshot`: the version, which must be the grant's own. `within`: parent of the temporary folder. Raises
    GrantExpired, LakeError.

    >>> with extract(grant, grant.version) as plain:  # doctest: +SKIP
    ...     spark.read.parquet(plain.glob).count()
    """
    from beffroi.lake.extracts import temporary_extract

    return temporary_extract(grant, snapshot, within=within)
