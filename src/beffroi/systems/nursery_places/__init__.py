"""AI system `nursery_places`: a stable allocation of nursery places by wishes and voted points; a commission decides.

The two verbs of the contract are here; `reading` cleans, `beffroi.systems.kit.plans` solves, checks and judges, `proposals` explains
each rank, `sample` invents a town.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from beffroi.systems.contract import Figure, GuardResult, Outcome, Score, Tables
from beffroi.systems.kit import fault_judging, writing
from beffroi.systems.kit.plans import matching
from beffroi.systems.kit.plans.assignment import Assignment
from beffroi.systems.kit.plans.stability import verify
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import fr, plural
from beffroi.systems.nursery_places.proposals import propose
from beffroi.systems.nursery_places.reading import Commission, read_commission
from beffroi.systems.nursery_places.sample import make_sample

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Propose a place or the waiting list for each request. The only chance is the declared draw, not `seed`. Raises `BadInput`."""
    options = Settings(__package__, settings)
    commission = read_commission(tables, options)
    assignment = Assignment(commission.market, matching.deferred_acceptance(commission.market))
    placed, count, draw = int(assignment.placed.sum()), len(commission.requests), options.whole("draw")
    return Outcome(
        writing.table(__package__, "nurseries", _nursery_rows(commission, assignment)),
        tuple(propose(commission, assignment, number, draw) for number in range(count)),
        commission.notes,
        layers={
            "disparities": writing.table(__package__, "disparities", _disparity_rows(commission, assignment)),
            "criteria": writing.table(__package__, "criteria", _criterion_rows(commission)),
        },
        figures=_figures(assignment),
        summary=f"{fr(placed)} demandes sur {fr(count)} auraient une place, chacune à son rang selon les points votés. La commission décide.",
    )


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge by the vote: the requests that come after a file with less priority. Raises `BadInput`."""
    commission = read_commission(tables, Settings(__package__, settings))
    market, percent = commission.market, fault_judging.percent
    own = Assignment(market, matching.deferred_acceptance(market))
    plain = Assignment(market, matching.one_by_one(market, np.argsort(market.order)))
    by_points = np.lexsort((market.order, -market.points.max(axis=1)))
    by_hand = {
        "Vœu après vœu, par points": matching.wish_by_wish(market),
        "Un dossier après l’autre, par points": matching.one_by_one(market, by_points),
    }
    checked, checked_plain = verify(market, own.assigned), verify(market, plain.assigned)
    others = {
        "Paires bloquantes": float(checked.blocking),
        "Paires bloquantes sans IA": float(checked_plain.blocking),
        "Au premier vœu (%)": percent(own.received == 0),
        "Au premier vœu sans IA (%)": percent(plain.received == 0),
    }
    groups = commission.groups
    served = {f"Ont une place, {one.family} : {one.name} (%)": one.percent(own.placed) for one in groups}
    return fault_judging.score(
        __package__,
        checked.passed_over,
        checked_plain.passed_over,
        without_ai={name: verify(market, assigned).passed_over for name, assigned in by_hand.items()},
        block=market.wishes[:, 0],
        test_rows="toutes les demandes du fichier : rien n’est appris",
        seed=seed,
        groups=groups,
        guards={"placed": GuardResult(percent(own.placed), percent(plain.placed))},
        others=others | served,
    )  # fmt: skip


def _nursery_rows(commission: Commission, assignment: Assignment) -> Iterator[dict[str, Any]]:
    # From -1, a wish that does not count, on.
    first = np.bincount(commission.market.wishes[:, 0] + 1, minlength=len(commission.places) + 1)[1:]
    for number, place in enumerate(commission.places):
        yield {
            "nursery": place.nursery,
            "group": place.group or "tous",
            "proposed": assignment.taken[number],
            "places": place.count,
            "first_wishes": first[number],
            "wishes": assignment.candidates[number],
            "last_points": assignment.last_points[number],
            "status": "complète" if assignment.taken[number] == place.count else "places libres",
        }


def _disparity_rows(commission: Commission, assignment: Assignment) -> Iterator[dict[str, Any]]:
    for group in commission.groups:
        yield {
            "members": f"{group.family} : {group.name}",
            "placed": group.percent(assignment.placed),
            "all_placed": round(fault_judging.percent(assignment.placed), 1),
            "first_wish": group.percent(assignment.received == 0),
            "requests": group.members.sum(),
            "per_hundred": commission.per_hundred(group),
        }


def _criterion_rows(commission: Commission) -> Iterator[dict[str, Any]]:
    for number, criterion in enumerate(commission.vote.criteria):
        yield {
            "criterion": criterion.label,
            "points": criterion.points,
            "read_in": commission.vote.labels[criterion.column],
            "requests": sum(number in request.points for request in commission.requests),
        }


def _figures(assignment: Assignment) -> tuple[Figure, ...]:
    base = plural(len(assignment.assigned), "demande", "demandes")
    seats, placed = int(assignment.market.capacities.sum()), int(assignment.placed.sum())
    first, blocking = (
        int((assignment.received == 0).sum()),
        verify(assignment.market, assignment.assigned).blocking,
    )
    return (
        Figure("placed", "Ont une place", float(placed), "demandes", f"sur {base}", better="higher"),
        Figure("first", "À leur premier vœu", float(first), "demandes", f"sur {base}", better="higher"),
        Figure("free", "Places encore libres", float(seats - placed), "places", f"sur {plural(seats, 'place', 'places')}"),
        Figure("blocking", "Passent après un dossier moins prioritaire", float(blocking), "vœux", f"{base}, vérifié à part", better="lower"),
    )  # fmt: skip
