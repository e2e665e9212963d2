"""Proposed moves: adjacent blocks that would go from one school to another, as one act, with its reasons.

In come a town and the chosen variant; out go `ProposedAct`s, the largest first. A group of fewer than five pupils is reported as
« moins de cinq ».
"""

import numpy as np

from beffroi.systems.contract import ProposedAct
from beffroi.systems.kit.arrays import Rows
from beffroi.systems.kit.plans.sectors.problem import parts
from beffroi.systems.kit.words import fr, plural
from beffroi.systems.school_map.forecast import Spread, learn
from beffroi.systems.school_map.options import Options
from beffroi.systems.school_map.town import Town
from beffroi.systems.school_map.variants import Variant

MIN_GROUP = 5


def propose_moves(town: Town, options: Options, variant: Variant) -> tuple[ProposedAct, ...]:
    """One act by group of blocks that change school together; none where no map holds."""
    if variant.school is None:
        return ()
    spread = learn(np.concatenate([town.past, town.pupils[None]]) if len(town.past) else town.pupils[None])
    acts = [
        _act(town, options, variant, variant.school, np.array(group), spread)
        for group in _groups(town, variant.school)
    ]
    return tuple(sorted(acts, key=lambda act: (-act.value, act.subject)))


def _groups(town: Town, school: Rows) -> list[list[int]]:
    moving = np.flatnonzero((school != town.today) & (town.pupils > 0))
    groups: list[list[int]] = []
    for pair in sorted({(int(town.today[block]), int(school[block])) for block in moving}):
        same = [b for b in moving if (int(town.today[b]), int(school[b])) == pair]
        groups += parts(np.array(same), town.neighbours)
    return groups


def _act(
    town: Town, options: Options, variant: Variant, school: Rows, group: Rows, spread: Spread
) -> ProposedAct:
    before, after = int(town.today[group[0]]), int(school[group[0]])
    pupils = town.pupils[group]
    count = float(pupils.sum())
    low, high = (float(end[0]) for end in spread.of(np.array([count])))
    was = float((pupils * town.distance[group, town.reference()[group]]).sum() / count)
    will = float((pupils * town.distance[group, after]).sum() / count)
    names = ", ".join(town.names[block] for block in group[:4]) + ("…" if len(group) > 4 else "")
    old = town.schools[before] if before >= 0 else "aucune école connue"
    few = count < MIN_GROUP
    counted = "moins de cinq élèves" if few else plural(int(count), "élève", "élèves")
    reasons = [
        f"{plural(len(group), 'îlot', 'îlots')}, {counted} cette année.",
        # Their walks would be those of a child.
        "Leur marche n’est pas écrite : ils sont trop peu nombreux." if few else _describe_walk(was, will),
        *_describe_seats(town, school, before, after),
    ]
    if options.weights[variant.key].mix and np.isfinite(town.social).any() and will >= was - 1:
        reasons.append("Ce choix sert le mélange des élèves, les places ou les trajets d’autres îlots.")
    return ProposedAct(
        subject=f"{names} : de « {old} » à « {town.schools[after]} »",
        value=float(MIN_GROUP) if few else count,
        unit="élèves, au plus" if few else "élèves",
        low=0.0 if few else round(low),
        high=float(max(MIN_GROUP, round(high))) if few else round(high),
        reasons=tuple(reasons),
        evidence={
            "blocks": [town.codes[block] for block in group],
            "from": old,
            "to": town.schools[after],
            **({} if few else {"walk_today_m": round(was), "walk_m": round(will)}),
            "seats": int(town.seats[after]),
            "variant": variant.key,
            "gap_percent": round(variant.gap, 2),
            "detour": round(town.detour, 3),
            "measured": town.measured,
        },
        place=town.schools[after],
    )


def _describe_walk(was: float, will: float) -> str:
    if abs(was - will) <= 1:
        return f"La marche reste la même : {fr(will, 0)} m en moyenne."
    change = f"{'gagne' if will < was else 'perd'} {fr(abs(was - will), 0)} m"
    return f"La marche passe de {fr(was, 0)} m à {fr(will, 0)} m : chacun {change} en moyenne."


def _describe_seats(town: Town, school: Rows, before: int, after: int) -> list[str]:
    today, load = town.reference_loads(), np.bincount(school, town.pupils, len(town.schools))
    host = f"L’école d’accueil aurait {fr(load[after], 0)} élèves pour {fr(town.seats[after], 0)} places."
    if before < 0 or today[before] <= town.seats[before]:
        return [host]
    full = f"{fr(today[before], 0)} élèves pour {fr(town.seats[before], 0)} places"
    return [f"L’école quittée est trop pleine : {full}.", host]
