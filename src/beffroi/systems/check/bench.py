"""Test bench of one system: runs and backtests in its sandbox, where a failure is a result like another.

In come its manifest and tables; out go `Trial`s. The bench adds up the processor time and records the worst execution.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.lake.processes import Limits
from beffroi.systems.binding import BindingError, project
from beffroi.systems.contract import Outcome, Score, Tables
from beffroi.systems.failures import NOTHING_STORED, SystemFailed
from beffroi.systems.footprint import Footprint
from beffroi.systems.forkserver import ForkServer
from beffroi.systems.input_schema import InputSchema
from beffroi.systems.manifest import Manifest
from beffroi.systems.registry import Registered
from beffroi.systems.runner import Verb, execute_registered

logger = logging.getLogger(__name__)
NUMERIC = ("integer", "number")
_ACTS_READ = 50  # proposals of one run whose reasons are gathered


@dataclass(frozen=True)
class Trial:
    """Result of one execution: an outcome, a score, or the failure with its message to the person."""

    outcome: Outcome | None = None
    score: Score | None = None
    failure: SystemFailed | None = None
    footprint: Footprint | None = None
    isolation: str = ""

    @property
    def refused(self) -> bool:
        """Refused for its data, with a sentence for the person."""
        return self.failure is not None and self.failure.kind == "données" and len(str(self.failure)) >= 20

    @property
    def civil(self) -> bool:
        """A result, or a refusal with what to do: anything else is a breakdown."""
        return self.failure is None or self.refused

    def same(self, other: "Trial") -> bool:
        """Whether all that a person would see is the same: tables, proposals, drafts, figures and notes, or the score."""
        if self.outcome is not None and other.outcome is not None:
            left, right = self.outcome, other.outcome
            same = left.proposals == right.proposals and left.drafts == right.drafts
            same = same and left.notes == right.notes and left.summary == right.summary
            same = same and left.figures == right.figures and left.layers.keys() == right.layers.keys()
            layers = (table.equals(right.layers[name]) for name, table in left.layers.items())
            return same and left.table.equals(right.table) and all(layers)
        return self.score == other.score and (self.failure is None) == (other.failure is None)


@dataclass
class Bench:
    """`sample`: the system's own invented tables. Trials share one sandboxed process, except those made `apart`."""

    system: Registered
    sample: Tables
    seed: int
    limits: Limits
    allow_partial: bool
    spent_cpu_s: float = 0.0
    worst_cpu_s: float = 0.0
    worst_mb: float = 0.0
    messages: set[str] = field(default_factory=set)  # every sentence that a trial gave to a person
    breakdowns: set[str] = field(default_factory=set)  # tracebacks, each logged once

    @property
    def manifest(self) -> Manifest:
        return self.system.manifest

    @cached_property
    def server(self) -> ForkServer:
        return ForkServer(self.system, self.limits, allow_partial=self.allow_partial)

    def close(self) -> None:
        self.server.close()

    def run(self, tables: Mapping[str, pa.Table], seed: int | None = None, *, apart: bool = False) -> Trial:
        return self.attempt("run", tables, {}, seed, apart=apart)

    def backtest(
        self,
        tables: Mapping[str, pa.Table],
        settings: Mapping[str, Any] | None = None,
        *,
        apart: bool = False,
    ) -> Trial:
        return self.attempt("backtest", tables, settings or {}, apart=apart)

    def attempt(
        self,
        verb: Verb,
        tables: Mapping[str, pa.Table],
        settings: Mapping[str, Any],
        seed: int | None = None,
        *,
        apart: bool = False,
    ) -> Trial:
        """`apart`: in a process of its own, as in production, with the cost of its start."""
        seed = self.seed if seed is None else seed
        try:
            if apart:
                done = execute_registered(
                    self.system,
                    verb,
                    tables,
                    settings,
                    seed=seed,
                    limits=self.limits,
                    allow_partial=self.allow_partial,
                )
            else:
                done = self.server.execute(verb, tables, settings, seed)
        except SystemFailed as failure:
            if failure.footprint is not None:
                self.spent_cpu_s += failure.footprint.cpu_s
            if failure.kind == "données":
                self.messages.add(str(failure).removesuffix(NOTHING_STORED).strip())
            elif failure.detail and failure.detail not in self.breakdowns:
                self.breakdowns.add(failure.detail)
                logger.error("%s: %s", self.manifest.id, failure.detail)
            return Trial(failure=failure, footprint=failure.footprint)
        self.spent_cpu_s += done.footprint.cpu_s
        self.worst_cpu_s = max(self.worst_cpu_s, done.footprint.cpu_s)
        self.worst_mb = max(self.worst_mb, done.footprint.memory_mb)
        self.messages |= set(_sentences(done.outcome, done.score))
        return Trial(done.outcome, done.score, None, done.footprint, done.isolation)

    @property
    def main(self) -> InputSchema:
        """The main training table."""
        return self.manifest.main_input

    def recent(self, share: float, tables: Tables | None = None) -> Tables:
        """The tables with the most recent share of the main one: of its dates, or of its rows where it has none."""
        source = self.sample if tables is None else tables
        table = source[self.main.name]
        return {**source, self.main.name: self._part(table, 1 - share, 1.0)}

    def until(self, share: float, tables: Tables) -> Tables:
        """The tables as they were when this share of the main one's dates (or rows) had passed."""
        table = tables[self.main.name]
        return {**tables, self.main.name: self._part(table, 0.0, share)}

    def _part(self, table: pa.Table, begin: float, end: float) -> pa.Table:
        name = next(
            (
                need.name
                for need in self.main.columns
                if need.type in ("date", "datetime") and need.name in table.column_names
            ),
            None,
        )
        if name is None:
            first = min(round(begin * table.num_rows), max(0, table.num_rows - 1))
            last = round(end * table.num_rows)
            return table.slice(first, max(1, last - first))
        days = pc.unique(table.column(name)).drop_null().sort()
        if not len(days):
            return table
        first = min(len(days) - 1, round(begin * len(days)))
        last = max(first + 1, round(end * len(days)))
        column = table.column(name)
        return table.filter(
            pc.and_(pc.greater_equal(column, days[first]), pc.less_equal(column, days[last - 1]))
        )

    def with_main(self, table: pa.Table) -> Tables:
        return {**self.sample, self.main.name: table}


