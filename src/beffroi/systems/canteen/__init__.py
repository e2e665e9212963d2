"""The system `canteen`: meals a day and site, with an interval and a quantity to order at a chosen shortage risk.

The two verbs of the contract are here; `history` cleans, `features` describes, `model` predicts, `rolling`, `evaluation`
and `intervals` judge, `forecast` proposes. `sample.make_sample` invents a small town for tests and `beffroi check`.
"""

from typing import Any

from beffroi.systems.canteen import evaluation, features, forecast
from beffroi.systems.canteen.history import read_history, since
from beffroi.systems.canteen.options import read_options
from beffroi.systems.canteen.sample import make_sample
from beffroi.systems.contract import TRAINING_SHARE, Outcome, Score, Tables

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Forecast the next school days after the last known one. Raises `BadInput`."""
    options = read_options(settings)
    history = read_history(tables)
    return forecast.propose(history, tables, options, seed)


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge the system on the last school year (or the last fifth of a short history). Raises `BadInput`.

    With the reserved setting `training_share`, the same days are judged after learning from the most recent part of
    what came before them.
    """
    options = read_options(settings)
    history = read_history(tables)
    described = features.build(history, tables, options.horizon, history.days)
    share = float(settings.get(TRAINING_SHARE, 1.0))
    if share >= 1:
        return evaluation.evaluate(history, described, options.horizon, options.risk, seed)
    _, tested = evaluation.split(history, described, options.horizon)
    begin = history.days[int((1 - share) * tested)]
    shorter = {**tables, "attendance": since(tables["attendance"], begin)}
    cut = read_history(shorter)
    described = features.build(cut, shorter, options.horizon, cut.days)
    return evaluation.evaluate(
        cut, described, options.horizon, options.risk, seed, from_day=history.days[tested]
    )
