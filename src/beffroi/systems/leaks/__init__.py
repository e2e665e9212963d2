"""AI system `leaks`: leaking sectors of a water network, lost flow, start date, pipes to inspect first.

The two verbs of the contract are here; `readings` cleans, `night` watches sectors, `network`, `hydraulics` and
`residuals` compare with the model, `search` finds, `evaluation` judges, `outcome` proposes. `sample.make_sample` invents
a syndicate for tests and `beffroi check`.
"""

from typing import Any

from beffroi.systems.contract import Outcome, Score, Tables
from beffroi.systems.leaks import evaluation, outcome, sector
from beffroi.systems.leaks.options import read_options
from beffroi.systems.leaks.sample import make_sample

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """The state of each sector on the last day read, and the pipes to inspect. Raises `BadInput`."""
    options = read_options(settings)
    return outcome.build_outcome(tables, sector.analyse(tables, options), options, seed)


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge the alarms on the last two thirds of the history, against the known leaks. Raises `BadInput`."""
    options = read_options({name: value for name, value in settings.items() if name != "today"})
    return evaluation.evaluate(tables, options, settings, seed)
