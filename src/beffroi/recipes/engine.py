"""Answering a request here, in this process. In: a recipe and one grant for each of its sources; out: a `Released`.

The connection is made for the lakes of the grants, attached read-only, then locked: no other file, no network, no
change of its limits. The site never calls this itself, it asks the query processes (`pool`).
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import duckdb
import ibis
from pydantic import ValidationError

from beffroi.lake import catalogues, files
from beffroi.lake.engine import connect
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.shapes import literal
from beffroi.lake.store import granted
from beffroi.recipes.compile import compile
from beffroi.recipes.errors import QueryRefused, QueryTooLong, RecipeError
from beffroi.recipes.model import Join, Recipe, Source
from beffroi.recipes.release import MOST_ROWS, Released, floors_of, release


@dataclass(frozen=True)
class Limits:
    """What one query may use: `memory` as DuckDB writes it ("512MB"), `seconds`, `rows` that it may give back."""

    memory: str = "1GB"
    seconds: float = 30.0
    rows: int = MOST_ROWS


@dataclass(frozen=True)
class Request:
    """`grants`: one for each alias of the recipe's sources. `today`: the day of relative dates (None: today)."""

    recipe: Recipe
    grants: Mapping[str, Grant]
    limit: int = 10_000
    today: date | None = None

    @property
    def territory(self) -> str:
        """Whose data are asked for: the line in which this request waits."""
        return min((grant.territory for grant in self.grants.values()), default="")

    def to_json(self) -> str:
        return json.dumps(
            {
                "recipe": self.recipe.model_dump(mode="json"),
                "grants": {alias: grant.to_dict() for alias, grant in self.grants.items()},
                "limit": self.limit,
                "today": self.today.isoformat() if self.today else None,
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises QueryRefused for what is not a request."""
        try:
            data = json.loads(text)
            return cls(
                recipe=Recipe.model_validate(data["recipe"]),
                grants={alias: Grant.from_dict(grant) for alias, grant in data["grants"].items()},
                limit=int(data["limit"]),
                today=date.fromisoformat(data["today"]) if data["today"] else None,
            )
        except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
            raise QueryRefused(
                "La demande est mal formée : rien n'a été lu. Rouvrez la page, puis recommencez."
            ) from error


def answer(request: Request, limits: Limits | None = None) -> Released:
    """Run one request here, see `Engine.answer`; a thread keeps its engines, for opening one costs more than most queries."""
    limits = limits or Limits()
    engines: dict[Limits, Engine] = _here.__dict__.setdefault("engines", {})
    return engines.setdefault(limits, Engine(limits)).answer(request)


class Engine:
    """Answers requests one after the other, keeping the connections to the lakes that it met last."""

    KEPT = 4

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._open: dict[tuple[tuple[str, tuple[str, int]], ...], _Opened] = {}

    def answer(self, request: Request) -> Released:
        """Run the request within the limits.

        Raises RecipeError, LakeError (GrantExpired among them), QueryRefused, QueryTooLong: all messages are French.
        """
        grants = _grants_of(request)
        opened = self._opened(sorted({grant.lake for grant in grants.values()}))
        over = threading.Event()
        try:
            with _stopped_after(opened.connection, self.limits.seconds, over):
                names = opened.names
                tables = {
                    a: granted(opened.backend, grant, name=names[grant.lake]) for a, grant in grants.items()
                }
                expr = compile(request.recipe, tables, today=request.today, floors=floors_of(grants))
                rows = max(1, min(request.limit, self.limits.rows))
                return release(expr, grants, request.recipe, tables=tables, today=request.today, limit=rows)
        except Exception as error:
            # An interruption takes many shapes on its way through Arrow and Ibis: the clock is what tells it.
            if isinstance(error, (LakeError, RecipeError, QueryRefused)) and not over.is_set():
                raise
            # What went wrong may have left the connection unwell: the next request gets a new one.
            self.close()
            raise self._explained(error, interrupted=over.is_set()) from error

    def close(self) -> None:
        for opened in self._open.values():
            opened.connection.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self, lakes: list[str]) -> "_Opened":
        # A lake restored in place, or moved, has another catalogue under the same name.
        key = tuple((lake, catalogues.mark(Path(lake))) for lake in lakes)
        opened = self._open.pop(key, None) or _opened_for(lakes, self.limits.memory)
        self._open[key] = opened
        if len(self._open) > self.KEPT:
            self._open.pop(next(iter(self._open))).connection.close()
        return opened

    def _explained(self, error: Exception, *, interrupted: bool) -> QueryRefused:
        kept = "Vos données sont intactes."
        if interrupted:
            return QueryTooLong(
                f"L'analyse a été arrêtée après {self.limits.seconds:g} secondes. {kept} "
                "Filtrez davantage (une année, un lieu), puis recommencez."
            )
        if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)) or "Out of Memory" in str(error):
            return QueryTooLong(
                f"L'analyse demande plus de mémoire que permis ({self.limits.memory}). {kept} "
                "Filtrez ou regroupez davantage, puis recommencez."
            )
        if files.server_lost(error):
            return QueryRefused(f"{files.SERVER_LOST} {kept} Recommencez dans un moment.")
        return QueryRefused(f"L'analyse n'a pas pu être calculée. {kept} Détail technique : {error}")


_here = threading.local()


@dataclass(frozen=True)
class _Opened:
    connection: duckdb.DuckDBPyConnection
    backend: Any
    names: dict[str, str]


def _opened_for(lakes: list[str], memory: str) -> _Opened:
    """A connection to these lakes, read-only, locked down."""
    connection = connect(memory_limit=memory)
    try:
        names = {lake: f"lake{number}" for number, lake in enumerate(lakes)}
        held = [catalogues.attach(connection, Path(lake), name=name) for lake, name in names.items()]
        backend = ibis.duckdb.from_connection(connection)
        _lock_down(connection, lakes, [path for catalogue in held for path in catalogue.files()])
    except BaseException:
        connection.close()
        raise
    return _Opened(connection, backend, names)


def _grants_of(request: Request) -> dict[str, Grant]:
    """The grants of the sources that the recipe reads, checked; the others are not even opened."""
    read = {step.source for step in request.recipe.steps if isinstance(step, Source | Join)}
    absent = sorted(read - set(request.grants))
    if absent:
        raise QueryRefused(
            f"Aucun accès n'est ouvert à : {', '.join(absent)}. Demandez-le, puis recommencez."
        )
    grants = {alias: request.grants[alias] for alias in sorted(read)}
    for grant in grants.values():
        grant.check()
    return grants


def _lock_down(
    connection: duckdb.DuckDBPyConnection, lakes: list[str], files_of_catalogues: list[Path]
) -> None:
    """From here on the connection opens nothing but the files of its lakes, and this cannot be undone.

    A catalogue in PostgreSQL needs no file: it was connected before, and reconnects by itself.
    """
    data = ", ".join(literal(str(Path(lake) / files.DATA)) for lake in lakes)
    paths = ", ".join(literal(str(path)) for path in files_of_catalogues)
    connection.execute(f"SET allowed_directories = [{data}]")
    connection.execute(f"SET allowed_paths = [{paths}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def _stopped_after(
    connection: duckdb.DuckDBPyConnection, seconds: float, over: threading.Event
) -> Iterator[None]:
    """Once the time is over, say so and interrupt the connection until the end: a recipe may run several queries."""
    done = threading.Event()

    def watch() -> None:
        if not done.wait(seconds):
            over.set()
            while not done.wait(0.05):
                connection.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
