"""Proposed moves: adjacent blocks that would go from one school to another, as one act, with its reasons.

In come a town and the chosen variant; out go `ProposedAct`s, the largest first. A group of fewer than five pupils is reported as
« moins de cinq ».
"""

import numpy as np

from beffroi.systems.contract import ProposedAct
from beffroi.systems.school_map.forecast import Spread, learn
from beffroi.systems.school_map.options import Options
from beffroi.systems.school_map.problem import Ints, parts
from beffroi.systems.school_map.text import number_or_unknown, plural
from beffroi.systems.school_map.town import Town
from beffroi.systems.school_map.variants import Variant

MIN_GROUP = 5


def propose_moves(town: Town, options: Options, variant: Variant) -> tuple[ProposedAct, ...]:
    """One act by group of blocks that change school together; none where no map holds."""
    if variant.school is None:
        return ()
    spread = learn(np.concatenate([town.past, town.pupils[None]]) if len(town.past) else town.pupils[None])
    acts = [_act(town, options, variant, np.array(group), spread) for group in _groups(town, variant.school)]
    return tuple(sorted(acts, key=lambda act: (-act.value, act.subject)))


def _groups(town: Town, school: Ints) -> list[list[int]]:
    moving = np.flatnonzero((school != town.today) & (town.pupils > 0))
    groups: list[list[int]] = []
    for pair in sorted({(int(town.today[block]), int(school[block])) for block in moving}):
        same = [b for b in moving if (int(town.today[b]), int(school[b])) == pair]
        groups += parts(np.array(same), town.neighbours)
    return groups


def _act(town: Town, options: Options, variant: Variant, group: Ints, spread: Spread) -> ProposedAct:
    assert variant.school is not None  # noqa: S101  (checked by the caller)
    before, after = int(town.today[group[0]]), int(variant.school[group[0]])
    pupils = town.pupils[group]
    count = float(pupils.sum())
    low, high = (float(end[0]) for end in spread.of(np.array([count])))
    reference = town.reference()[group]
    was = float((pupils * town.distance[group, reference]).sum() / count)
    will = float((pupils * town.distance[group, after]).sum() / count)
    names = ", ".join(town.names[block] for block in group[:4]) + ("…" if len(group) > 4 else "")
    old = town.schools[before] if before >= 0 else "aucune école connue"
    few = count < MIN_GROUP
    return ProposedAct(
        subject=f"{names} : de « {old} » à « {town.schools[after]} »",
        value=float(MIN_GROUP) if few else count,
        unit="élèves, au plus" if few else "élèves",
        low=0.0 if few else round(low),
        high=float(max(MIN_GROUP, round(high))) if few else round(high),
        reasons=_reasons(town, options, variant, group, before, after, was, will, few),
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


def _reasons(
    town: Town,
    options: Options,
    variant: Variant,
    group: Ints,
    before: int,
    after: int,
    was: float,
    will: float,
    few: bool,
) -> tuple[str, ...]:
    assert variant.school is not None  # noqa: S101
    count = "moins de cinq élèves" if few else plural(int(town.pupils[group].sum()), "élève", "élèves")
    reasons = [f"{plural(len(group), 'îlot', 'îlots')}, {count} cette année."]
    if few:  # their walks would be those of a child
        reasons.append("Leur marche n’est pas écrite : ils sont trop peu nombreux.")
    elif will < was - 1:
        reasons.append(
            f"La marche passe de {number_or_unknown(was)} m à {number_or_unknown(will)} m : chacun gagne {number_or_unknown(was - will)} m en moyenne."
        )
    elif will > was + 1:
        reasons.append(
            f"La marche passe de {number_or_unknown(was)} m à {number_or_unknown(will)} m : chacun perd {number_or_unknown(will - was)} m en moyenne."
        )
    else:
        reasons.append(f"La marche reste la même : {number_or_unknown(will)} m en moyenne.")
    today = town.reference_loads()
    load = np.bincount(variant.school, town.pupils, len(town.schools))
    if before >= 0 and today[before] > town.seats[before]:
        reasons.append(
            f"L’école quittée est trop pleine : {number_or_unknown(today[before])} élèves pour {number_or_unknown(town.seats[before])} places."
        )
    reasons.append(
        f"L’école d’accueil aurait {number_or_unknown(load[after])} élèves pour {number_or_unknown(town.seats[after])} places."
    )
    if options.weights[variant.key].mix and np.isfinite(town.social).any() and will >= was - 1:
        reasons.append("Ce choix sert le mélange des élèves, les places ou les trajets d’autres îlots.")
    return tuple(reasons)
