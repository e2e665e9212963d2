"""Readers of the score that a backtest stored with its run (JSON of `contract.Score`).

Scores stored by version 0.1.0 name every other way `peers`: they are read as ways without AI, as they counted then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from beffroi.systems.manifest import Manifest


@dataclass(frozen=True)
class MeasuredGuard:
    """What must not get worse, and what a backtest measured of it, in `unit`, beside the way without AI."""

    label: str
    unit: str
    value: float
    reference: float
    tolerance: float
    respected: bool


@dataclass(frozen=True)
class GroupGap:
    """The two groups whose measures are furthest from each other, and how far, in the unit of the measure."""

    high: str
    low: str
    value: float


def group_gap(score: dict[str, Any]) -> GroupGap | None:
    """None where less than two groups were measured."""
    groups: dict[str, float] = score.get("groups") or {}
    if len(groups) < 2:
        return None
    high, low = max(groups, key=groups.__getitem__), min(groups, key=groups.__getitem__)
    return GroupGap(high, low, groups[high] - groups[low])


def without_ai(score: dict[str, Any]) -> dict[str, float]:
    """The ways of doing without AI beside the baseline, by name, in the unit of the measure."""
    return score.get("without_ai") or score.get("peers") or {}


def guards(manifest: Manifest, score: dict[str, Any]) -> Iterator[MeasuredGuard]:
    """The guards of the manifest that this backtest measured."""
    stored = score.get("guards") or {}
    for guard in manifest.guards:
        if guard.key in stored:
            value, reference = stored[guard.key]["value"], stored[guard.key]["reference"]
            respected = guard.is_respected(value, reference)
            yield MeasuredGuard(guard.label, guard.unit, value, reference, guard.tolerance, respected)
