"""Distributed execution of a request on Spark or Sail: same recipe, same disclosure control, same result.

In: a request (`requests`), a server. Out: its released result. Each source is written as a plain extract of what its grant
opens, for the duration of the query; the engine reads nothing else, and results only leave through `recipes.release`.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ibis.expr.types as ir

from beffroi.lake.errors import LakeError
from beffroi.lake.extracts import temporary_extract
from beffroi.lake.grants import Grant
from beffroi.recipes.engines.connect import Server, connect, read_folder
from beffroi.recipes.engines.support import require_supported
from beffroi.recipes.errors import QueryRefused, QueryTooLong, RecipeError
from beffroi.recipes.release import MAX_ROWS, Released
from beffroi.recipes.requests import Request

PATIENCE: Final = 10.0  # seconds
_OVERFLOWS: Final = ("out of range", "overflow", "cannot be represented as decimal")


@dataclass(frozen=True)
class RemoteEngine:
    """Remote engine. `folder`: where extracts are written, which the engine's machines must read too (None: the system's
    temporary folder, enough when it runs on this machine).
    """

    server: Server
    folder: Path | None = None
    seconds: float = 1800.0


def answer(request: Request, remote: RemoteEngine, *, max_rows: int = MAX_ROWS) -> Released:
    """Answer the request on this server.

    Raises RecipeError (a step that does not run there among them), LakeError, QueryRefused, QueryTooLong: in French.
    """
    for grant in request.grants_read().values():
        grant.check()
    for recipe in (request.recipe, *(one.recipe for one in request.earlier)):
        require_supported(recipe, remote.server.name)
    timed_out = threading.Event()
    with connect(remote.server) as backend, ExitStack() as extracts:
        try:
            with _interrupt_after(backend, remote.seconds, timed_out):
                return request.execute(_ExtractReader(backend, extracts, remote.folder), max_rows)
        except (LakeError, RecipeError, QueryRefused):
            raise
        except Exception as error:
            raise _explain(error, remote, interrupted=timed_out.is_set()) from error


@dataclass(frozen=True)
class _ExtractReader:
    """Reader of what grants open: extracted on first use, read by the server."""

    backend: Any
    stack: ExitStack
    folder: Path | None
    tables: dict[Any, ir.Table] = field(default_factory=dict)

    def read(self, grant: Grant, *, unit_as: str | None = None, row_as: str | None = None) -> ir.Table:
        key = (grant.fingerprint, grant.lake, unit_as, row_as)
        if key not in self.tables:
            within = self.folder or Path(tempfile.gettempdir())
            made = self.stack.enter_context(
                temporary_extract(grant, within=within, unit_as=unit_as, row_as=row_as)
            )
            self.tables[key] = read_folder(self.backend, made.folder, f"source_{len(self.tables)}")
        return self.tables[key]


@contextmanager
def _interrupt_after(backend: Any, seconds: float, timed_out: threading.Event) -> Iterator[None]:
    """Interrupt the session once the time is over, repeatedly until the end: a recipe may run several queries.

    A server too busy to react is abandoned after `PATIENCE`.
    """
    done = threading.Event()

    def interrupt() -> None:
        while not done.wait(0.2):
            with suppress(Exception):  # a query that has just ended cannot be interrupted
                backend.session.interruptAll()

    def watch() -> None:
        if done.wait(seconds):
            return
        timed_out.set()
        threading.Thread(target=interrupt, daemon=True).start()
        if not done.wait(PATIENCE):
            backend.abandon()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _explain(error: Exception, remote: RemoteEngine, *, interrupted: bool) -> QueryRefused:
    data_intact = "Vos données sont intactes."
    if interrupted:
        return QueryTooLong(
            f"L'analyse a été arrêtée après {remote.seconds:g} secondes sur {remote.server.title}. {data_intact} "
            "Filtrez davantage (une année, un lieu), puis recommencez."
        )
    if any(sign in str(error).casefold() for sign in _OVERFLOWS):
        return QueryRefused(
            f"Un calcul donne un nombre trop grand pour être tenu exactement. {data_intact} "
            "Divisez ou arrondissez d'abord ce qu'il multiplie ou additionne, puis recommencez."
        )
    return QueryRefused(
        f"L'analyse n'a pas pu être calculée sur {remote.server.title}. {data_intact} Détail technique : {error}"
    )
