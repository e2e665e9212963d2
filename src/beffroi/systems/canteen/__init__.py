"""The system `canteen`: meals a day and site, with an interval and a quantity to order at a chosen shortage risk.

The two verbs of the contract are here; `history` cleans, `features` describes, `model` predicts, `rolling` and
`evaluation` judge, `forecast` proposes. `sample.make_sample` invents a small town for tests and `beffroi check`.
"""

from typing import Any

from beffroi.systems.canteen import evaluation, features, forecast
from beffroi.systems.canteen.history import read_history
from beffroi.systems.canteen.options import read_options
from beffroi.systems.canteen.sample import make_sample
from beffroi.systems.contract import Outcome, Score, Tables

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Forecast the next school days after the last known one. Raises `BadInput`."""
    options = read_options(settings)
    history = read_history(tables)
    return forecast.propose(history, tables, options, seed)


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge the system on the last school year (or the last fifth of a short history). Raises `BadInput`."""
    options = read_options(settings)
    history = read_history(tables)
    described = features.build(history, tables, options.horizon, history.days)
    return evaluation.evaluate(history, described, options.horizon, options.risk, seed)
