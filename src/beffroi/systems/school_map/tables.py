"""Output tables of a run: maps side by side, gains and losses by sector, map block by block.

In come a town and maps; out go Arrow tables. A gain is a walk made shorter, in metres: positive for those who gain. No walk
and no gain of fewer than five pupils is disclosed.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from beffroi.systems.kit import writing
from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.kit.plans import flow
from beffroi.systems.kit.words import fr
from beffroi.systems.school_map import variants
from beffroi.systems.school_map.moves import MIN_GROUP
from beffroi.systems.school_map.town import Town
from beffroi.systems.school_map.variants import Variant

_NOTABLE_M = 20.0  # a change of the mean walk that is worth a word
_LARGE_M = 200.0
FEW = "moins de cinq élèves"


def mean_walk(town: Town, school: Rows) -> float:
    """Metres a pupil, one way."""
    walked = float((town.pupils * town.distance[np.arange(len(school)), school]).sum())
    return walked / max(1.0, float(town.pupils.sum()))


def walks(town: Town, school: Rows) -> tuple[Vector, Vector]:
    """Of each home: metres to its school, and how many pupils it stands for."""
    homes = np.bincount(town.home_block, minlength=len(school))
    weight = (town.pupils / np.maximum(homes, 1))[town.home_block]
    return town.home_distance[np.arange(len(town.home_block)), school[town.home_block]], weight


def far(town: Town, school: Rows, share: float = 0.95) -> float:
    """The walk that this share of the pupils do not pass, in metres."""
    metres, weight = walks(town, school)
    order = np.argsort(metres, kind="stable")
    reached = np.cumsum(weight[order])
    return float(metres[order][min(len(order) - 1, int(np.searchsorted(reached, share * reached[-1])))])


def moved(town: Town, school: Rows) -> float:
    return float(town.pupils[(school != town.today) & (town.today >= 0)].sum())


def build_variants_table(town: Town, drawn: list[Variant], best: flow.Assignment | None) -> pa.Table:
    """The map proposed first, the others drawn, that of today, and what no map can beat: `best`, None where seats are too few."""
    today = town.reference()
    pupils = max(1.0, float(town.pupils.sum()))
    walk_today = round(mean_walk(town, today), 1)
    rows: list[dict[str, Any]] = []
    for variant in drawn:
        row = {
            "variant": variant.title,
            "status": "impossible",
            "today": walk_today,
            "bound": round(variant.bound / pupils, 1),
            "longest_bound": _hundred_below(variant.least),
        }
        if variant.school is not None:
            row |= {
                "reserve": round(100 * variant.reserve, 1),
                "status": "proposée" if variant is drawn[0] else "comparée",
                **_summary(town, variant.school),
                "moved": round(100 * moved(town, variant.school) / pupils, 1),
                "objective": round(variant.value / pupils, 1),
                "gap": round(variant.gap, 2),
            }
        rows.append(row)
    reference = {
        "variant": "Aujourd’hui",
        "status": "référence",
        "today": walk_today,
        **_summary(town, today),
    }
    if best is None:
        return writing.table(__package__, "variants", [reference])
    lowest = {
        "variant": "Borne : élève par élève, sans secteurs",
        "status": "aucune carte ne fait mieux",
        "distance": round(best.bound / 10 / pupils, 1),
        "longest_bound": _hundred_below(variants.shortest_longest(town, town.pupils)),
        "today": walk_today,
    }
    return writing.table(__package__, "variants", [*rows, reference | {"moved": 0.0}, lowest])


def build_reserves_table(town: Town, compared: list[Variant], chosen: Variant) -> pa.Table:
    """The chosen variant with more and more seats left free: what each reserve costs in walk."""
    pupils = max(1.0, float(town.pupils.sum()))
    walk_today = round(mean_walk(town, town.reference()), 1)
    rows: list[dict[str, Any]] = []
    for variant in compared:
        row: dict[str, Any] = {
            "reserve": f"{fr(100 * variant.reserve)} % de places libres",
            "status": "aucune carte",
            "today": walk_today,
        }
        if variant.school is not None:
            walk = round(mean_walk(town, variant.school), 1)
            row |= {
                "status": "proposée" if variant.reserve == chosen.reserve else "comparée",
                "distance": walk,
                "price": round(walk - next((one["distance"] for one in rows if "distance" in one), walk), 1),
                "moved": round(100 * moved(town, variant.school) / pupils, 1),
                "objective": round(variant.value / pupils, 1),
                "gap": round(variant.gap, 2),
            }
        rows.append(row)
    return writing.table(__package__, "reserves", rows)


def _summary(town: Town, school: Rows) -> dict[str, float]:
    loads = np.bincount(school, town.pupils, len(town.schools))
    metres, weight = walks(town, school)
    return {
        "distance": round(mean_walk(town, school), 1),
        "far": round(far(town, school), 0),
        "longest": round(float(metres[weight > 0].max(initial=0)), -2),
        "separation": round(variants.separation(town, town.pupils, school), 1),
        "over": np.clip(loads - town.seats, 0, None).sum(),
    }


def describe_gain(gain: Vector) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    """The class of each gain in words, which the legend of a map shows."""
    return np.select(
        [gain > _LARGE_M, gain > _NOTABLE_M, gain >= -_NOTABLE_M, gain >= -_LARGE_M],
        ["gagne plus de 200 m", "gagne de 20 à 200 m", "pareil, à 20 m près", "perd de 20 à 200 m"],
        "perd plus de 200 m",
    )


def build_sectors_table(town: Town, school: Rows | None) -> pa.Table:
    today = town.reference()
    after = today if school is None else school
    place = np.arange(len(after))
    lines = []
    for s, name in enumerate(town.schools):
        before, now = today == s, after == s
        pupils = town.pupils[now].sum()
        few = pupils < MIN_GROUP
        # Of the pupils of the new sector: their walk today and tomorrow.
        was = _mean(town.distance[place, today][now], town.pupils[now])
        will = _mean(town.distance[place, after][now], town.pupils[now])
        lines.append(
            {
                "school": name,
                "status": FEW if few else str(describe_gain(np.array([was - will]))[0]),
                "gain": None if few else round(was - will, 0),
                "walk": None if few else round(will, 0),
                "walk_today": None if few else round(was, 0),
                "pupils": pupils,
                "pupils_today": town.pupils[before].sum(),
                "capacity": town.seats[s],
                "fill": round(100 * float(pupils) / town.seats[s], 1) if town.seats[s] else None,
                "social": round(_mean(town.social[now], town.pupils[now]), 3) or None,
                "geometry": town.plane.back(shapely.union_all(town.shapes[now], grid_size=0.5))
                if now.any()
                else None,
            }
        )
    return writing.table(__package__, "sectors", lines)


def build_blocks_table(town: Town, school: Rows | None) -> pa.Table:
    today = town.reference()
    after = today if school is None else school
    place = np.arange(len(after))
    gain = town.distance[place, today] - town.distance[place, after]
    status = describe_gain(gain)
    status = np.where(
        np.abs(gain) <= _NOTABLE_M, np.where(after != today, "change d’école", "inchangé"), status
    )
    # With few pupils, the change and whether it is a gain would be those of a child.
    few = town.pupils < MIN_GROUP
    status = np.where(few, np.where(after != today, "change d’école", "inchangé"), status)
    status = np.where(town.lock >= 0, "déjà arrêté", status)
    rows = (
        {
            "block": code,
            "name": town.names[block],
            "proposed": town.schools[after[block]],
            "school_today": town.schools[town.today[block]] if town.today[block] >= 0 else None,
            "status": status[block],
            "gain": None if few[block] else np.rint(gain[block]),
            "geometry": town.plane.back(town.shapes[block]),
        }
        for block, code in enumerate(town.codes)
    )
    return writing.table(__package__, "blocks", rows)


def _mean(values: Vector, weights: Vector) -> float:
    known = np.isfinite(values) & (weights > 0)
    return float((values[known] * weights[known]).sum() / weights[known].sum()) if known.any() else 0.0


def _hundred_below(metres: float) -> float | None:
    """A bound to a hundred metres, never above it: the longest walk is that of one pupil."""
    return float(100 * np.floor(metres / 100)) if np.isfinite(metres) else None
