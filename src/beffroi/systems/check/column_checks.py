"""Ablation of declared columns: each is removed in turn, and each must change a result.

In comes the bench; out go the points « Chaque colonne retirée à son tour » and « Colonnes déclarées réellement lues ».
A missing required column is refused before any code runs. To know that one is read, it is made constant.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from beffroi.systems.check.bench import Bench, Trial, with_column, without_column
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.contract import Tables
from beffroi.systems.manifest import ColumnNeed, InputSchema


@dataclass
class _References:
    """Reference results with all columns, on a small and on the full sample, each computed when first needed."""

    bench: Bench
    small: Tables
    small_run: Trial | None = None
    whole_run: Trial | None = None
    judged: Trial | None = None


def check_columns(bench: Bench, small: Tables, whole: Trial, judged: Trial) -> Iterator[Point]:
    """`small`: a cut of the sample on which the system runs; `whole`, `judged`: its run and backtest on all of it."""
    known = _References(bench, small, None, whole, judged)
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
            if need.required:
                answer = bench.run(without_column(bench.sample, schema.name, need.name))
                if answer.refused:
                    refused += 1
                else:
                    broken.append(name)
                if _has_no_effect(known, schema, need):
                    unread.append(name)
            else:
                answer, effect = _run_without(known, schema, need)
                if answer.failure is None:
                    done_without += 1
                else:
                    broken.append(name)
                if not effect:
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


def _run_without(known: _References, schema: InputSchema, need: ColumnNeed) -> tuple[Trial, bool]:
    """The result without an optional column, and whether it differs."""
    answer = known.bench.run(without_column(known.bench.sample, schema.name, need.name))
    if known.whole_run is None or not answer.same(known.whole_run):
        return answer, True
    return answer, not _same_score(known, without_column(known.bench.sample, schema.name, need.name))


def _has_no_effect(known: _References, schema: InputSchema, need: ColumnNeed) -> bool:
    """The column made constant changes neither a small run, nor a whole one, nor the backtest."""
    values = known.small[schema.name].column(need.name).to_pylist()
    constant = with_column(known.small, schema.name, need.name, values[:1] * len(values))
    if known.small_run is None:
        known.small_run = known.bench.run(known.small)
    if not known.bench.run(constant).same(known.small_run):
        return False
    every = known.bench.sample[schema.name].column(need.name).to_pylist()
    constant = with_column(known.bench.sample, schema.name, need.name, every[:1] * len(every))
    if known.whole_run is not None and not known.bench.run(constant).same(known.whole_run):
        return False
    return _same_score(known, constant)


def _same_score(known: _References, tables: Tables) -> bool:
    return known.judged is not None and known.bench.backtest(tables).same(known.judged)
