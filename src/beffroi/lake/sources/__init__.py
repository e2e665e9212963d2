"""Data sources: databases, services, servers and folders, reached only where the operator allows.

`list_offers` lists what is available, `check` tests the connection, `fetch` downloads files for `readers.stage`, `in_place`
queries a table in its database, `pin_host_key` pins the host key of an SFTP server. All traffic goes through one `Network`.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beffroi.lake.sources.errors import (
    AccessRefused,
    AddressRefused,
    NotThere,
    SourceDown,
    SourceError,
    TooMuch,
)
from beffroi.lake.sources.network import Network
from beffroi.lake.sources.offers import (
    Fetched,
    Offer,
    OfferedColumn,
    ProgressCallback,
    choose,
    ignore_progress,
)
from beffroi.lake.sources.specs import KINDS, UNTESTED, Secret, Spec, dump, parse

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "KINDS",
    "UNTESTED",
    "AccessRefused",
    "AddressRefused",
    "Fetched",
    "Network",
    "NotThere",
    "Offer",
    "OfferedColumn",
    "Secret",
    "SourceDown",
    "SourceError",
    "Spec",
    "TooMuch",
    "check",
    "choose",
    "dump",
    "fetch",
    "in_place",
    "list_offers",
    "parse",
    "pin_host_key",
]

# Which module speaks with which kind; imported on use, as some bring a driver along.
_MODULES = {
    "postgresql": "databases",
    "mariadb": "databases",
    "sqlite": "databases",
    "oracle": "databases",
    "sqlserver": "databases",
    "http_json": "http_json",
    "http_file": "http_file",
    "ogc_features": "ogc_features",
    "wfs": "wfs",
    "sftp": "sftp",
    "folder": "folder",
    "s3": "s3",
}


def check(spec: Spec, secret: Secret, network: Network) -> str:
    """Test the connection to a source; the result in French. Raises SourceError."""
    with network.egress() as egress:
        return str(_module(spec).check(spec, secret, egress))


def list_offers(spec: Spec, secret: Secret, network: Network) -> list[Offer]:
    """Tables, layers or files of a source, with columns and approximate sizes where available. Raises SourceError."""
    with network.egress() as egress:
        return list(_module(spec).list_offers(spec, secret, egress))


def fetch(
    spec: Spec,
    secret: Secret,
    network: Network,
    into: Path,
    *,
    since: str | None = None,
    on_progress: ProgressCallback = ignore_progress,
) -> Fetched:
    """Download a source, or what is new `since` the cursor of the last fetch, as files in `into`.

    Atomic: a failed fetch leaves nothing in `into`. `on_progress` receives French messages. Raises SourceError.
    """
    into.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=into, prefix=".fetch-"))
    try:
        with network.egress() as egress:
            fetched: Fetched = _module(spec).fetch(spec, secret, egress, work, since, on_progress)
        files = tuple(_settle(path, work, into) for path in fetched.files)
        return replace(fetched, files=files, size=sum(path.stat().st_size for path in files))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def pin_host_key(spec: Spec, secret: Secret, network: Network) -> Spec:
    """Spec with what is pinned at first use, to be stored from then on: an SFTP server's host key. Raises SourceError."""
    module = _module(spec)
    if not hasattr(module, "pin_host_key"):
        return spec
    with network.egress() as egress:
        learnt: Spec = module.pin_host_key(spec, secret, egress)
        return learnt


@contextmanager
def in_place(spec: Spec, secret: Secret, network: Network) -> Iterator["ir.Table"]:
    """Table of a database as a read-only Ibis table, open as long as the `with`.

    Filters and the choice of columns are pushed down to the database when possible. Raises SourceError.
    """
    module = _module(spec)
    if not hasattr(module, "in_place"):
        raise SourceError(
            "Seule une table d'une base de données peut être lue sur place. Reprenez une copie."
        )
    with network.egress() as egress, module.in_place(spec, secret, egress) as table:
        yield table


def _module(spec: Spec) -> Any:
    return import_module(f"beffroi.lake.sources.{_MODULES[spec.kind]}")


def _settle(path: Path, work: Path, into: Path) -> Path:
    target = into / path.relative_to(work)
    target.parent.mkdir(parents=True, exist_ok=True)
    return path.replace(target)
