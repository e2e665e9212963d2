"""Training set: past rows, each described at one of several leads, so that one model serves them all.

In come a describer of the history and the leads; out goes a `TrainingSet`. The lead is a feature, and every lag of a row is read at its
own lead: tomorrow's forecast uses what is known today, and a forecast three weeks ahead does not.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.canteen.features import Describer, Features
from beffroi.systems.kit.arrays import Mask, Rows, Vector

_ANCHORS = 3  # leads at which past rows are described: models interpolate, and five bring no gain
_TAUGHT_DAYS, _FAR = (
    430,
    28,
)  # three school years teach as well as all, but to forecast more than 28 days ahead


@dataclass(frozen=True)
class TrainingSet:
    """Rows for training (served, no strike, no collapse: `usual`) and the others. `longest`: the furthest lead requested."""

    features: Features
    meals: Vector
    usual: Mask
    ordinal: Rows
    longest: int

    @property
    def earliest(self) -> int:
        """Index of the first day that could be described at every lead; the number of days where none could."""
        return int(self.features.day.min()) if len(self.features.day) else len(self.features.days)

    def until(self, ordinal: int) -> Rows:
        """Training rows known on this day: three school years, or all of them for a long lead."""
        rows = np.flatnonzero(self.usual & (self.ordinal <= ordinal))
        if self.longest > _FAR or not len(rows):
            return rows
        first = np.unique(self.features.day[rows])[-_TAUGHT_DAYS:][0]
        return rows[self.features.day[rows] >= first]


def build_training_set(describer: Describer, leads: list[int]) -> TrainingSet:
    """Each site and day of the past at one lead, drawn once for all: as many rows as for a single lead."""
    history, chosen = describer.history, anchor_leads(leads)
    drawn = np.random.default_rng(0).integers(len(chosen), size=history.meals.shape)
    parts = []
    earliest = 0
    for turn, lead in enumerate(chosen):
        described = describer.describe(lead, history.days)
        earliest = int(described.day.min()) if len(described.day) else len(history.days)
        parts.append(described.take(np.flatnonzero(drawn[described.site, described.day] == turn)))
    together = Features.together(parts)
    together = together.take(np.flatnonzero(together.day >= earliest))
    ordinals = np.array([day.toordinal() for day in history.days])
    meals = history.meals[together.site, together.day]
    return TrainingSet(
        together, meals, np.isfinite(meals) & history.usual[together.day], ordinals[together.day], max(leads)
    )


def anchor_leads(leads: list[int]) -> list[int]:
    """At most three of these leads, the nearest and the furthest among them."""
    every = sorted(set(leads))
    places = np.linspace(0, len(every) - 1, min(_ANCHORS, len(every)))
    return [every[round(place)] for place in places]
