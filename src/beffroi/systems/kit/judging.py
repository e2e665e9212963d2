"""Judgement of forecasts on held-out days: the figure of each way, its intervals from whole weeks drawn again, the verdict.

In come what came true and what each way said, row by row; out goes a `Score`. The figure is the sum of absolute errors in % of the
sum of what came true (WAPE), or, of probabilistic forecasts, how much less they lose than a reference.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.contract import GuardResult, Score
from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector
from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.scoring import skill
from beffroi.systems.kit.words import fr, share


@dataclass(frozen=True)
class Judged:
    """Rows that were held out: `truth`, what the system and the baseline said, the interval, the block and the group of each.

    `block`: rows of one block move together (a week). `without_ai`, `ablations`: what other ways said, by French name.
    """

    truth: Vector
    system: Vector
    baseline: Vector
    low: Vector
    high: Vector
    block: Rows
    group: Sequence[str]
    without_ai: Mapping[str, Vector] = field(default_factory=dict)
    ablations: Mapping[str, Vector] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True)
class Losses:
    """What each way lost on held-out days (places, days), as a CRPS; NaN where it is not judged. `inside`: 1 where the interval held the
    truth, else 0. `block`: of each day, what it moves together with (a season)."""

    places: Sequence[str]
    system: Matrix
    reference: Matrix
    inside: Matrix
    block: Rows
    without_ai: Mapping[str, Matrix] = field(default_factory=dict)
    ablations: Mapping[str, Matrix] = field(default_factory=dict)


def wape(truth: Vector, expected: Vector) -> float:
    """Sum of absolute errors in % of the sum of what came true; NaN where nothing was expected or came."""
    known = np.isfinite(truth) & np.isfinite(expected)
    total = float(truth[known].sum())
    return 100 * float(np.abs(truth - expected)[known].sum()) / total if total > 0 else float("nan")


def score(
    package: str,
    judged: Judged,
    *,
    stated: float,
    test_period: str,
    seed: int,
    training_rows: int,
    guards: Mapping[str, GuardResult] | None = None,
) -> Score:
    """The score of a system whose measure is a WAPE. `test_period`: in French, which days."""
    value, baseline = wape(judged.truth, judged.system), wape(judged.truth, judged.baseline)
    inside = (judged.low <= judged.truth) & (judged.truth <= judged.high)
    value_interval, gain_interval, coverage_interval = _intervals(judged, inside, seed)
    better_than = {name: wape(judged.truth, values) for name, values in judged.without_ai.items()}
    best = min([baseline, *(figure for figure in better_than.values() if np.isfinite(figure))])
    recommended = bool(value < best and gain_interval[0] > 0)
    return Score(
        value=round(value, 3),
        baseline=round(baseline, 3),
        interval_coverage=round(float(inside.mean()), 4),
        interval_stated=stated,
        recommended=recommended,
        verdict=verdict(package, value, baseline, best, gain_interval[0], float(inside.mean()), stated),
        held_out=test_period,
        rows=len(judged),
        without_ai={name: round(figure, 3) for name, figure in better_than.items() if np.isfinite(figure)},
        ablations={name: round(wape(judged.truth, values), 3) for name, values in judged.ablations.items()},
        guards=dict(guards or {}),
        groups=_by_group(judged),
        value_interval=value_interval,
        gain_interval=gain_interval,
        coverage_interval=coverage_interval,
        truths=len(judged),
        training_rows=training_rows,
    )


def skill_score(
    package: str,
    losses: Losses,
    *,
    stated: float,
    test_period: str,
    seed: int,
    training_rows: int,
    others: Mapping[str, float] | None = None,
) -> Score:
    """The score of a system whose measure is its skill beside the reference: the median over places, in %; that of the reference is 0."""
    judged = np.isfinite(losses.system + losses.reference + losses.inside)
    reference = np.where(judged, losses.reference, np.nan)
    by_place = 100 * skill(losses.system, reference)

    def median(part: Matrix) -> float:
        return round(100 * float(np.nanmedian(skill(part, reference))), 3)

    value, better = (
        float(np.nanmedian(by_place)),
        {name: median(part) for name, part in losses.without_ai.items()},
    )
    coverage, best = float(losses.inside[judged].mean()), max([0.0, *better.values()])
    gain, covered = _skill_intervals(losses, judged, seed)
    return Score(
        value=round(value, 3),
        baseline=0.0,
        interval_coverage=round(coverage, 4),
        interval_stated=stated,
        recommended=bool(value > best and gain[0] > 0),
        verdict=verdict(package, value, 0.0, best, gain[0], coverage, stated),
        held_out=test_period,
        rows=int(judged.sum()),
        without_ai=better,
        ablations={name: median(part) for name, part in losses.ablations.items()},
        others=dict(others or {}),
        groups={
            place: round(float(one), 3)
            for place, one in zip(losses.places, by_place, strict=True)
            if np.isfinite(one)
        },
        value_interval=gain,
        gain_interval=gain,
        coverage_interval=covered,
        truths=int(judged.sum()),
        training_rows=training_rows,
    )


def _skill_intervals(losses: Losses, judged: Mask, seed: int) -> tuple[tuple[float, float], ...]:
    """Of the median skill, of the coverage: whole blocks drawn again."""
    _, block = np.unique(losses.block, return_inverse=True)
    inside = np.eye(int(block.max()) + 1)[block]  # (days, blocks)
    parts = (losses.system, losses.reference, losses.inside, np.ones_like(losses.system))
    sums = [(np.where(judged, part, 0.0) @ inside).T for part in parts]  # (blocks, places)

    def figures(drawn: Blocks) -> list[Vector]:
        own, other, covered, rows = (part[drawn].sum(axis=1) for part in sums)
        ratio = np.where(other > 0, own / np.where(other > 0, other, 1.0), 1.0)
        return [100 * np.median(1 - ratio, axis=1), covered.sum(axis=1) / np.maximum(rows.sum(axis=1), 1)]

    return bootstrap_intervals(figures, inside.shape[1], np.random.default_rng(seed), digits=4)


def _intervals(judged: Judged, inside: Mask, seed: int) -> tuple[Interval, ...]:
    """Of the figure, of its gain on the baseline, of the coverage."""

    def figures(own: Vector, plain: Vector, truth: Vector, covered: Vector, rows: Vector) -> list[Vector]:
        return [100 * own / truth, 100 * (plain - own) / truth, covered / rows]

    columns = (
        np.abs(judged.truth - judged.system),
        np.abs(judged.truth - judged.baseline),
        judged.truth,
        inside.astype(float),
        np.ones(len(judged)),
    )
    return intervals_by_block(judged.block, columns, figures, seed)


def intervals_by_block(
    block: Rows, columns: Sequence[Vector], figures: Callable[..., Sequence[Vector]], seed: int
) -> tuple[Interval, ...]:
    """95 % intervals of figures of sums: rows of one `block` move together (a week), and whole blocks are drawn again.

    `figures`: from the sum of each column over the blocks drawn to the values of each figure, one a draw.
    """
    _, place = np.unique(block, return_inverse=True)
    count = int(place.max()) + 1
    sums = [np.bincount(place, column, count) for column in columns]

    def of_drawn(drawn: Blocks) -> Sequence[Vector]:
        return figures(*(total[drawn].sum(axis=1) for total in sums))

    return bootstrap_intervals(of_drawn, count, np.random.default_rng(seed), digits=4)


def _by_group(judged: Judged) -> dict[str, float]:
    names = np.array(judged.group)
    found = {str(name): names == name for name in sorted(set(judged.group))}
    figures = {name: wape(judged.truth[rows], judged.system[rows]) for name, rows in found.items()}
    return {name: round(figure, 3) for name, figure in figures.items() if np.isfinite(figure)}


def broken_guards(package: str, guards: Mapping[str, GuardResult]) -> list[str]:
    """The labels of the manifest's guards that are worse than without AI beyond their tolerance."""
    return [
        one["label"]
        for one in manifest_of(package).get("guards", ())
        if (-1 if one["better"] == "higher" else 1)
        * (guards[one["key"]].value - guards[one["key"]].reference)
        > one.get("tolerance", 0)
    ]


def verdict(
    package: str,
    value: float,
    baseline: float,
    best: float,
    least_gain: float,
    coverage: float | None,
    stated: float | None,
) -> str:
    """One sentence, by the rule that recommends: better than every way without AI, and surely better than the baseline."""
    measure = manifest_of(package)["measure"]
    unit, sign = measure["unit"], -1 if measure["better"] == "higher" else 1
    measured = f"{fr(value, 1)} {unit}, contre {fr(baseline, 1)} pour la référence sans IA"
    if coverage is not None and stated is not None:
        measured += f". L’intervalle annoncé à {share(stated)} contient la vérité {share(coverage)} du temps"
    if sign * value >= sign * baseline:
        return f"Ne pas utiliser ici : {measured}. La référence sans IA fait aussi bien."
    if sign * value >= sign * best:
        does = "fait aussi bien" if value == best else "fait mieux"
        return f"Ne pas utiliser ici : {measured}. Une autre façon sans IA {does} ({fr(best, 1)})."
    if least_gain <= 0:
        return f"Gain trop petit pour être sûr : {measured}."
    return f"Recommandé, sous le contrôle d’une personne : {measured}."
