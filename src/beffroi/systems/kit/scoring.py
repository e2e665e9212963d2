"""Continuous ranked probability score (CRPS) of ensembles, and the skill of one way beside another (Gneiting and Raftery 2007)."""

import numpy as np
import numpy.typing as npt

from beffroi.systems.kit.arrays import Matrix, Vector

type Ensemble = npt.NDArray[np.float64]
"""(places, days, members), NaN where a member is not known."""


def crps(members: Ensemble, truth: Matrix) -> Matrix:
    """The CRPS of each cell (places, days), in the unit of the truth: the less, the better. One member: its absolute error.

    Members that are not known are left out; NaN where none is, or where the truth is not known.
    """
    ordered = np.sort(members, axis=2)  # NaN come last
    known = np.isfinite(ordered)
    count = known.sum(axis=2)
    ordered = np.where(known, ordered, 0.0)
    distance = np.where(known, np.abs(ordered - truth[..., None]), 0.0).sum(axis=2)
    rank = 2 * np.arange(1, members.shape[2] + 1) - count[..., None] - 1
    spread = np.where(known, rank * ordered, 0.0).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, distance / count - spread / count**2, np.nan)


def skill(losses: Matrix, reference: Matrix) -> Vector:
    """By place, 1 − the mean loss over that of the reference on the same days: 1 is perfect, 0 no better; NaN where nothing is known."""
    known = np.isfinite(losses) & np.isfinite(reference)
    own, other = (np.where(known, part, 0.0).sum(axis=1) for part in (losses, reference))
    return np.where(other > 0, 1 - own / np.where(other > 0, other, 1.0), np.nan)
