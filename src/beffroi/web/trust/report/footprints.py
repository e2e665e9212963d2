"""What the executions of a period cost together: one line for each kind of cost, with its bounds and what is not counted.

In come runs; out go lines. The sum is the systems' own (`systems.footprint.total`): an unknown figure is never taken for zero.
"""

from collections.abc import Iterable

from beffroi.systems.footprint import LINES, read_footprint, sum_footprints
from beffroi.web.workshop.models import Run
from beffroi.web.workshop.presenting import COSTS

from .content import FootprintLine

# Peak memory does not add up from one execution to another.
_SUMMED = tuple(line for line in LINES if line != "memory")


def over(runs: Iterable[Run]) -> tuple[FootprintLine, ...]:
    """One line for each kind of cost; none where nothing was executed."""
    every = [read_footprint(run.footprint) for run in runs]
    if not every:
        return ()
    summed = sum_footprints(every)
    return tuple(
        FootprintLine(
            COSTS[name],
            estimate.unit,
            estimate.value,
            estimate.how,
            estimate.low,
            estimate.high,
            len(every),
            estimate.unknown,
        )
        for name in _SUMMED
        for estimate in (getattr(summed, name),)
    )
