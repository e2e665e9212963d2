"""What a run writes: the variants side by side, what each sector gains or loses, the map, and the moves proposed.

In come a town and the options; out goes an `Outcome`. Nothing is said of a child: walks are told by sector, and groups of
fewer than five pupils are not counted out.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from beffroi.systems.contract import Figure, Outcome
from beffroi.systems.school_map import flow, variants
from beffroi.systems.school_map.moves import FEWEST, propose
from beffroi.systems.school_map.options import TITLES, Options
from beffroi.systems.school_map.problem import Ints, Vector
from beffroi.systems.school_map.text import fr, plural
from beffroi.systems.school_map.town import Town
from beffroi.systems.school_map.variants import Variant

_WORDS = ("variant", "status")
_NUMBERS = ("distance", "today", "far", "longest", "moved", "separation", "over", "objective", "bound", "gap")
_SCHEMA = pa.schema([(name, pa.string()) for name in _WORDS] + [(name, pa.float64()) for name in _NUMBERS])
_NOTABLE_M = 20.0  # a change of the mean walk that is worth a word


def write(town: Town, options: Options) -> Outcome:
    """Draw every variant, keep the chosen one, tell all. Raises `BadInput`."""
    notes = list(town.notes)
    best = variants.best_possible(town, town.pupils)
    if best is None:
        return _without_seats(town, options, notes)
    order = [options.variant, *(key for key in TITLES if key != options.variant)]
    drawn = [variants.draw(town, town.pupils, options, key) for key in order]
    chosen = drawn[0]
    for variant in drawn:
        if variant.school is None:
            notes.append(
                f"La variante « {variant.title.lower()} » ne tient pas : {' ; '.join(variant.faults[:2])}. Les îlots sont "
                "trop gros pour les places : partagez-en, ou ajoutez des places."
            )
    if not variants.reserved(town, town.pupils, options.reserve)[1]:
        notes.append(
            f"Les places ne suffisent pas pour en garder {fr(100 * options.reserve)} % libres : la carte les remplit toutes. "
            "Quelques élèves de plus la feraient déborder."
        )
    full = np.flatnonzero(town.reference_loads() > town.seats)
    if len(full):
        names = ", ".join(town.schools[s] for s in full[:3])
        notes.append(
            f"Aujourd’hui, {plural(len(full), 'école reçoit', 'écoles reçoivent')} plus d’élèves qu’elle n’a de places : "
            f"{names}{'…' if len(full) > 3 else ''}."
        )
    layers = {"sectors": _sectors(town, chosen.school), "blocks": _blocks(town, chosen.school)}
    return Outcome(
        table=_table(town, drawn, best),
        proposals=propose(town, options, chosen),
        notes=tuple(notes),
        layers=layers,
        figures=_figures(town, chosen, best),
    )


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


def _table(town: Town, drawn: list[Variant], best: flow.Assignment) -> pa.Table:
    today = town.reference()
    pupils = max(1.0, float(town.pupils.sum()))
    lines: list[dict[str, Any]] = []
    for variant in sorted(drawn, key=lambda v: list(TITLES).index(v.key)):
        held = variant.school is not None
        school = variant.school if variant.school is not None else today
        lines.append(
            {
                "variant": variant.title,
                "status": ("proposée" if variant is drawn[0] else "comparée") if held else "impossible",
                **_line(town, school),
                "moved": round(100 * moved(town, school) / pupils, 1),
                "bound": round(variant.bound / pupils, 1) if np.isfinite(variant.bound) else None,
                "objective": round(variant.value / pupils, 1) if held else None,
                "gap": round(variant.gap, 2) if held else None,
            }
        )
        if not held:
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
            **_line(town, today),
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
            **dict.fromkeys(("far", "longest", "separation", "over", "moved", "bound", "objective", "gap")),
            "today": round(mean_walk(town, today), 1),
        }
    )
    return pa.Table.from_pylist(lines, schema=_SCHEMA)


def _line(town: Town, school: Ints) -> dict[str, Any]:
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


def _sectors(town: Town, school: Ints | None) -> pa.Table:
    today = town.reference()
    after = today if school is None else school
    place = np.arange(len(after))
    lines = []
    for s, name in enumerate(town.schools):
        before, now = today == s, after == s
        pupils = town.pupils[now].sum()
        # Of the pupils of the new sector: their walk today and tomorrow.
        was = _mean(town.distance[place, today][now], town.pupils[now])
        will = _mean(town.distance[place, after][now], town.pupils[now])
        change = will - was
        lines.append(
            {
                "school": name,
                "status": "perd" if change > _NOTABLE_M else "gagne" if change < -_NOTABLE_M else "inchangé",
                "change": round(float(change), 0),
                "walk": round(float(will), 0),
                "walk_today": round(float(was), 0),
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


def _blocks(town: Town, school: Ints | None) -> pa.Table:
    today = town.reference()
    after = today if school is None else school
    place = np.arange(len(after))
    change = town.distance[place, after] - town.distance[place, today]
    status = np.where(change > _NOTABLE_M, "perd", np.where(change < -_NOTABLE_M, "gagne", "inchangé"))
    status = np.where((after != today) & (status == "inchangé"), "change d’école", status)
    # With few pupils, the change and whether it is a gain would be those of a child.
    few = town.pupils < FEWEST
    status = np.where(few, np.where(after != today, "change d’école", "inchangé"), status)
    status = np.where(town.lock >= 0, "déjà arrêté", status)
    return pa.table(
        {
            "block": list(town.codes),
            "name": list(town.names),
            "proposed": [town.schools[s] for s in after],
            "school_today": [town.schools[s] if s >= 0 else None for s in town.today],
            "status": status.tolist(),
            "change": pa.array(np.where(few, np.nan, np.rint(change)), pa.float64(), from_pandas=True),
            "geometry": [town.plane.back(shape) for shape in town.shapes],
        }
    )


def _figures(town: Town, chosen: Variant, best: flow.Assignment) -> tuple[Figure, ...]:
    today = mean_walk(town, town.reference())
    pupils = max(1.0, float(town.pupils.sum()))
    least = best.bound / 10 / pupils
    base = f"{plural(int(pupils), 'élève', 'élèves')}, {plural(len(town.schools), 'école', 'écoles')}"
    how = "mesurée par les rues" if town.measured else "estimée à vol d’oiseau"
    possible = 100 * (today - least) / today if today else 0.0
    figures = [
        Figure(
            "possible",
            "Marche en moins, au mieux (prouvé)",
            round(possible, 1),
            "%",
            f"{base} ; aucune carte à ces places ne fait mieux",
            better="higher",
        )
    ]
    if chosen.school is None:
        return tuple(figures)
    walk = mean_walk(town, chosen.school)
    change = 100 * (today - walk) / today if today else 0.0
    figures = [
        Figure("walk", "Marche moyenne proposée", round(walk), "m", f"{base}, {how}", better="lower"),
        Figure(
            "gain",
            "Marche en moins qu’aujourd’hui",
            round(change, 1),
            "%",
            f"{fr(today)} m aujourd’hui",
            better="higher",
        ),
        *figures,
        Figure(
            "moved",
            "Élèves qui changent d’école",
            round(100 * moved(town, chosen.school) / pupils, 1),
            "%",
            base,
            better="lower",
        ),
        Figure(
            "far",
            "Marche que 95 élèves sur 100 ne dépassent pas",
            round(far(town, chosen.school)),
            "m",
            f"{fr(far(town, town.reference()))} m aujourd’hui",
            better="lower",
        ),
        Figure(
            "gap",
            "Écart à la borne prouvée, au plus",
            round(chosen.gap, 2),
            "%",
            f"variante « {chosen.title.lower()} », souhaits compris",
            better="lower",
        ),
        Figure("lacking", "Places qui manquent", 0.0, "places", base, better="lower"),
    ]
    apart = variants.separation(town, town.pupils, chosen.school)
    if np.isfinite(apart):
        before = variants.separation(town, town.pupils, town.reference())
        figures.append(
            Figure(
                "separation",
                "Séparation sociale entre écoles",
                round(apart, 1),
                "sur 100",
                f"{fr(before, 1)} aujourd’hui ; 0 : chaque école ressemble à la ville",
                better="lower",
            )
        )
    return tuple(figures)


def _without_seats(town: Town, options: Options, notes: list[str]) -> Outcome:
    """Too few seats: how many lack and where; nothing is proposed."""
    short, where = variants.lacking(town, town.pupils)
    told = ", ".join(
        f"{town.schools[s]} ({fr(where[s])})" for s in np.argsort(-where, kind="stable")[:5] if where[s] > 0
    )
    if short > 0:
        notes.append(
            f"Il manque {plural(short, 'place', 'places')} en tout, autour de : {told or 'toute la ville'}. "
            "Aucune carte ne tient : ajoutez des places, ou retirez des élèves, puis recommencez."
        )
    else:
        notes.append(
            "Aucune carte ne tient : des choix déjà arrêtés donnent plus d’élèves à une école qu’elle n’a de places."
        )
    today = town.reference()
    line = {"variant": "Aujourd’hui", "status": "référence", **_line(town, today)}
    base = f"{plural(int(town.pupils.sum()), 'élève', 'élèves')}, {plural(int(town.seats.sum()), 'place', 'places')}"
    return Outcome(
        table=pa.Table.from_pylist([line], schema=_SCHEMA),
        proposals=(),
        notes=tuple(notes),
        layers={"sectors": _sectors(town, None), "blocks": _blocks(town, None)},
        figures=(
            Figure("lacking", "Places qui manquent", float(max(0, short)), "places", base, better="lower"),
        ),
    )


def _mean(values: Vector, weights: Vector) -> float:
    known = np.isfinite(values) & (weights > 0)
    return float((values[known] * weights[known]).sum() / weights[known].sum()) if known.any() else 0.0


def _or_none(value: float) -> float | None:
    return round(value, 3) if value else None
