"""Judgement by the vote itself: which requests come after a file with less priority, beside what people do without AI.

In comes a `Commission`; out goes a `Score`. Nothing is learned: all requests are judged.
"""

import numpy as np

from beffroi.systems.bootstrap import Blocks, bootstrap_intervals
from beffroi.systems.contract import GuardResult, Score
from beffroi.systems.kit.arrays import Mask, Rows, Vector
from beffroi.systems.kit.plans import matching
from beffroi.systems.kit.plans.stability import verify
from beffroi.systems.kit.words import two_figures
from beffroi.systems.nursery_places.allocation import Allocation, groups
from beffroi.systems.nursery_places.reading import Commission


def judge(commission: Commission, seed: int) -> Score:
    market = commission.market
    by_points = np.lexsort((market.order, -market.points.max(axis=1)))
    plain = matching.one_by_one(market, np.argsort(market.order))
    own = matching.deferred_acceptance(market)
    ways = {
        "Vœu après vœu, par points": matching.wish_by_wish(market),
        "Un dossier après l’autre, par points": matching.one_by_one(market, by_points),
    }
    passed, passed_plain = verify(market, own).passed_over, verify(market, plain).passed_over
    value, baseline = _percent(passed), _percent(passed_plain)
    without_ai = {name: _percent(verify(market, found).passed_over) for name, found in ways.items()}
    value_interval, gain_interval = _intervals(market.wishes[:, 0], passed, passed_plain, seed)
    best = min([baseline, *without_ai.values()])
    allocation = Allocation(commission, own)
    others = {
        "Sans IA : paires bloquantes": float(verify(market, plain).blocking),
        "Paires bloquantes": float(verify(market, own).blocking),
        "Au premier vœu (%)": _percent(allocation.received == 0),
        "Sans IA : au premier vœu (%)": _percent(Allocation(commission, plain).received == 0),
    }
    compared = groups(commission)
    return Score(
        value=value,
        baseline=baseline,
        interval_coverage=None,
        interval_stated=None,
        recommended=bool(value < best and gain_interval[0] > 0),
        verdict=_verdict(value, baseline, best, gain_interval[0]),
        held_out="toutes les demandes du fichier : rien n’est appris",
        rows=len(own),
        without_ai=without_ai,
        guards={"placed": GuardResult(_percent(allocation.placed), _percent(plain != matching.NONE))},
        groups={f"{family} : {name}": _percent(passed[members]) for family, name, members in compared},
        others=others | {f"Ont une place, {family} : {name} (%)": _percent(allocation.placed[members]) for family, name, members in compared},
        value_interval=value_interval,
        gain_interval=gain_interval,
    )  # fmt: skip


def _percent(mask: Mask) -> float:
    return round(100 * float(mask.mean()), 3)


def _intervals(first: Rows, passed: Mask, passed_plain: Mask, seed: int) -> tuple[tuple[float, float], ...]:
    """Of the figure and of the gain: the requests of one first wish move together, and are drawn together."""
    _, block = np.unique(first, return_inverse=True)
    count = int(block.max()) + 1
    sums = [np.bincount(block, column, count) for column in (passed, passed_plain, np.ones(len(first), bool))]

    def figures(drawn: Blocks) -> list[Vector]:
        own, plain, requests = (column[drawn].sum(axis=1) for column in sums)
        return [100 * own / requests, 100 * (plain - own) / requests]

    return bootstrap_intervals(figures, count, np.random.default_rng(seed), digits=3)


def _verdict(value: float, baseline: float, best: float, least_gain: float) -> str:
    measured = f"{two_figures(value)} % des demandes passent après un dossier qui a moins de points, contre {two_figures(baseline)} % au premier arrivé"
    if value >= baseline:
        return f"Ne pas utiliser ici : {measured}. Le premier arrivé fait aussi bien."
    if value >= best:
        return f"Ne pas utiliser ici : {measured}. Trier à la main par les points fait aussi bien."
    if least_gain <= 0:
        return f"Gain trop petit pour être sûr : {measured}."
    return f"Recommandé, sous le contrôle d’une personne : {measured}."
