"""Report of an examination: its points, the tier reached, the figures; serialisable as JSON.

`point` makes a `Point` from a key of the scale, so that every examined point belongs to the scale.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from beffroi.systems.check.scale import RULES, TIERS, Tier


@dataclass(frozen=True)
class Point:
    """Result on one point of the scale. `blocking`: a fault that must be fixed; otherwise advice. `told`: the French detail."""

    name: str
    ok: bool
    told: str
    blocking: bool = True
    tier: Tier = "bronze"
    key: str = ""
    unseen: bool = False  # it could not be examined


def build_point(key: str, ok: bool, detail: str, *, blocking: bool | None = None) -> Point:
    rule = RULES[key]
    return Point(rule.name, ok, detail, rule.blocking if blocking is None else blocking, rule.tier, key)


def is_written(reason: str) -> bool:
    """Whether a reason or a text of the manifest is more than a word or two."""
    return len(reason.split()) >= 3


def not_examined(key: str, reason: str) -> Point:
    """A point that could not be examined: not met, and not a fault of its own."""
    return replace(build_point(key, False, f"non examiné : {reason}", blocking=False), unseen=True)


@dataclass(frozen=True)
class CheckReport:
    """`value`, `baseline` in the unit of the manifest's measure; None where the backtest gave nothing.

    `learning`: (share of the history, value), in that order. `attack`: the AUC of the membership attack, with its bounds.
    """

    id: str
    version: str
    title: str
    on: str  # « échantillon inventé » or « données du territoire »
    points: tuple[Point, ...]
    metric: str = ""
    unit: str = ""
    value: float | None = None
    baseline: float | None = None
    target: float | None = None
    met: bool = False
    coverage: float | None = None
    recommended: bool = False
    verdict: str = ""
    held_out: str = ""
    energy_wh: float | None = None
    cpu_s: float | None = None
    isolation: str = ""
    score: dict[str, Any] | None = None
    footprint: dict[str, Any] | None = None
    learning: tuple[tuple[float, float], ...] = ()
    readability: float | None = None
    attack: tuple[float, float, float] | None = None
    spent_cpu_s: float = 0.0  # by the examination itself
    brief: bool = False  # a few points only: no tier can be read from it

    @property
    def ok(self) -> bool:
        return all(point.ok or not point.blocking for point in self.points)

    @property
    def tier(self) -> str:
        """The highest tier whose points are met, with those of all lower tiers; empty where bronze is not reached."""
        reached = ""
        for tier in TIERS:
            of_tier = [point for point in self.points if point.tier == tier]
            if not of_tier or not all(point.ok for point in of_tier):
                return reached
            reached = tier
        return reached

    def missing(self, tier: Tier | None = None) -> list[Point]:
        """Points not met, of one tier or of all."""
        return [point for point in self.points if not point.ok and tier in (None, point.tier)]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok, "tier": self.tier}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "CheckReport":
        """Read a report written by `to_dict`, JSON or not. Raises `TypeError` or `KeyError` where it is not one."""
        values = {name: value for name, value in data.items() if name not in ("ok", "tier")}
        values["points"] = tuple(Point(**point) for point in values["points"])
        values["learning"] = tuple((share, value) for share, value in values["learning"])
        values["attack"] = tuple(values["attack"]) if values["attack"] is not None else None
        return cls(**values)

    def summary(self) -> dict[str, Any]:
        """One line of `beffroi check --all --json`."""
        names = ("id", "tier", "metric", "unit", "value", "baseline", "target", "met", "coverage")
        return {name: getattr(self, name) for name in (*names, "energy_wh", "cpu_s", "ok")}
