"""Brief examination: the points that need a few executions, on the smallest sufficient cut of the sample.

In comes a bench with its sample; out go points of the bronze and silver tiers, and the backtest. It costs a few seconds of
processor whatever the system: what needs many executions, or more rows to judge by, is left to the full examination.
"""

from beffroi.systems.check import backtest_checks, first_runs, future, robustness, words_checks
from beffroi.systems.check.bench import Bench, Trial, without_column
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.contract import Tables

NOT_EXAMINED_REASON = "l’examen bref n’y suffit pas"


def examine_briefly(bench: Bench) -> tuple[list[Point], Trial]:
    """The points found, and the backtest made for them."""
    found = [first_runs.check_sample(bench)]
    climbed = robustness.find_smallest_cut(bench)
    found.append(climbed.point)
    small, whole = climbed.small, climbed.answer
    found.append(first_runs.check_runs(whole))
    judged = _judge(bench, climbed.larger)
    if judged.failure is not None:
        found.append(build_point("judged", False, str(judged.failure)))
    elif judged.score is not None:
        found += backtest_checks.check_structure(bench.manifest, judged.score)
    found.append(backtest_checks.check_cost(judged))
    if whole.outcome is None:
        return found, judged
    found += [
        first_runs.check_proposals(bench.manifest, whole.outcome),
        first_runs.check_outputs(bench.manifest, whole.outcome),
        first_runs.check_ranking(bench.manifest, whole.outcome),
        first_runs.check_reproducible(bench, whole, small),
        first_runs.check_required_only(bench, small),
        _required(bench, small),
        robustness.check_bad_data(bench, small, brief=True),
        future.check_future(bench, small, backtest=False),
    ]
    if whole.outcome.proposals:  # so few rows may give nothing to propose
        found += backtest_checks.check_reasons(bench.manifest, whole.outcome)
    found.append(words_checks.check_words(bench.messages))
    return found, judged


def _judge(bench: Bench, cuts: list[Tables]) -> Trial:
    """The backtest on the smallest of these cuts where it is not refused; a backtest wants more rows than a run."""
    judged = Trial()
    for tables in cuts:
        judged = bench.backtest(tables)
        if not judged.refused:
            break
    return judged


def _required(bench: Bench, small: Tables) -> Point:
    """Each required column taken away in its turn is refused, which costs no execution."""
    wanted = [
        (schema.name, need.name)
        for schema in bench.manifest.inputs
        for need in schema.columns
        if need.required and schema.name in small and need.name in small[schema.name].column_names
    ]
    broken = [
        f"{table}.{column}"
        for table, column in wanted
        if not bench.run(without_column(small, table, column)).refused
    ]
    message = (
        f"sans refus clair : {', '.join(broken)}."
        if broken
        else f"{len(wanted)} colonne(s) requise(s) refusée(s)."
    )
    return build_point("dropped", not broken, message)
