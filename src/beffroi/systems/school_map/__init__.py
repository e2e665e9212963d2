"""AI system `school_map`: school sectors compared, each with a proven lower bound.

The two verbs of the contract are here; `reading` and `town` clean, `variants` draws with `kit.plans.sectors`, `checker` verifies,
`evaluation` judges, `outcome` writes.
"""

from typing import Any

from beffroi.systems.contract import Outcome, Score, Tables
from beffroi.systems.school_map import evaluation, outcome
from beffroi.systems.school_map.options import read_options
from beffroi.systems.school_map.sample import make_sample
from beffroi.systems.school_map.town import read_town

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Draw the variants and propose the moves of the chosen one. Raises `BadInput`.

    Nothing is drawn by chance: every seed gives the same answer.
    """
    options = read_options(settings)
    return outcome.build_outcome(read_town(tables, options), options)


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge the chosen variant on pupils that it was not drawn for. Raises `BadInput`."""
    options = read_options(settings)
    return evaluation.evaluate(read_town(tables, options), options, seed)
