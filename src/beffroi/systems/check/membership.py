"""Membership-inference attack: can an observer of the outputs infer which rows trained the system?

The attacker knows the system, the other rows and the target row, and sees the outcome's table and the proposals'
values; not the seed, nor the evidence stored for the agents (which quotes rows in clear, on purpose). Each target row is in half of the worlds; on
half of the worlds the attacker learns the outputs with and without it, and guesses on the other half,
by a likelihood ratio (after Carlini et al. 2022, « Membership inference attacks from first principles »). Out goes the
AUC: 0.5 is chance. Limits: few worlds, Gaussian outputs, one run seen; a figure near chance is a failure to attack
this way, not a proof that no attack works, and it does not cover direct access to the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beffroi.systems.bootstrap import Blocks, bootstrap_intervals
from beffroi.systems.check.bench import NUMERIC, Bench
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.check.scale import MAX_ATTACK_AUC
from beffroi.systems.contract import Outcome, Tables
from beffroi.text import format_number

type Vector = npt.NDArray[np.float64]
type Mask = npt.NDArray[np.bool_]

WORLDS = 16
TARGETS = 80  # the interval of the AUC narrows with them, at no cost
_DRAWS = 500
_MIN_TARGETS = 5
_MAX_TARGET_SHARE = 0.2  # of the rows that may be targets: the system must still learn from the others
MIN_ROWS = round(_MIN_TARGETS / _MAX_TARGET_SHARE)  # of the main table, for the attack to be made at all


@dataclass(frozen=True)
class Attack:
    """The AUC of the guesses and its 95 % interval, by resampling targets."""

    auc: float
    low: float
    high: float
    targets: int
    worlds: int


def examine_membership(bench: Bench, tables: Tables) -> tuple[Point, Attack | None]:
    """Attack on these tables: the fewer the rows, the more each one shows."""
    found = attack(bench, tables)
    if found is None:
        return build_point(
            "membership", False, "trop peu de lignes, ou trop d’échecs, pour mener l’attaque."
        ), None
    message = f"AUC {_two(found.auc)} (de {_two(found.low)} à {_two(found.high)} ; le hasard vaut 0,5)"
    return (
        build_point(
            "membership",
            found.high < MAX_ATTACK_AUC,
            f"{message}, {found.targets} lignes visées dans {found.worlds} mondes, sur le petit échantillon.",
        ),
        found,
    )


def attack(bench: Bench, tables: Tables) -> Attack | None:
    """Run the worlds and guess. None where there is nothing to attack."""
    rng = np.random.default_rng(bench.seed + 1)
    table = tables[bench.main.name]
    targets = _choose_targets(bench, table, rng)
    if len(targets) < _MIN_TARGETS:
        return None
    members = _assign_worlds(len(targets), rng)
    seen: list[Outcome | None] = []
    for world in range(WORLDS):
        left_out = targets[~members[:, world]]
        included = np.setdiff1d(np.arange(table.num_rows), left_out)
        # The attacker does not know the seed of the run that he sees.
        answer = bench.run(
            {**tables, bench.main.name: table.take(pa.array(included))}, seed=bench.seed + 101 + world
        )
        seen.append(answer.outcome)
    usable = [world for world, outcome in enumerate(seen) if outcome is not None]
    if len(usable) < WORLDS // 2:
        return None
    guesses: list[tuple[Vector, Mask]] = []
    for rank, row in enumerate(targets):
        known = table.slice(int(row), 1).to_pylist()[0]
        every = [_observe(outcome, known) for outcome in seen if outcome is not None]
        shared = min(len(look) for look in every)  # a system may put out other columns with other rows
        looks = np.array([look[:shared] for look in every])
        guesses.append(_score_worlds(looks, members[rank, usable]))
    return _measure_attack(guesses, len(usable), rng)


def _choose_targets(bench: Bench, table: pa.Table, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Rows at random, and as many of the most unusual ones: these are the most exposed."""
    count = min(TARGETS, int(_MAX_TARGET_SHARE * table.num_rows))
    drawn = rng.permutation(table.num_rows)
    strange = np.zeros(table.num_rows)
    for need in bench.main.columns:
        if need.type in NUMERIC and need.name in table.column_names:
            values = np.array(table.column(need.name).to_numpy(zero_copy_only=False), dtype=float)
            spread = np.nanstd(values)
            if spread > 0:
                strange = np.fmax(strange, np.abs(values - np.nanmean(values)) / spread)
    unusual = np.argsort(-strange, kind="stable")[: count // 2]
    plain = drawn[~np.isin(drawn, unusual)][: count - len(unusual)]
    return np.sort(np.concatenate([unusual, plain])).astype(np.int64)


def _assign_worlds(count: int, rng: np.random.Generator) -> Mask:
    """Assign targets to worlds: each in half of both halves, so that guesses do not depend on the count."""
    quarter = WORLDS // 4
    half = np.repeat([True, False], quarter)
    return np.array([np.concatenate([rng.permutation(half), rng.permutation(half)]) for _ in range(count)])


def _observe(outcome: Outcome, known: dict[str, Any]) -> list[float]:
    """Features of the outputs about a row: the mean of each figure over the lines that bear the row's own names and dates."""
    table = outcome.table
    names = [
        field.name
        for field in table.schema
        if isinstance(known.get(field.name), str | date)
        and (pa.types.is_string(field.type) or pa.types.is_date(field.type))
        and known[field.name] in set(table[field.name].to_pylist())
    ]
    mask = np.ones(table.num_rows, dtype=bool)
    for name in names:
        mask &= np.array([value == known[name] for value in table[name].to_pylist()], dtype=bool)
    if not mask.any():
        mask[:] = True
    looks = []
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_floating(field.type) or pa.types.is_integer(field.type):
            values = np.array(column.to_numpy(zero_copy_only=False), dtype=float)[mask]
            looks.append(_mean(values))
    texts = [value for value in known.values() if isinstance(value, str)]
    about = [act for act in outcome.proposals if any(text in act.subject for text in texts)]
    for end in ("value", "low", "high"):
        looks.append(_mean(np.array([getattr(act, end) for act in about or outcome.proposals], dtype=float)))
    return looks


def _mean(values: Vector) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else 0.0


def _score_worlds(looks: Vector, member: Mask) -> tuple[Vector, Mask]:
    """The log of the likelihood ratio of each world, learned on the other half of the worlds."""
    scores = np.zeros(len(looks))
    half = np.arange(len(looks)) < len(looks) // 2
    for learned, guessed in ((half, ~half), (~half, half)):
        inside, outside = looks[learned & member], looks[learned & ~member]
        if len(inside) < 2 or len(outside) < 2:
            continue
        residue = np.concatenate([inside - inside.mean(axis=0), outside - outside.mean(axis=0)])
        spread = np.sqrt((residue**2).sum(axis=0) / (len(residue) - 2))
        spread = np.maximum(spread, 1e-9 * (1 + np.abs(looks).max(axis=0)))
        far = ((looks[guessed] - outside.mean(axis=0)) / spread) ** 2
        near = ((looks[guessed] - inside.mean(axis=0)) / spread) ** 2
        scores[guessed] = np.clip(far - near, -1e6, 1e6).sum(axis=1) / 2
    return scores, member


def _measure_attack(guesses: Sequence[tuple[Vector, Mask]], worlds: int, rng: np.random.Generator) -> Attack:
    def auc(drawn: Blocks) -> tuple[list[float]]:
        return ([_auc([guesses[target] for target in targets]) for targets in drawn],)

    low, high = bootstrap_intervals(auc, len(guesses), rng, digits=3, draws=_DRAWS)[0]
    return Attack(round(_auc(guesses), 3), low, high, len(guesses), worlds)


def _auc(guesses: Sequence[tuple[Vector, Mask]]) -> float:
    """The chance that a world with the row scores higher than one without; ties count for a half."""
    scores = np.concatenate([score for score, _ in guesses])
    member = np.concatenate([inside for _, inside in guesses])
    order = np.argsort(scores, kind="stable")
    _, place, count = np.unique(scores[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    ranks = (ends - (count - 1) / 2)[place]
    inside = member[order]
    ones = int(inside.sum())
    zeros = len(inside) - ones
    return float((ranks[inside].sum() - ones * (ones + 1) / 2) / (ones * zeros)) if ones and zeros else 0.5


def _two(value: float) -> str:
    return format_number(value, ".2f")
