"""The lake: a territory's data, typed and versioned, read only through grants. No Django: a notebook may use it.

`open_lake` opens what a grant opens, or a folder that one owns; `read` gives what a grant opens; `extract` writes it as
plain Parquet files for another engine.
"""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from beffroi.lake.extracts import Extract
    from beffroi.lake.granted_dataset import Granted
    from beffroi.lake.grants import Grant
    from beffroi.lake.store import Lake

__all__ = ["extract", "open_lake", "read"]

# DuckDB and Ibis are imported on use: naming the package must stay free for the command line.


@overload
def open_lake(path: Path | str, *, read_only: bool = True) -> "Lake": ...
@overload
def open_lake(path: Path | str, *, grant: "Grant | Path | str") -> "Granted": ...
def open_lake(
    path: Path | str, *, grant: "Grant | Path | str | None" = None, read_only: bool = True
) -> "Lake | Granted":
    """What a grant opens of the lake kept in a folder, or the whole lake for whoever owns the folder.

    `grant`: the file given by « Ouvrir dans un carnet » or by `beffroi grant` (`path` is then a home or a lake's
    folder), or a Grant made in this program. Without one, the caller is taken for the owner of the folder: `Lake` reads
    and, unless `read_only`, writes everything. Raises GrantExpired, GrantForged, LakeError.
    """
    if grant is None:
        from beffroi.lake.store import Lake

        return Lake(Path(path), read_only=read_only)
    from beffroi.lake import grant_files
    from beffroi.lake.granted_dataset import Granted
    from beffroi.lake.grants import Grant

    if isinstance(grant, Grant):
        return Granted(replace(grant, lake=str(path)))
    return Granted(grant_files.read_grant_file(grant, Path(path)))


def read(grant: "Grant") -> "ir.Table":
    """A lazy Ibis table of what the grant opens. Raises GrantExpired, LakeError."""
    return open_lake(grant.lake).relation(grant)


def extract(
    grant: "Grant", snapshot: int | None = None, *, within: Path | None = None
) -> "AbstractContextManager[Extract]":
    """Plain Parquet files of what the grant opens, for an engine that knows no lake; gone when the `with` ends.

    `snapshot`: the version, which is the grant's own. `within`: where the folder is made. Raises GrantExpired, LakeError.

    >>> with extract(grant, grant.version) as plain:  # doctest: +SKIP
    ...     spark.read.parquet(plain.glob).count()
    """
    from beffroi.lake.extracts import temporary_extract

    return temporary_extract(grant, snapshot, within=within)
