"""Backtest of `school_map`: sectors decided on the rolls of one year, judged on the pupils of the next, against today's map.

In come a town and the options; out goes a `Score`. Where no past year is known, half of the pupils (drawn) decide and the
other half judges. The metric is the mean walk once pupils beyond the seats are sent where seats are left: a map that
overflows gains nothing by it. Every map gets the same treatment.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.contract import BadInput, GuardResult, Score
from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.kit.plans import flow
from beffroi.systems.kit.words import fr
from beffroi.systems.school_map import variants
from beffroi.systems.school_map.forecast import STATED, Spread, learn
from beffroi.systems.school_map.options import TITLES, Options
from beffroi.systems.school_map.town import Town

_MIN_BLOCKS = 5  # blocks with pupils
_TOLERATED = 1.0  # pupils in a hundred: how many more than today may find their school full


@dataclass(frozen=True)
class _Judged:
    """(B,) metres walked by the block's pupils, all together; how many in a hundred found their school full."""

    walked: Vector
    full: float


def evaluate(town: Town, options: Options, seed: int) -> Score:
    """Judge the chosen variant. Raises `BadInput` where nothing can be decided or judged."""
    rng = np.random.default_rng(seed)
    decided, truth, spread, test_period, times = _split(town, rng)
    if int((truth > 0).sum()) < _MIN_BLOCKS:
        raise BadInput("Trop peu d’îlots ont des élèves pour juger une carte : il en faut au moins cinq.")
    variant = variants.draw_variant(town, decided * times, options, options.variant)
    if variant.school is None:
        raise BadInput(
            f"Aucune carte ne tient avec ces places ({', '.join(variant.faults[:2])}) : l’épreuve ne peut pas être faite. "
            "Ajoutez des places ou partagez les plus gros îlots."
        )
    seats, lacked = _seats(town, truth * times)
    judged_pupils = np.rint(truth * times).astype(np.int64)
    nearest_school = np.where(town.seats > 0, town.distance, np.inf).argmin(axis=1)
    first_come = _one_by_one(town, decided * times, nearest_school)
    system, today, nearest, unsearched = (
        _judge(town, judged_pupils, seats, school)
        for school in (variant.school, town.reference(), nearest_school, first_come)
    )
    pupils = float(judged_pupils.sum())
    low, high = spread.of(decided)
    judged = truth + decided > 0
    inside = ((low <= truth) & (truth <= high))[judged]
    drawn = _intervals_by_block(judged_pupils, system.walked, today.walked, rng)
    free = flow.assign(
        np.rint(10 * town.distance).astype(np.int64), judged_pupils, seats, nearest=len(town.schools)
    )
    value, baseline = float(system.walked.sum()) / pupils, float(today.walked.sum()) / pupils
    fits = system.full <= today.full + _TOLERATED
    moved = float(truth[(variant.school != town.today) & (town.today >= 0)].sum())
    others = {
        "Élèves dont l’école de secteur est pleine (%)": system.full,
        "Carte d’aujourd’hui : élèves dont l’école est pleine (%)": today.full,
        "Gain sur la carte d’aujourd’hui (%)": 100 * (baseline - value) / baseline if baseline else 0.0,
        "Élèves qui changent d’école (%)": 100 * moved / max(1.0, float(truth.sum())),
        "Écart à la borne prouvée, le jour du choix (%)": variant.gap,
        "Places ajoutées à toutes les cartes pour pouvoir juger": float(lacked),
    }
    without_ai, bounds = {}, {}
    nearest_walk = float(nearest.walked.sum()) / pupils
    if nearest.full <= today.full + _TOLERATED:
        without_ai["Chacun à l’école la plus proche"] = nearest_walk
    else:  # no map that a town could apply
        bounds["Chacun à l’école la plus proche, écoles trop pleines"] = nearest_walk
    if free is not None:
        bounds["Élève par élève, sans secteurs"] = bound = free.bound / 10 / pupils
        others["Au mieux possible, prouvé (%)"] = 100 * (baseline - bound) / baseline if baseline else 0.0
    recommended = bool(value < baseline and fits and drawn[1][0] > 0)
    return Score(
        value=round(float(value), 1),
        baseline=round(float(baseline), 1),
        interval_coverage=round(float(inside.mean()), 4),
        interval_stated=STATED,
        recommended=recommended,
        verdict=_verdict(options, float(value), float(baseline), fits, drawn[1], halved=times > 1),
        held_out=test_period,
        rows=int(judged.sum()),
        without_ai={name: round(metres, 1) for name, metres in without_ai.items()},
        ablations={
            "Sans recherche : îlot par îlot, l’école la plus proche qui a de la place": round(
                float(unsearched.walked.sum()) / pupils, 1
            )
        },
        bounds={name: round(metres, 1) for name, metres in bounds.items()},
        guards={"full": GuardResult(round(system.full, 3), round(today.full, 3))},
        others={name: round(float(metres), 3) for name, metres in others.items()},
        groups=_groups(town, judged_pupils, system.walked),
        value_interval=drawn[0],
        gain_interval=drawn[1],
        truths=int(judged.sum()),
        training_rows=int((decided > 0).sum()),
    )