def _sentences(outcome: Outcome | None, score: Score | None) -> Iterator[str]:
    """What a person would read of a result, but the names that the data gave."""
    if outcome is not None:
        yield from (*outcome.notes, outcome.summary)
        yield from (f"{figure.label}, {figure.base}" for figure in outcome.figures)
        for act in outcome.proposals[:_ACTS_READ]:
            yield from (*act.reasons, act.about)
    if score is not None:
        yield from (score.verdict, score.held_out)


def project_sample(tables: Tables, schemas: Iterable[InputSchema]) -> tuple[Tables, list[str]]:
    """The declared columns of a sample in their declared types, and the type errors, in French."""
    projected: Tables = {}
    faults: list[str] = []
    for schema in schemas:
        if schema.name in tables:
            table = tables[schema.name]
            present = {need.name: need.name for need in schema.columns if need.name in table.column_names}
            try:
                projected[schema.name] = project(table, present, schema)
            except BindingError as error:
                faults.append(str(error))
    return projected, faults


def without_column(tables: Mapping[str, pa.Table], schema: str, column: str) -> Tables:
    return {**tables, schema: tables[schema].drop_columns([column])}


def with_column(tables: Mapping[str, pa.Table], schema: str, column: str, values: Iterable[Any]) -> Tables:
    """The same column with other values, of the same type."""
    table = tables[schema]
    place = table.column_names.index(column)
    changed = pa.array(list(values), type=table.schema.field(column).type)
    return {**tables, schema: table.set_column(place, column, changed)}
