"""In-process query engine with limits. In: a query (`requests`). Out: its released result.

The connection is opened for the lakes of its grants and locked (`lake_session`). The site never calls this module, it
sends requests to the query processes (`pool`).
"""

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import duckdb

from beffroi.lake import catalogues, files
from beffroi.lake.errors import LakeError
from beffroi.recipes.errors import QueryRefused, QueryTooLong, RecipeError
from beffroi.recipes.lake_session import LakeSession, open_lakes
from beffroi.recipes.release import MAX_ROWS
from beffroi.recipes.requests import Query
from beffroi.recipes.timeouts import interrupt_after

_STALE_CATALOG_ERRORS = (duckdb.CatalogException, duckdb.BinderException, duckdb.InvalidInputException)


@dataclass(frozen=True)
class Limits:
    """Resource limits of one query: `memory` as DuckDB writes it ("512MB"), `seconds`, `rows` returned."""

    memory: str = "1GB"
    seconds: float = 30.0
    rows: int = MAX_ROWS


def answer[A](request: Query[A], limits: Limits | None = None) -> A:
    """Run one query in this thread, see `Engine.answer`; engines are cached per thread, opening one costs more than most queries."""
    limits = limits or Limits()
    engines: dict[Limits, Engine] = _thread_local.__dict__.setdefault("engines", {})
    return engines.setdefault(limits, Engine(limits)).answer(request)


class Engine:
    """Query engine that answers one request after the other and caches the sessions of the most recent lakes."""

    MAX_OPEN = 4

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._open: dict[tuple[Hashable, ...], LakeSession] = {}

    def answer[A](self, request: Query[A]) -> A:
        """Answer the request within the limits.

        Raises RecipeError, LakeError (GrantExpired among them), QueryRefused, QueryTooLong: all messages are French.
        """
        grants = request.grants_read()
        for grant in grants.values():
            grant.check()
        session = self._session_for(sorted({grant.lake for grant in grants.values()}), request.extensions)
        remembers = bool(session.tables)
        timed_out = threading.Event()
        try:
            with interrupt_after(session.connection, self.limits.seconds, timed_out):
                return request.execute(session, self.limits.rows)
        except Exception as error:
            # An interruption takes many forms on its way through Arrow and Ibis: only the clock identifies it.
            if isinstance(error, (LakeError, RecipeError, QueryRefused)) and not timed_out.is_set():
                raise
            # The failure may have broken the connection: the next request gets a new one.
            self.close()
            if remembers and isinstance(error, _STALE_CATALOG_ERRORS) and not timed_out.is_set():
                # A cached version may have expired since: a new connection reports it properly.
                return self.answer(request)
            raise self._explain(error, interrupted=timed_out.is_set()) from error

    def close(self) -> None:
        for session in self._open.values():
            session.connection.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _session_for(self, lakes: list[str], extensions: tuple[str, ...]) -> LakeSession:
        # A lake restored in place, or moved, has another catalogue under the same name.
        key = (extensions, *((lake, catalogues.catalogue_identity(Path(lake))) for lake in lakes))
        session = self._open.pop(key, None) or open_lakes(lakes, self.limits.memory, extensions)
        self._open[key] = session
        if len(self._open) > self.MAX_OPEN:
            self._open.pop(next(iter(self._open))).connection.close()
        return session

    def _explain(self, error: Exception, *, interrupted: bool) -> QueryRefused:
        data_intact = "Vos données sont intactes."
        if interrupted:
            return QueryTooLong(
                f"L'analyse a été arrêtée après {self.limits.seconds:g} secondes. {data_intact} "
                "Filtrez davantage (une année, un lieu), puis recommencez."
            )
        if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) or "Out of Memory" in str(error):
            return QueryTooLong(
                f"L'analyse demande plus de mémoire que permis ({self.limits.memory}). {data_intact} "
                "Filtrez ou regroupez davantage, puis recommencez."
            )
        if isinstance(error, duckdb.DataError) and "out of range" in str(error).casefold():
            return QueryRefused(
                f"Un calcul donne un nombre trop grand pour être tenu exactement. {data_intact} "
                "Divisez ou arrondissez d'abord ce qu'il multiplie ou additionne, puis recommencez."
            )
        if files.server_lost(error):
            return QueryRefused(f"{files.SERVER_LOST} {data_intact} Recommencez dans un moment.")
        if files.damaged(error):
            return QueryRefused(str(files.unreadable(error)))
        if files.disk_full(error):
            return QueryRefused(f"Le disque du serveur est plein. {data_intact} Prévenez votre hébergeur.")
        return QueryRefused(f"L'analyse n'a pas pu être calculée. {data_intact} Détail technique : {error}")


_thread_local = threading.local()
