"""Queries of the query processes: a recipe, a draft, a page of rows, a comparison of versions, examples, uniqueness.

In: a request, or its JSON. Out: the same, with the grants that it reads through and its execution on open lakes. The
lock-down, the limits, the expiry of the grants and the disclosure control are the same for all.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar, Literal, Protocol, Self, cast, get_args

import ibis.expr.types as ir
import pyarrow as pa
from pydantic import ValidationError

from beffroi.lake import paging
from beffroi.lake.comparison import KINDS, ComparisonOptions, ComparisonResult
from beffroi.lake.grants import Grant
from beffroi.lake.row_selection import RowFilter, RowOrder
from beffroi.recipes import draft_previews
from beffroi.recipes.compile import compile
from beffroi.recipes.context import ROW_READ, UNIT_READ
from beffroi.recipes.differences import release_differences
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.examples import ExamplesRequest
from beffroi.recipes.identifying import refuse_singling_out
from beffroi.recipes.lake_session import LakeSession
from beffroi.recipes.model import Recipe, sources_of
from beffroi.recipes.release import (
    CaptionedResult,
    Released,
    dominance_limited_in,
    floors_of,
    refuse_rows,
    release,
)
from beffroi.recipes.spatial_joins import extensions_for
from beffroi.recipes.timeouts import interrupt_after
from beffroi.recipes.uniqueness import UniquenessRequest

type Wanted = Literal["columns", "rows", "counts", "join", "places"]
type Answer = Released | CaptionedResult | ComparisonResult


class TableReader(Protocol):
    """Source of a recipe's tables: lakes open in this process (`lake_session`), or remote extracts (`engines`)."""

    def read(self, grant: Grant, *, unit_as: str | None = None, row_as: str | None = None) -> ir.Table: ...


class Query[A](Protocol):
    """Query of the query processes: `territory` selects its queue; `grants_read` are checked before anything is opened, with
    the DuckDB `extensions` that it needs.
    """

    @property
    def territory(self) -> str: ...

    @property
    def extensions(self) -> tuple[str, ...]: ...

    def grants_read(self) -> Mapping[str, Grant]: ...

    def execute(self, session: LakeSession, max_rows: int) -> A: ...

    def to_json(self) -> str: ...


@dataclass(frozen=True)
class GrantedRecipe:
    """Recipe and the grants through which it reads."""

    recipe: Recipe
    grants: Mapping[str, Grant]

    def grants_read(self) -> dict[str, Grant]:
        """Grants of the sources that the recipe reads; the others are not even opened. Raises QueryRefused."""
        read = sources_of(self.recipe)
        absent = sorted(read - set(self.grants))
        if absent:
            raise QueryRefused(
                f"Aucun accès n'est ouvert à : {', '.join(absent)}. Demandez-le, puis recommencez."
            )
        return {alias: self.grants[alias] for alias in sorted(read)}

    def tables(self, session: TableReader) -> dict[str, ir.Table]:
        """Tables that the grants open; of protected rows also the hidden unit and row columns."""
        return {
            alias: session.read(grant, unit_as=UNIT_READ, row_as=ROW_READ if grant.protected else None)
            for alias, grant in self.grants_read().items()
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "grants": {alias: grant.to_dict() for alias, grant in self.grants.items()},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            Recipe.model_validate(data["recipe"]),
            {alias: Grant.from_dict(grant) for alias, grant in data["grants"].items()},
        )


