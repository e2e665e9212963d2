"""No future seen: rows after the day of the calculation change no forecast, and what nobody could know is not guessed.

In comes the bench; out goes the point « Rien de l’avenir n’est vu ». A system that is given the day of the calculation is run as of
a past day, with what came after and with that spoiled: both answers are the same. A backtest is made on truths of which each is
half as large or half as large again, drawn by a coin: its error then grows as the baseline's does, unless it reads what it forecasts.
"""

import random
from datetime import date, datetime
from typing import Any

from beffroi.systems.check.bench import NUMERIC, Bench, Trial, with_column
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.check.without_forecast import has_dated_figures, point_without_future
from beffroi.systems.contract import TODAY, Tables
from beffroi.systems.input_schema import InputSchema

LEAST_SHARE = 0.25  # of what the baseline's error grows by; an honest system reaches about one
_COIN = (0.5, 1.5)
_CLEAR = 0.5  # the baseline's error grew by this share of itself: the metric depends on the truths drawn


def check_future(bench: Bench, tables: Tables, *, backtest: bool = True) -> Point:
    """`tables`: a cut of the sample on which the system runs. `backtest`: whether to make those too, twice."""
    if not has_dated_figures(bench.main):
        words = "sans objet : aucun nombre daté dans la table principale, le système ne prévoit rien."
        return build_point("future", True, words)
    parts = [
        part for part in (_of_runs(bench, tables), _of_backtests(bench, tables) if backtest else None) if part
    ]
    if not parts:
        return point_without_future(bench)
    return build_point("future", all(ok for ok, _ in parts), f"{' ; '.join(words for _, words in parts)}.")


def _of_runs(bench: Bench, tables: Tables) -> tuple[bool, str] | None:
    """As of a day that nine tenths of the known ones precede; the figures of what follows as they are, then spoiled."""
    dated, values = _column(bench.main, tables, ("date", "datetime")), _column(bench.main, tables, NUMERIC)
    if not bench.manifest.uses_today or dated is None:
        return None
    table = tables[bench.main.name]
    days = [_day(value) for value in table.column(dated).to_pylist()]
    known = sorted({day for day in days if day is not None})
    today = known[-max(1, len(known) // 10)] if known else None
    if today is None or values is None:
        return None
    other = [
        type(value)(value * 3 + 1) if value is not None and (day is None or day > today) else value
        for day, value in zip(days, table.column(values).to_pylist(), strict=True)
    ]
    spoiled = with_column(tables, bench.main.name, values, other)
    answers = [_as_of(bench, tables, today), _as_of(bench, spoiled, today)]
    if any(answer.failure is not None for answer in answers):
        broken = next(answer for answer in answers if answer.failure is not None)
        return broken.refused, f"calcul au {today:%d/%m/%Y} : {broken.failure}".rstrip(".")
    # Notes may quote rows left out as not yet past: what is put out is compared.
    left, right = (answer.outcome for answer in answers)
    assert left is not None and right is not None  # noqa: S101
    same = (
        left.table.equals(right.table) and left.proposals == right.proposals and left.figures == right.figures
    )
    return (
        same,
        f"calcul au {today:%d/%m/%Y} : {'le même' if same else 'un autre'} quand la suite est faussée",
    )


def _as_of(bench: Bench, tables: Tables, today: date) -> Trial:
    return bench.attempt("run", tables, {TODAY: today.isoformat()})


def _of_backtests(bench: Bench, tables: Tables) -> tuple[bool, str] | None:
    dated, values = _column(bench.main, tables, ("date", "datetime")), _column(bench.main, tables, NUMERIC)
    if dated is None or values is None:
        return None
    honest = bench.backtest(tables).score
    chance = random.Random(bench.seed)  # noqa: S311
    drawn = [
        None if value is None else type(value)(value * chance.choice(_COIN))
        for value in tables[bench.main.name].column(values).to_pylist()
    ]
    blind = bench.backtest(with_column(tables, bench.main.name, values, drawn)).score
    if honest is None or blind is None:
        return None
    sign = 1.0 if bench.manifest.measure.better == "lower" else -1.0
    baseline, own = sign * (blind.baseline - honest.baseline), sign * (blind.value - honest.value)
    if not baseline > _CLEAR * abs(honest.baseline):
        return None
    guessed = own < LEAST_SHARE * baseline
    found = "devinées" if guessed else "pas devinées"
    return (
        not guessed,
        f"valeurs tirées à pile ou face : {found} ({own:.3g} d’erreur en plus, {baseline:.3g} sans IA)".replace(
            ".", ","
        ),
    )


def _column(schema: InputSchema, tables: Tables, types: tuple[str, ...]) -> str | None:
    """The first required column of one of these types."""
    present = tables[schema.name].column_names
    return next(
        (
            need.name
            for need in schema.columns
            if need.required and need.type in types and need.name in present
        ),
        None,
    )


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value
