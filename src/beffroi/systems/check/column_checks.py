"""Declared columns tried one by one: each is removed in turn, and each must change a result.

In comes the bench; out go the points « Chaque colonne retirée à son tour » and « Colonnes déclarées réellement lues ».
A missing required column is refused before any code runs. To know that one is read, it is left out where it is optional, then
given plausible other values: all on the small sample, then all on the whole one; the first change of a result ends the trials.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from beffroi.systems.check.bench import Bench, Trial, with_column, without_column
from beffroi.systems.check.plausible_values import Change, plausible_changes
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.contract import Tables
from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.systems.runner import Verb


@dataclass
class _References:
    """Reference results with all columns: runs on a small and on the full sample, and the backtest."""

    bench: Bench
    small: Tables
    small_run: Trial
    whole_run: Trial
    judged: Trial
    telling: dict[str, Verb] = field(
        default_factory=dict
    )  # by table, the verb that showed its last column on the sample

    def differs_on_small(self, tables: Tables) -> bool:
        return not self.bench.run(tables).same(self.small_run)

    def differs_on_sample(self, tables: Tables, schema: str) -> bool:
        """Whether a run or the backtest on these tables differs: what last showed a column of this table first, else the cheaper."""
        trials: dict[Verb, tuple[Callable[[Tables], Trial], Trial]] = {
            "run": (self.bench.run, self.whole_run),
            "backtest": (self.bench.backtest, self.judged),
        }

        def cost(verb: Verb) -> tuple[bool, float]:
            footprint = trials[verb][1].footprint
            return self.telling.get(schema) != verb, footprint.cpu_s if footprint is not None else 0.0

        for verb in sorted(trials, key=cost):
            attempt, reference = trials[verb]
            if not attempt(tables).same(reference):
                self.telling[schema] = verb
                return True
        return False


def check_columns(
    bench: Bench, small: Tables, whole: Trial, judged: Trial, small_run: Trial | None = None
) -> Iterator[Point]:
    """`small`: a cut of the sample on which the system runs; `whole`, `judged`: its run and backtest on all of it."""
    known = _References(bench, small, small_run or bench.run(small), whole, judged)
    broken: list[str] = []
    unread: list[str] = []
    absent: list[str] = []
    refused = done_without = 0
    for schema in bench.manifest.inputs:
        if schema.name not in bench.sample:
            continue
        for need in schema.columns:
            name = f"{schema.name}.{need.name}"
            if need.name not in bench.sample[schema.name].column_names:
                absent.append(name)
                continue
            absence = bench.run(without_column(small, schema.name, need.name))
            if not (absence.refused if need.required else absence.failure is None):
                broken.append(name)
            elif need.required:
                refused += 1
            else:
                done_without += 1
            if not _is_read(known, schema, need, absence):
                unread.append(name)
    yield build_point(
        "dropped",
        not broken,
        f"ni refus clair ni résultat sans : {', '.join(broken)}."
        if broken
        else f"{refused} colonne(s) requise(s) refusée(s) en français, {done_without} facultative(s) dont il se passe.",
    )
    faults = [f"sans aucun effet : {', '.join(unread)}"] if unread else []
    faults += [f"absente(s) de l’échantillon : {', '.join(absent)}"] if absent else []
    yield build_point(
        "read",
        not faults,
        f"{' ; '.join(faults)}. Ce qui n’est pas lu ne doit pas être demandé."
        if faults
        else "chacune change un résultat ou l’épreuve.",
    )


def _is_read(known: _References, schema: InputSchema, need: ColumnNeed, absence: Trial) -> bool:
    """Whether its absence (known of a run on the small sample), where it is optional, or other values change a result."""
    if not need.required and not absence.same(known.small_run):
        return True
    small, sample = (_changed(known, tables, schema, need) for tables in (known.small, known.bench.sample))
    # Where the sample alone showed the column before it, the first change is tried there before the others are on the small one.
    first, early = next(small, None), next(sample, None)
    if first is not None and known.differs_on_small(first):
        return True
    known_there = early is not None and schema.name in known.telling
    if known_there and known.differs_on_sample(early, schema.name):  # type: ignore[arg-type]
        return True
    if any(known.differs_on_small(tables) for tables in small):
        return True
    further = [early] if early is not None and not known_there else []
    if not need.required:
        further.append(without_column(known.bench.sample, schema.name, need.name))
    return any(known.differs_on_sample(tables, schema.name) for tables in chain(further, sample))


def _changed(known: _References, tables: Tables, schema: InputSchema, need: ColumnNeed) -> Iterator[Tables]:
    """The tables under each plausible change of this column that changes a value."""
    for change in plausible_changes(need):
        changed = _with_change(known, tables, schema, need, change)
        if changed is not None:
            yield changed


def _with_change(
    known: _References, tables: Tables, schema: InputSchema, need: ColumnNeed, change: Change
) -> Tables | None:
    """The tables with other values in this column; None where the change leaves them as they are."""
    values = tables[schema.name].column(need.name).to_pylist()
    chance = random.Random(f"{known.bench.seed} {schema.name} {need.name}")  # noqa: S311
    other = change(values, chance)
    return None if other == values else with_column(tables, schema.name, need.name, other)
