"""Result cache keyed by recipe, grants and snapshots; purged on withdrawal or erasure of the data.

In: a recipe, the grants of its reader and the snapshots read. Out: a `CachedResult` or None. The key contains
everything that decides the result, so a stale entry is never found; purging only frees what must not be stored.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa
from django.db import IntegrityError, transaction
from django.utils import timezone

import beffroi
from beffroi.hashing import json_sha256
from beffroi.lake.grants import Grant
from beffroi.recipes.figures import Figure
from beffroi.recipes.release import Released
from beffroi.recipes.requests import GrantedRecipe
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.concurrency.middleware import release_slot
from beffroi.web.platform.request_cache import cached_read, store_read

from .labelling import cite_reference
from .models import Result, StoredRecipe

MAX_BYTES = 8 << 20  # a larger answer is computed again each time
MAX_FILTERED = 40  # filtered results cached for one recipe: the oldest make room


@dataclass(frozen=True)
class CachedResult:
    """Result of a recipe, the base and years of its caption, and when it was computed."""

    released: Released
    base: str
    year: str
    at: datetime

    @classmethod
    def now(cls, released: Released, base: str, year: str) -> "CachedResult":
        return cls(released, base, year, timezone.now())


@dataclass(frozen=True)
class CacheKey:
    """Key of a result: the recipe, the snapshots and grants through which they are read, the earlier disclosures.

    `chosen`: the filters that a reader applied, or the name of another query on the same recipe.
    """

    recipe: StoredRecipe
    grants: Mapping[str, Grant]
    snapshots: tuple[Snapshot, ...]
    earlier: tuple[GrantedRecipe, ...] = ()
    chosen: tuple[tuple[str, str], ...] = ()

    @cached_property
    def rights(self) -> str:
        """The recipe and how its reader may see, whatever the version and its columns: those may have changed since."""
        whole = {
            alias: replace(grant, version=0, columns=("*",)).fingerprint
            for alias, grant in self.grants.items()
        }
        hidden = sorted(f"{s.dataset_id}/{name}" for s in self.snapshots for name in s.personal_columns)
        return _digest(self.recipe.definition, whole, hidden, self.chosen, *self._reference)

    @cached_property
    def key(self) -> str:
        return _digest(
            self.recipe.pk,
            self.recipe.definition,
            {alias: grant.fingerprint for alias, grant in self.grants.items()},
            sorted(snapshot.pk for snapshot in self.snapshots),
            self.chosen,
            [
                [
                    one.recipe.model_dump(mode="json"),
                    {a: grant.fingerprint for a, grant in one.grants.items()},
                ]
                for one in self.earlier
            ],
            [beffroi.__version__, duckdb.__version__, *self._reference],
        )

    @property
    def _reference(self) -> list[str]:
        """Reference of communes that a recipe reads: with another, it gives another result."""
        kinds = [step["step"] for step in self.recipe.definition.get("steps", ())]
        kinds += [step.step for one in self.earlier for step in one.recipe.steps]
        citation = cite_reference(kinds)
        return [citation] if citation else []

    @property
    def personal(self) -> bool:
        return any(s.dataset.sensitivity == Dataset.Sensitivity.PERSONAL for s in self.snapshots)


def _digest(*parts: Any) -> str:
    return json_sha256(parts)


_in_flight: dict[str, Future[CachedResult]] = {}
_registry_lock = threading.Lock()


def load_or_compute(cache_key: CacheKey, compute: Callable[[], tuple[Released, Figure]]) -> CachedResult:
    """Cached result, looked up once; computed and saved when there is none, by one thread for all that wait for it."""

    def produce() -> CachedResult:
        if cached := load(cache_key):
            return cached
        released, figure = compute()
        return save(cache_key, released, figure.base, figure.year)

    return single_flight(cache_key, produce)


def single_flight(cache_key: CacheKey, produce: Callable[[], CachedResult]) -> CachedResult:
    """Result of `produce`, run by one thread of this process at a time for a key: the others wait and share its result.

    A thread that waits gives its slot at the gate to others: the one that computes could otherwise never come back in.
    When `produce` fails for one thread, the next one tries.
    """
    key = cache_key.key
    while True:
        with _registry_lock:
            leads = key not in _in_flight
            flight = _in_flight.setdefault(key, Future())
        if leads:
            return _lead(key, flight, produce)
        with release_slot():
            failure = flight.exception()
        if failure is None:
            return flight.result()


def _lead(key: str, flight: Future[CachedResult], produce: Callable[[], CachedResult]) -> CachedResult:
    try:
        result = produce()
    except BaseException as error:
        with _registry_lock:
            del _in_flight[key]
        flight.set_exception(error)
        raise
    with _registry_lock:
        del _in_flight[key]
    flight.set_result(result)
    return result


def load(cache_key: CacheKey) -> CachedResult | None:
    """The answer to exactly this question, if it was computed already."""
    row = _row(cache_key.key)
    return _decode(row) if row else None


@cached_read
def _row(key: str) -> Result | None:
    found: Result | None = Result.objects.filter(key=key).first()
    return found


def load_last_good(cache_key: CacheKey) -> tuple[CachedResult, list[Snapshot]] | None:
    """Latest result of the same recipe under the same rights, read from deliveries that are still valid.

    None for personal data, whose history is short: an old copy must not outlive it.
    """
    if cache_key.personal:
        return None
    rows = Result.objects.filter(recipe=cache_key.recipe, rights=cache_key.rights, personal=False)
    for row in rows.prefetch_related("snapshots__dataset")[:10]:
        snapshots = list(row.snapshots.all())
        if snapshots and all(s.state == Snapshot.State.DONE for s in snapshots):
            return _decode(row), snapshots
    return None


def save(cache_key: CacheKey, released: Released, base: str, year: str) -> CachedResult:
    """Store the result for the next reader; the previous ones of the same rights make room, except the last two."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, released.table.schema) as writer:
        writer.write_table(released.table)
    content = sink.getvalue().to_pybytes()
    if len(content) > MAX_BYTES:
        return CachedResult.now(released, base, year)
    row = Result(
        key=cache_key.key,
        territory=cache_key.recipe.territory,
        recipe=cache_key.recipe,
        rights=cache_key.rights,
        table=content,
        rows=released.row_count,
        suppressed=released.suppressed,
        reason=released.reason,
        base=base,
        year=year,
        personal=cache_key.personal,
        chosen=bool(cache_key.chosen),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            row.snapshots.set(cache_key.snapshots)
            _make_room(cache_key)
    except IntegrityError:
        # Another process computed the same at the same time: its result is the one that stays.
        other = Result.objects.filter(key=cache_key.key).first()
        return _decode(other) if other else CachedResult.now(released, base, year)
    store_read(_row, row, cache_key.key)
    return CachedResult(released, base, year, row.at)


def _make_room(cache_key: CacheKey) -> None:
    same = Result.objects.filter(recipe=cache_key.recipe, rights=cache_key.rights)
    old = list(same.values_list("pk", flat=True)[2:])
    if cache_key.chosen:
        narrowed = Result.objects.filter(recipe=cache_key.recipe, chosen=True)
        old += list(narrowed.values_list("pk", flat=True)[MAX_FILTERED:])
    Result.objects.filter(pk__in=old).delete()


def purge(dataset: Dataset) -> int:
    """Delete every answer that was read from this dataset; how many there were."""
    rows = list(Result.objects.filter(snapshots__dataset=dataset).distinct().values_list("pk", flat=True))
    Result.objects.filter(pk__in=rows).delete()
    return len(rows)


def _decode(row: Result) -> CachedResult:
    table = pa.ipc.open_stream(bytes(row.table)).read_all()
    truncated = table.num_rows < row.rows
    released = Released(table, row.suppressed, row.reason, row.rows, truncated)
    return CachedResult(released, row.base, row.year, row.at)
