"""Metrics by group of sites (type and size), so that a good mean hides no small school.

In come the judged rows with what was served and ordered; out go surplus and shortage by group, in % of the meals served.
"""

from collections.abc import Iterator

import numpy as np

from beffroi.systems.canteen.features import Features
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.rolling import shortage, surplus
from beffroi.systems.kit.arrays import Rows, Vector


def surplus_by_group(
    history: History, features: Features, rows: Rows, meals: Vector, order: Vector
) -> dict[str, float]:
    return {
        name: round(100 * surplus(meals[chosen], order[chosen]), 3)
        for name, chosen in _groups(history, features, rows)
    }


def worst_shortage(
    history: History, features: Features, rows: Rows, meals: Vector, order: Vector
) -> tuple[str, float] | None:
    """The group that lacks most, None where there are no groups."""
    found = [
        (name, 100 * shortage(meals[chosen], order[chosen]))
        for name, chosen in _groups(history, features, rows)
    ]
    return max(found, key=lambda item: item[1]) if found else None


def _groups(history: History, features: Features, rows: Rows) -> Iterator[tuple[str, Rows]]:
    sites = features.site[rows]
    kinds = np.array([group or "sans type" for group in history.groups])[sites]
    if len(set(kinds)) > 1:
        for kind in sorted(set(kinds)):
            yield f"type {kind}", rows[kinds == kind]
    usual_size = np.array([np.nanmean(line) for line in history.meals])
    if len(history.sites) >= 6:
        small, large = np.quantile(usual_size, [1 / 3, 2 / 3])
        size = usual_size[sites]
        for name, mask in (
            ("petits sites", size <= small),
            ("sites moyens", (size > small) & (size <= large)),
            ("grands sites", size > large),
        ):
            if mask.any():
                yield name, rows[mask]
