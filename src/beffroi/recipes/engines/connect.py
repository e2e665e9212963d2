"""Spark Connect client. In: a server. Out: an Ibis backend that returns Arrow tables.

A `Server` is Spark or Sail at an address that the operator gives; Sail without an address is started on this machine,
for as long as it is used. No server is contacted that the operator did not name.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import ibis.expr.types as ir

from beffroi.recipes.engines.support import TITLES
from beffroi.recipes.errors import QueryRefused

PORT: Final = 15002
"""Default port of Spark Connect."""


@dataclass(frozen=True)
class Server:
    """Server: `name` is "spark" or "sail"; `address` as Spark Connect writes it (sc://host:15002), "": Sail on this machine."""

    name: str
    address: str = ""

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse « sail », « sail=sc://host:50051 », « spark=sc://host:15002 ». Raises QueryRefused."""
        name, _, address = (part.strip() for part in text.partition("="))
        good = name == "sail" if not address else name in ("sail", "spark") and address.startswith("sc://")
        if not good:
            raise QueryRefused(
                f"« {text} » ne désigne pas un moteur. Écrivez « sail », « sail=sc://hôte:port » ou "
                "« spark=sc://hôte:port ». Rien n'a été lu."
            )
        return cls(name, address)


@contextmanager
def connect(server: Server) -> Iterator[Any]:
    """Own session on the server, as an Ibis backend. Raises QueryRefused when it does not answer."""
    try:
        from pyspark.errors.exceptions.base import PySparkException

        from beffroi.recipes.engines.backend import Backend
    except ImportError as error:
        raise _not_installed(server) from error
    with serving_address(server) as address:
        try:
            _require_reachable(address)
            backend = Backend.open_session(server.name, address)
        except (PySparkException, OSError) as error:
            raise QueryRefused(
                f"{server.title} ne répond pas à l'adresse {_without_token(address)}. Rien n'a été lu. Vérifiez qu'il est "
                f"démarré, puis recommencez. Détail technique : {error}"
            ) from error
        try:
            yield backend
        finally:
            with suppress(Exception):  # an abandoned session is closed already
                backend.session.stop()


def read_folder(backend: Any, folder: Path, name: str) -> ir.Table:
    """Parquet files of a folder, as a table of this session only."""
    backend.session.read.parquet(str(folder)).createOrReplaceTempView(name)
    table: ir.Table = backend.table(name)
    return table


@contextmanager
def serving_address(server: Server) -> Iterator[str]:
    """Address of the server; Sail without an address runs for the duration of the context. Raises QueryRefused."""
    if server.address:
        yield server.address
        return
    program = [sys.executable, "-m", "beffroi.recipes.engines.sail_server"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as here:  # fmt: skip
        try:
            port = here.stdout.readline().strip() if here.stdout else ""
            if not port:
                raise _not_installed(server)
            yield f"sc://127.0.0.1:{port}"
        finally:
            here.kill()


def _not_installed(server: Server) -> QueryRefused:
    return QueryRefused(
        f"Ce qu'il faut pour parler à {server.title} n'est pas installé ici. Rien n'a été lu. Installez "
        "« beffroi[distributed] », ou calculez avec DuckDB."
    )


def _require_reachable(address: str) -> None:
    """Raises OSError when nothing listens there: the client itself would retry for ten minutes."""
    place = urlsplit(address)
    socket.create_connection((place.hostname or "", place.port or PORT), timeout=10).close()


def _without_token(address: str) -> str:
    return address.partition("/;")[0]
