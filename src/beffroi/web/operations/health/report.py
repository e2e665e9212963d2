"""Health report: checks with their state, kept in `run/health.json`, which pages and monitors read without checking again."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from beffroi.home import Home, write_safely


class State(StrEnum):
    """Ordered from the best to the worst."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"


_ORDER: Final = list(State)


@dataclass(frozen=True)
class Check:
    """One check. `text`: what was seen; `action`: what to do, empty where nothing is to be done.

    `guide`: the section of the guide of installation that says how.
    """

    key: str
    title: str
    state: State
    text: str
    action: str = ""
    guide: str = ""


@dataclass(frozen=True)
class HealthReport:
    """Checks made at `at`. `share`: of the stored bytes that were read again at `read_at`, from 0 to 1.

    `findings`: how many stand that nobody accepted, by kind, then territory ("" for the whole instance). `seen_at`: when each file was last looked for, at its size and its version, in `seen_cost` seconds of CPU.
    """

    at: datetime
    checks: tuple[Check, ...]
    share: float = 0.0
    read_at: datetime | None = None
    seen_at: datetime | None = None
    seen_cost: float = 0.0
    findings: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """The worst of the checks."""
        return max((check.state for check in self.checks), key=_ORDER.index, default=State.GOOD)

    @property
    def problems(self) -> list[Check]:
        """What asks for an act, the worst first."""
        return [each for each in self.sorted if each.state != State.GOOD]

    @property
    def summary(self) -> str:
        """How many ask for an act, by state: « 1 à traiter, 3 à regarder »."""
        words = {State.BAD: "à traiter", State.WATCH: "à regarder"}
        counts = {state: sum(each.state == state for each in self.checks) for state in words}
        return ", ".join(f"{count} {words[state]}" for state, count in counts.items() if count)

    @property
    def good(self) -> list[Check]:
        """What asks for nothing."""
        return [each for each in self.checks if each.state == State.GOOD]

    @property
    def sorted(self) -> list[Check]:
        """The worst first, then in the order of the checks."""
        return sorted(self.checks, key=lambda check: -_ORDER.index(check.state))

    def check(self, key: str) -> Check | None:
        return next((each for each in self.checks if each.key == key), None)

    def to_dict(self) -> dict[str, Any]:
        return {
            "state": self.state.value,
            "at": self.at.isoformat(),
            "share": round(self.share, 4),
            "read_at": self.read_at.isoformat() if self.read_at else None,
            "seen_at": self.seen_at.isoformat() if self.seen_at else None,
            "seen_cost": round(self.seen_cost, 3),
            "counts": self.findings,
            "checks": [
                {
                    "key": c.key,
                    "title": c.title,
                    "state": c.state.value,
                    "text": c.text,
                    "action": c.action,
                    "guide": c.guide,
                }
                for c in self.checks
            ],
        }


def store(home: Home, report: HealthReport) -> None:
    """Keep the report for pages and monitors. Raises OSError."""
    home.run.mkdir(mode=0o700, exist_ok=True)
    write_safely(_file(home), json.dumps(report.to_dict(), ensure_ascii=False).encode())


def stored(home: Home) -> HealthReport | None:
    """The last report; None where there is none that can be read."""
    try:
        found = json.loads(_file(home).read_bytes())
        return HealthReport(
            datetime.fromisoformat(found["at"]),
            tuple(Check(**{**each, "state": State(each["state"])}) for each in found["checks"]),
            found["share"],
            datetime.fromisoformat(found["read_at"]) if found["read_at"] else None,
            datetime.fromisoformat(found["seen_at"]) if found.get("seen_at") else None,
            found.get("seen_cost", 0.0),
            dict(found.get("counts", {})),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass
class Verdict:
    """Collects what one check finds: the state is the worst, the first action of that state is the one to show."""

    state: State = State.GOOD
    texts: list[str] = field(default_factory=list)
    action: str = ""
    guide: str = ""

    def add(self, state: State, text: str, action: str = "", *, guide: str = "") -> None:
        self.texts.append(text)
        if _ORDER.index(state) > _ORDER.index(self.state):
            self.state, self.action, self.guide = state, action, guide
        elif state == self.state and not self.action:
            self.action, self.guide = action, guide

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def first_of(texts: Iterable[str], most: int) -> str:
    """The first of them, and how many more there are."""
    listed = list(texts)
    more = f" Et {len(listed) - most} de plus." if len(listed) > most else ""
    return " ".join(listed[:most]) + more


def _file(home: Home) -> Path:
    return home.run / "health.json"
