"""Output tables of a run: maps side by side, gains and losses by sector, map block by block.

In come a town and maps; out go Arrow tables. A gain is a walk made shorter, in metres: positive for those who gain. No walk
and no gain of fewer than five pupils is disclosed.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from beffroi.systems.school_map import flow, variants
from beffroi.systems.school_map.moves import MIN_GROUP
from beffroi.systems.school_map.options import TITLES
from beffroi.systems.school_map.problem import Ints, Vector
from beffroi.systems.school_map.town import Town
from beffroi.systems.school_map.variants import Variant

_WORDS = ("variant", "status")
_NUMBERS = (
    "distance",
    "today",
    "far",
    "longest",
    "longest_bound",
    "moved",
    "separation",
    "over",
    "objective",
    "bound",
    "gap",
)
SCHEMA = pa.schema([(name, pa.string()) for name in _WORDS] + [(name, pa.float64()) for name in _NUMBERS])
_NOTABLE_M = 20.0  # a change of the mean walk that is worth a word
_LARGE_M = 200.0
FEW = "moins de cinq élèves"


def mean_walk(town: Town, school: Ints) -> float:
    """Metres a pupil, one way."""
    walked = float((town.pupils * town.distance[np.arange(len(school)), school]).sum())
    return walked / max(1.0, float(town.pupils.sum()))


def walks(town: Town, school: Ints) -> tuple[Vector, Vector]:
    """Of each home: metres to its school, and how many pupils it stands for."""
    homes = np.bincount(town.home_block, minlength=len(school))
    weight = (town.pupils / np.maximum(homes, 1))[town.home_block]
    return town.home_distance[np.arange(len(town.home_block)), school[town.home_block]], weight


def far(town: Town, school: Ints, share: float = 0.95) -> float:
    """The walk that this share of the pupils do not pass, in metres."""
    metres, weight = walks(town, school)
    order = np.argsort(metres, kind="stable")
    reached = np.cumsum(weight[order])
    return float(metres[order][min(len(order) - 1, int(np.searchsorted(reached, share * reached[-1])))])


def moved(town: Town, school: Ints) -> float:
    return float(town.pupils[(school != town.today) & (town.today >= 0)].sum())


def build_variants_table(town: Town, drawn: list[Variant], best: flow.Assignment) -> pa.Table:
    today = town.reference()
    pupils = max(1.0, float(town.pupils.sum()))
    lines: list[dict[str, Any]] = []
    for variant in sorted(drawn, key=lambda v: list(TITLES).index(v.key)):
        feasible = variant.school is not None
        school = variant.school if variant.school is not None else today
        lines.append(
            {
                "variant": variant.title,
                "status": ("proposée" if variant is drawn[0] else "comparée") if feasible else "impossible",
                **summary_row(town, school),
                "moved": round(100 * moved(town, school) / pupils, 1),
                "bound": round(variant.bound / pupils, 1) if np.isfinite(variant.bound) else None,
                "objective": round(variant.value / pupils, 1) if feasible else None,
                "gap": round(variant.gap, 2) if feasible else None,
                "longest_bound": _hundred_below(variant.least),
            }
        )
        if not feasible:
            lines[-1] |= {
                "distance": None,
                "far": None,
                "longest": None,
                "separation": None,
                "over": None,
                "moved": None,
            }
    lines.append(
        {
            "variant": "Aujourd’hui",
            "status": "référence",
            **summary_row(town, today),
            "moved": 0.0,
            "bound": None,
            "objective": None,
            "gap": None,
        }
    )
    lines.append(
        {
            "variant": "Borne : élève par élève, sans secteurs",
            "status": "aucune carte ne fait mieux",
            "distance": round(best.bound / 10 / pupils, 1),
            "longest_bound": _hundred_below(variants.shortest_longest(town, town.pupils)),
            "today": round(mean_walk(town, today), 1),
        }
    )
    return pa.Table.from_pylist(lines, schema=SCHEMA)


def summary_row(town: Town, school: Ints) -> dict[str, Any]:
    apart = variants.separation(town, town.pupils, school)
    loads = np.bincount(school, town.pupils, len(town.schools))
    metres, weight = walks(town, school)
    return {
        "distance": round(mean_walk(town, school), 1),
        "today": round(mean_walk(town, town.reference()), 1),
        "far": round(far(town, school), 0),
        "longest": round(float(metres[weight > 0].max(initial=0)), -2),
        "separation": round(apart, 1) if np.isfinite(apart) else None,
        "over": float(np.clip(loads - town.seats, 0, None).sum()),
    }


def describe_gain(gain: Vector) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    """The class of each gain in words, which the legend of a map shows."""
    return np.select(
        [gain > _LARGE_M, gain > _NOTABLE_M, gain >= -_NOTABLE_M, gain >= -_LARGE_M],
        ["gagne plus de 200 m", "gagne de 20 à 200 m", "pareil, à 20 m près", "perd de 20 à 200 m"],
        "perd plus de 200 m",
    )


def build_sectors_table(town: Town, school: Ints | None) -> pa.Table:
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
                "gain": None if few else round(float(was - will), 0),
                "walk": None if few else round(float(will), 0),
                "walk_today": None if few else round(float(was), 0),
                "pupils": float(pupils),
                "pupils_today": float(town.pupils[before].sum()),
                "capacity": int(town.seats[s]),
                "fill": round(100 * float(pupils) / town.seats[s], 1) if town.seats[s] else None,
                "social": _or_none(_mean(town.social[now], town.pupils[now])),
                "geometry": town.plane.back(shapely.union_all(town.shapes[now], grid_size=0.5))
                if now.any()
                else None,
            }
        )
    kinds = {
        name: pa.string()
        if name in ("school", "status", "geometry")
        else pa.int64()
        if name == "capacity"
        else pa.float64()
        for name in lines[0]
    }
    return pa.Table.from_pylist(lines, schema=pa.schema(list(kinds.items())))


def build_blocks_table(town: Town, school: Ints | None) -> pa.Table:
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
    return pa.table(
        {
            "block": list(town.codes),
            "name": list(town.names),
            "proposed": [town.schools[s] for s in after],
            "school_today": [town.schools[s] if s >= 0 else None for s in town.today],
            "status": status.tolist(),
            "gain": pa.array(np.where(few, np.nan, np.rint(gain)), pa.float64(), from_pandas=True),
            "geometry": [town.plane.back(shape) for shape in town.shapes],
        }
    )


def _mean(values: Vector, weights: Vector) -> float:
    known = np.isfinite(values) & (weights > 0)
    return float((values[known] * weights[known]).sum() / weights[known].sum()) if known.any() else 0.0


def _or_none(value: float) -> float | None:
    return round(value, 3) if value else None


def _hundred_below(metres: float) -> float | None:
    """A bound to a hundred metres, never above it: the longest walk is that of one pupil."""
    return float(100 * np.floor(metres / 100)) if np.isfinite(metres) else None