def _split(town: Town, rng: np.random.Generator) -> tuple[Vector, Vector, Spread, str, int]:
    """Rolls that decide, rolls that judge, the spread known when deciding, its description, and the factor on both."""
    if len(town.past):
        last = town.past[-1]
        decided = np.where(np.isfinite(last), last, town.pupils)
        known = np.isfinite(last)
        if known.mean() >= 0.5:
            return (
                np.rint(decided),
                town.pupils,
                learn(town.past),
                f"les élèves de cette année, la carte étant décidée sur ceux de l’année d’avant ({int(known.sum())} îlots)",
                1,
            )
    half = rng.binomial(np.rint(town.pupils).astype(np.int64), 0.5).astype(np.float64)
    return (
        half,
        town.pupils - half,
        learn(np.zeros((0, 0))),
        "la moitié des élèves, tirée au sort, la carte étant décidée sur l’autre moitié (aucune année passée n’est connue)",
        2,
    )


def _seats(town: Town, truth: Vector) -> tuple[Rows, int]:
    """The seats, and how many were added in proportion where the pupils who judge outnumber them."""
    seats = np.where(town.anchor >= 0, town.seats, 0)
    short = int(np.rint(truth).sum() - seats.sum())
    if short <= 0:
        return seats, 0
    added = np.ceil(seats * (short / max(1, int(seats.sum())))).astype(np.int64)
    return seats + added, int(added.sum())


def _one_by_one(town: Town, pupils: Vector, nearest: Rows) -> Rows:
    """The school of each block in the order of the table: the nearest that still has seats for all its pupils, else the nearest."""
    left, school = town.seats.astype(np.float64), nearest.copy()
    for block, wanted in enumerate(pupils):
        near = np.where((left >= wanted) & (town.seats > 0), town.distance[block], np.inf)
        if np.isfinite(near).any():
            school[block] = near.argmin()
        left[school[block]] -= wanted
    return school


def _judge(town: Town, pupils: Rows, seats: Rows, school: Rows) -> _Judged:
    """Everyone at the school of the sector; those beyond its seats go to other schools, as few and as near as possible."""
    price = np.rint(10 * town.distance).astype(np.int64)
    away = np.int64(int(price.max()) + 1)
    moved = np.arange(price.shape[1])[None, :] != school[:, None]
    found = flow.assign(price + away * moved, pupils, seats, nearest=price.shape[1])
    if found is None:
        raise BadInput("Les places ne suffisent pas aux élèves : l’épreuve ne peut pas être faite.")
    walked = np.bincount(found.row, found.count * town.distance[found.row, found.site], len(pupils))
    displaced = int(found.count[found.site != school[found.row]].sum())
    return _Judged(walked.astype(np.float64), 100 * displaced / float(pupils.sum()))


def _intervals_by_block(
    pupils: Rows, system: Vector, today: Vector, rng: np.random.Generator
) -> tuple[Interval, ...]:
    """95 % intervals of the mean walk and of the gain, by resampling blocks."""

    def figures(drawn: Blocks) -> tuple[Vector, Vector]:
        total = np.maximum(pupils[drawn].sum(axis=1), 1)
        system_means, today_means = system[drawn].sum(axis=1) / total, today[drawn].sum(axis=1) / total
        return system_means, today_means - system_means

    return bootstrap_intervals(figures, len(pupils), rng, digits=1)


def _groups(town: Town, pupils: Rows, walked: Vector) -> dict[str, float]:
    """The mean walk by third of the social index; nothing where the index is not known."""
    known = np.isfinite(town.social) & (pupils > 0)
    if int(known.sum()) < 9:
        return {}
    ends = np.quantile(town.social[known], [1 / 3, 2 / 3])
    third = np.digitize(town.social, ends)
    names = ("Indice social bas", "Indice social moyen", "Indice social haut")
    return {
        name: round(float(walked[known & (third == rank)].sum() / pupils[known & (third == rank)].sum()), 1)
        for rank, name in enumerate(names)
        if pupils[known & (third == rank)].sum() > 0
    }


def _verdict(
    options: Options, value: float, baseline: float, fits: bool, gain: tuple[float, float], halved: bool
) -> str:
    """`halved`: half of the pupils decided and the other half judged. The map of a run, drawn on all pupils of this year, walks less."""
    title = TITLES[options.variant].lower()
    decided = (
        "une moitié des élèves et jugée sur l’autre"
        if halved
        else "les élèves de l’an dernier et jugée sur ceux de cette année"
    )
    measured = (
        f"{fr(value, 0)} m de marche en moyenne avec la carte « {title} », décidée sur {decided}, "
        f"contre {fr(baseline, 0)} m avec celle d’aujourd’hui"
    )
    if value >= baseline:
        return f"Ne pas utiliser ici : {measured}. La carte d’aujourd’hui fait aussi bien."
    if not fits:
        return f"Ne pas utiliser ici : {measured}, mais plus d’élèves trouvent leur école pleine."
    if gain[0] <= 0:
        return f"Gain trop petit pour être sûr : {measured}."
    return f"Recommandé : {measured}, à places égales."
