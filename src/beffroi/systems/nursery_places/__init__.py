"""AI system `nursery_places`: a stable allocation of nursery places by wishes and voted points; a commission decides.

The two verbs of the contract are here; `reading` and `criteria` clean, `beffroi.systems.kit.plans` solves and checks, `proposals`
explains each rank, `judging` compares, `sample` invents a town.
"""

from typing import Any

import numpy as np

from beffroi.systems.contract import Figure, Outcome, Score, Tables
from beffroi.systems.kit import writing
from beffroi.systems.kit.plans.matching import deferred_acceptance
from beffroi.systems.kit.plans.stability import verify
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import plural
from beffroi.systems.nursery_places.allocation import Allocation
from beffroi.systems.nursery_places.judging import judge
from beffroi.systems.nursery_places.proposals import propose
from beffroi.systems.nursery_places.reading import read_commission
from beffroi.systems.nursery_places.sample import make_sample

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Propose a place or the waiting list for each request. The only chance is the declared draw, not `seed`. Raises `BadInput`."""
    options = Settings(__package__, settings)
    commission = read_commission(tables, options)
    allocation = Allocation(commission, deferred_acceptance(commission.market))
    draw = options.whole("draw")
    return Outcome(
        writing.table(__package__, "nurseries", allocation.nursery_rows()),
        tuple(propose(allocation, number, draw) for number in range(len(commission.requests))),
        tuple(commission.notes),
        layers={
            "disparities": writing.table(__package__, "disparities", allocation.disparity_rows()),
            "criteria": writing.table(__package__, "criteria", allocation.criterion_rows()),
        },
        figures=_figures(allocation),
        summary=_summary(allocation),
    )


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge by the vote: requests that come after a file with less priority. Raises `BadInput`."""
    return judge(read_commission(tables, Settings(__package__, settings)), seed)


def _figures(allocation: Allocation) -> tuple[Figure, ...]:
    base = plural(len(allocation.assigned), "demande", "demandes")
    seats = sum(place.places for place in allocation.commission.places)
    placed, first = int(allocation.placed.sum()), int((allocation.received == 0).sum())
    blocking = verify(allocation.commission.market, allocation.assigned).blocking
    return (
        Figure("placed", "Ont une place", float(placed), "demandes", f"sur {base}", better="higher"),
        Figure("first", "À leur premier vœu", float(first), "demandes", f"sur {base}", better="higher"),
        Figure("free", "Places encore libres", float(seats - placed), "places", f"sur {plural(seats, 'place', 'places')}"),
        Figure("blocking", "Passent après un dossier moins prioritaire", float(blocking), "vœux", f"{base}, vérifié à part", better="lower"),
    )  # fmt: skip


def _summary(allocation: Allocation) -> str:
    placed, count = int(allocation.placed.sum()), len(allocation.assigned)
    full = int(np.sum(allocation.taken < [place.places for place in allocation.commission.places]))
    left = f" Il reste des places dans {plural(full, 'groupe', 'groupes')}." if full else ""
    return f"{placed} demandes sur {count} auraient une place, chacune à son rang selon les points votés.{left} La commission décide."
