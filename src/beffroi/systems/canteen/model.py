"""Forecasting model: three small gradient-boosted forests on `log(meals / base)`: the middle, the 10 % and the 90 % quantiles.

In come `Features` rows and the meals served; out go predictions in meals. One thread, seeded: same input, same answer.
The distance between the middle and the 90 % quantile is the risk of that site and day: margins and intervals scale on it.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from beffroi.systems.canteen.features import NAMES, Features
from beffroi.systems.kit.arrays import Rows, Vector

VERSION = "canteen-3 (LightGBM, 3 × 150 arbres)"


_TREES = 150
_BINS = 63  # a quarter of LightGBM's own: the same errors on past years, in two thirds of the time
_TEMPER, _PLAIN_SHARE = (
    0.4,
    0.1,
)  # how far the unit of a margin leans from a row's own risk to a share of its meals
_MIN_SPREAD = 0.02  # of the base: a forest may predict quantiles that touch


@dataclass(frozen=True)
class Predictions:
    """In meals. `above` and `below`: how far the 90 % and the 10 % quantiles are from the middle, never zero."""

    middle: Vector
    above: Vector
    below: Vector

    @property
    def room(self) -> Vector:
        """The unit of the safety margin: between the distance to the 90 % quantile and a plain share of the meals.

        The first alone spends the surplus where the forecast is least sure, on nursery schools above all; leaning
        towards a share brings their waste nearer to the others' for the same shortage of the town.
        """
        return self.above ** (1 - _TEMPER) * (_PLAIN_SHARE * self.middle) ** _TEMPER

    def put(self, rows: Rows, other: "Predictions") -> None:
        self.middle[rows] = other.middle
        self.above[rows] = other.above
        self.below[rows] = other.below

    def take(self, rows: Rows) -> "Predictions":
        return Predictions(self.middle[rows], self.above[rows], self.below[rows])

    def times(self, factor: Vector) -> "Predictions":
        return Predictions(self.middle * factor, self.above * factor, self.below * factor)

    @classmethod
    def unknown(cls, size: int) -> "Predictions":
        return cls(np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.nan))


class Model:
    """Fitted forests. `meals` is aligned with the features' rows."""

    def __init__(self, features: Features, meals: Vector, rows: Rows, seed: int) -> None:
        values = features.values[rows]
        target = np.log(np.maximum(meals[rows], 1) / features.base[rows])
        weight = np.maximum(features.base[rows], 5)  # what counts is meals, not sites
        shared: dict[str, Any] = {
            "learning_rate": 0.06,
            "num_leaves": 31,
            "min_data_in_leaf": int(np.clip(len(rows) / 200, 5, 40)),
            "lambda_l2": 5.0,
            "max_bin": _BINS,
            "feature_fraction": 0.7,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "seed": seed,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(values, target, weight=weight, params=shared, free_raw_data=False)
        self._middle, self._below, self._above = (
            # Kept as trained: to write it as text and read it again takes as long as a tenth of the training.
            lightgbm.train(
                {**shared, "objective": objective, "alpha": alpha}, data, _TREES, keep_training_booster=True
            )
            for objective, alpha in (("huber", 0.05), ("quantile", 0.1), ("quantile", 0.9))
        )

    def predict(self, features: Features, rows: Rows) -> Predictions:
        values, base = features.values[rows], features.base[rows]
        middle = base * np.exp(self._middle.predict(values, num_threads=1))
        above = base * np.exp(self._above.predict(values, num_threads=1))
        below = base * np.exp(self._below.predict(values, num_threads=1))
        least = _MIN_SPREAD * base
        return Predictions(middle, np.maximum(above - middle, least), np.maximum(middle - below, least))

    def effects(self, features: Features, rows: Rows) -> Vector:
        """How each feature moved the middle, as a share (0.03: +3 %), one row a prediction, in the order of `NAMES`."""
        shares = self._middle.predict(features.values[rows], num_threads=1, pred_contrib=True)
        return np.asarray(np.expm1(shares[:, : len(NAMES)]), dtype=np.float64)
