"""The lake: a territory's data, typed and versioned, read only through grants. No Django: a notebook may use it.

`open_lake` opens what a grant opens, or a folder that one owns; `read` gives what a grant opens; `extract` writes it as one plain Parquet file.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from beffroi.lake.granted import Granted
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
    from beffroi.lake import passes
    from beffroi.lake.granted import Granted
    from beffroi.lake.grants import Grant

    if isinstance(grant, Grant):
        return Granted(replace(grant, lake=str(path)))
    return Granted(passes.read(grant, Path(path)))


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