@dataclass(frozen=True)
class Request:
    """Request to run a recipe. `grants`: one for each alias of its sources. `today`: the day of relative dates (None: today).

    `earlier`: previous releases to the same readers on the same board, in that order: this one hides more so that it
    reveals none of them.
    """

    recipe: Recipe
    grants: Mapping[str, Grant]
    limit: int = 10_000
    today: date | None = None
    earlier: tuple[GrantedRecipe, ...] = ()

    @property
    def territory(self) -> str:
        """Territory of the data: the queue in which this request waits."""
        return min((grant.territory for grant in self.grants.values()), default="")

    @property
    def extensions(self) -> tuple[str, ...]:
        read = (self.recipe, *(one.recipe for one in self.earlier))
        return tuple(sorted({name for recipe in read for name in extensions_for(recipe)}))

    def grants_read(self) -> dict[str, Grant]:
        read = GrantedRecipe(self.recipe, self.grants).grants_read()
        for number, one in enumerate(self.earlier):
            read |= {f"{number}/{alias}": grant for alias, grant in one.grants_read().items()}
        return read

    def execute(self, session: TableReader, max_rows: int) -> Released:
        own = GrantedRecipe(self.recipe, self.grants)
        grants, tables = own.grants_read(), own.tables(session)
        refuse_singling_out(self.recipe, grants, tables)
        expr = compile(
            self.recipe,
            tables,
            today=self.today,
            floors=floors_of(grants),
            dominance_limited=dominance_limited_in(grants),
        )
        return release(
            expr,
            grants,
            self.recipe,
            tables=tables,
            today=self.today,
            limit=max(1, min(self.limit, max_rows)),
            earlier=[(one.recipe, one.grants_read(), one.tables(session)) for one in self.earlier],
        )

    def to_json(self) -> str:
        return json.dumps(
            {
                **GrantedRecipe(self.recipe, self.grants).to_dict(),
                "limit": self.limit,
                "today": self.today.isoformat() if self.today else None,
                "earlier": [one.to_dict() for one in self.earlier],
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises QueryRefused for an invalid request."""
        return _parse_or_refuse(text, cls._from_dict)

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        own = GrantedRecipe.from_dict(data)
        return cls(
            recipe=own.recipe,
            grants=own.grants,
            limit=int(data["limit"]),
            today=date.fromisoformat(data["today"]) if data["today"] else None,
            earlier=tuple(GrantedRecipe.from_dict(one) for one in data.get("earlier", ())),
        )


@dataclass(frozen=True)
class CaptionedRequest:
    """Request to run a recipe and the `counts` that its caption quotes, recipes of one row of the same sources, in one query.

    Each count is released after the result, as if the same readers had seen it; one that does not run is absent.
    """

    request: Request
    counts: tuple[Recipe, ...]

    @property
    def territory(self) -> str:
        return self.request.territory

    @property
    def extensions(self) -> tuple[str, ...]:
        requests = (self.request, *self.count_requests())
        return tuple(sorted({name for request in requests for name in request.extensions}))

    def grants_read(self) -> dict[str, Grant]:
        read = self.request.grants_read()
        for recipe in self.counts:
            read |= GrantedRecipe(recipe, self.request.grants).grants_read()
        return read

    def execute(self, session: TableReader, max_rows: int) -> CaptionedResult:
        released = self.request.execute(session, max_rows)
        counts: list[pa.Table | None] = []
        for count in self.count_requests():
            try:
                counts.append(count.execute(session, max_rows).table)
            except RecipeError:
                counts.append(None)
        return CaptionedResult(released, tuple(counts))

    def count_requests(self) -> list[Request]:
        own, earlier = self.request, self.request.earlier
        if any(grant.protected for grant in own.grants.values()):
            earlier = (*earlier, GrantedRecipe(own.recipe, own.grants))
        return [replace(own, recipe=recipe, earlier=earlier) for recipe in self.counts]

    def to_json(self) -> str:
        payload = {
            "captioned": json.loads(self.request.to_json()),
            "counts": [recipe.model_dump(mode="json") for recipe in self.counts],
        }
        return json.dumps(payload)

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        counts = tuple(Recipe.model_validate(recipe) for recipe in data["counts"])
        return cls(Request._from_dict(data["captioned"]), counts)


@dataclass(frozen=True)
class DraftRequest:
    """Request for a preview of a recipe being written (`draft_previews`); `wanted`: the columns after each step, the first
    rows, the row counts after each step within `seconds`, or the report on its last join or spatial join.
    """

    request: Request
    wanted: Wanted = "rows"
    seconds: float = 5.0

    @property
    def territory(self) -> str:
        return self.request.territory

    @property
    def extensions(self) -> tuple[str, ...]:
        return self.request.extensions

    def grants_read(self) -> dict[str, Grant]:
        return self.request.grants_read()

    def execute(self, session: LakeSession, max_rows: int) -> Released:
        recipe, today, grants = self.request.recipe, self.request.today, self.grants_read()
        tables = GrantedRecipe(recipe, grants).tables(session)
        if self.wanted != "columns":
            refuse_singling_out(recipe, grants, tables)
        if self.wanted == "rows":
            rows = max(1, min(self.request.limit, max_rows))
            return draft_previews.first_rows(recipe, tables, grants, today, rows)
        if self.wanted == "columns":
            found = draft_previews.columns_by_step(recipe, tables, grants, today)
        elif self.wanted == "join":
            found = draft_previews.preview_last_join(recipe, tables, grants, today)
        elif self.wanted == "places":
            found = draft_previews.preview_last_spatial_join(recipe, tables, grants, today)
        else:
            timed_out = threading.Event()
            with interrupt_after(session.connection, self.seconds, timed_out):
                found = draft_previews.row_counts(recipe, tables, grants, today, timed_out.is_set)
        return Released(found, 0, "", found.num_rows, truncated=False)

    def to_json(self) -> str:
        payload = {
            "draft": json.loads(self.request.to_json()),
            "wanted": self.wanted,
            "seconds": self.seconds,
        }
        return json.dumps(payload)

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        if data["wanted"] not in get_args(Wanted.__value__):
            raise ValueError(data["wanted"])
        request = Request._from_dict(data["draft"])
        return cls(request, cast(Wanted, data["wanted"]), float(data["seconds"]))


@dataclass(frozen=True)
class PageRequest:
    """Request for the rows of one table from `offset` on, in delivery and line order unless another is given.

    `only` keeps some rows; `row_count` is the total of those.
    """

    grant: Grant
    offset: int = 0
    limit: int = 50
    only: RowFilter | None = None
    order: RowOrder | None = None
    extensions: ClassVar[tuple[str, ...]] = ()

    @property
    def territory(self) -> str:
        return self.grant.territory

    def grants_read(self) -> dict[str, Grant]:
        return {"jeu": self.grant}

    def execute(self, session: LakeSession, max_rows: int) -> Released:
        refuse_rows([self.grant])
        rows = max(1, min(self.limit, max_rows))
        table, total = paging.page(
            session.lakes[self.grant.lake],
            self.grant,
            max(0, self.offset),
            rows,
            only=self.only,
            order=self.order,
        )
        return Released(table, 0, "", total, truncated=total > table.num_rows)

    def to_json(self) -> str:
        payload: dict[str, Any] = {
            "grant": self.grant.to_dict(),
            "offset": self.offset,
            "limit": self.limit,
        }
        payload |= {
            name: part.to_dict()
            for name, part in (("only", self.only), ("order", self.order))
            if part is not None
        }
        return json.dumps({"page": payload})

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        payload = data["page"]
        return cls(
            Grant.from_dict(payload["grant"]),
            int(payload["offset"]),
            int(payload["limit"]),
            RowFilter.from_dict(payload["only"]) if "only" in payload else None,
            RowOrder.from_dict(payload["order"]) if "order" in payload else None,
        )


@dataclass(frozen=True)
class ComparisonRequest:
    """Request to compare two versions of one dataset, each through its own grant."""

    before: Grant
    after: Grant
    query: ComparisonOptions = field(default_factory=ComparisonOptions)
    extensions: ClassVar[tuple[str, ...]] = ()

    @property
    def territory(self) -> str:
        return min(self.before.territory, self.after.territory)

    def grants_read(self) -> dict[str, Grant]:
        return {"before": self.before, "after": self.after}

    def execute(self, session: LakeSession, max_rows: int) -> ComparisonResult:
        query = replace(self.query, limit=max(0, min(self.query.limit, max_rows)))
        return release_differences(session.lakes[self.before.lake], self.before, self.after, query)

    def to_json(self) -> str:
        payload: dict[str, Any] = {"before": self.before.to_dict(), "after": self.after.to_dict()}
        payload |= {
            "key": self.query.key,
            "kinds": self.query.kinds,
            "offset": self.query.offset,
            "limit": self.query.limit,
        }
        return json.dumps({"comparison": payload})

    @classmethod
    def _from_dict(cls, data: dict[str, Any]) -> Self:
        payload = data["comparison"]
        key = None if payload["key"] is None else tuple(str(name) for name in payload["key"])
        kinds = tuple(kind for kind in KINDS if kind in payload["kinds"])
        query = ComparisonOptions(key, kinds, max(0, int(payload["offset"])), int(payload["limit"]))
        return cls(Grant.from_dict(payload["before"]), Grant.from_dict(payload["after"]), query)


def parse_request(text: str | bytes) -> Query[Answer]:
    """Request of any kind from JSON. Raises QueryRefused for an invalid one."""

    def read(data: dict[str, Any]) -> Query[Answer]:
        if "captioned" in data:
            return CaptionedRequest._from_dict(data)
        if "draft" in data:
            return DraftRequest._from_dict(data)
        if "page" in data:
            return PageRequest._from_dict(data)
        if "comparison" in data:
            return ComparisonRequest._from_dict(data)
        if "examples" in data:
            return ExamplesRequest._from_dict(data)
        if "uniqueness" in data:
            return UniquenessRequest._from_dict(data)
        return Request._from_dict(data)

    return _parse_or_refuse(text, read)


def _parse_or_refuse[R](text: str | bytes, read: Callable[[dict[str, Any]], R]) -> R:
    try:
        return read(json.loads(text))
    except (KeyError, TypeError, AttributeError, ValueError, ValidationError) as error:
        raise QueryRefused(
            "La demande est mal formée : rien n'a été lu. Rouvrez la page, puis recommencez."
        ) from error
