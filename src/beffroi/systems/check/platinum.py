"""Checks of the platinum tier: coverage over time, target, bounded gap between groups, small machine.

In comes the bench with its backtest; out go points. The attack by membership is in `membership.py`.
"""

from beffroi.systems.check.backtest_checks import format_figure, format_share
from beffroi.systems.check.bench import Bench
from beffroi.systems.check.report import Point, build_point, is_written
from beffroi.systems.check.scale import MAX_CPU_S, MAX_MEMORY_MB, ROLLING_TOLERANCE
from beffroi.systems.check.without_forecast import point_without_intervals
from beffroi.systems.contract import Outcome, Score, Tables
from beffroi.systems.manifest import Manifest

_ENDS = (2 / 3, 5 / 6)


def check_rolling_coverage(
    bench: Bench, tables: Tables, score: Score, outcome: Outcome | None = None
) -> Point:
    """Coverage over three end dates of the same history, each judged on the days that then came last.

    `outcome`: the run on the sample, which shows whether the system forecasts at all.
    """
    if score.interval_coverage is None or score.interval_stated is None:
        return point_without_intervals("rolling", bench.manifest, outcome)
    shares = [(score.interval_coverage, score.truths or score.rows)]
    for end in _ENDS:
        answer = bench.backtest(bench.until(end, tables))
        if answer.score is not None and answer.score.interval_coverage is not None:
            shares.append((answer.score.interval_coverage, answer.score.truths or answer.score.rows))
    if len(shares) < 1 + len(_ENDS):
        return build_point(
            "rolling", False, "l’historique est trop court pour trois dates de fin successives."
        )
    count = sum(rows for _, rows in shares)
    pooled = sum(share * rows for share, rows in shares) / count
    return build_point(
        "rolling",
        abs(pooled - score.interval_stated) <= ROLLING_TOLERANCE,
        f"{format_share(pooled)} sur {count} vérités, pour {format_share(score.interval_stated)} annoncés "
        f"(par date de fin : {', '.join(format_share(share) for share, _ in shares)}).",
    )


def check_target(manifest: Manifest, score: Score) -> Point:
    measure = manifest.measure
    return build_point(
        "target",
        meets_target(manifest, score),
        f"{format_figure(score.value)} pour un objectif de {format_figure(measure.target)} ({measure.unit}).",
    )


def meets_target(manifest: Manifest, score: Score) -> bool:
    lower = manifest.measure.better == "lower"
    return score.value <= manifest.measure.target if lower else score.value >= manifest.measure.target


def check_group_gap(manifest: Manifest, score: Score) -> Point:
    if len(score.groups) < 2:
        reason = manifest.bias_why_not
        return build_point("gap", is_written(reason), reason or "aucun groupe n’est mesuré.")
    if manifest.bias_gap is None:
        return build_point("gap", False, "le manifeste ne dit pas l’écart accepté (« bias_gap »).")
    found = max(score.groups.values()) - min(score.groups.values())
    return build_point(
        "gap",
        found <= manifest.bias_gap,
        f"{format_figure(found)} entre le mieux et le moins bien servi, pour {format_figure(manifest.bias_gap)} acceptés "
        f"({manifest.measure.unit}).",
    )


def check_small_machine(bench: Bench) -> Point:
    return build_point(
        "machine",
        bench.worst_cpu_s <= MAX_CPU_S and bench.worst_mb <= MAX_MEMORY_MB,
        f"au plus {format_figure(bench.worst_cpu_s)} s de processeur et {bench.worst_mb:.0f} Mo par exécution "
        f"(accepté : {MAX_CPU_S:.0f} s, {MAX_MEMORY_MB:.0f} Mo).",
    )
