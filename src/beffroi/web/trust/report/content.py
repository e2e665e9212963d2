"""What an annual report holds: plain data, the same for the page, the paper, the JSON and what is frozen at publication.

Days are ISO text, figures are numbers with their unit, sentences are French. `None` is « inconnu », never nothing.
"""

from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Step:
    """One step of the year; never the person nor their words, which stay inside."""

    on: str
    start: str
    state: str


@dataclass(frozen=True)
class Result:
    """One backtest on the territory's data, good or bad."""

    label: str
    unit: str
    better: str
    value: float
    baseline: float
    recommended: bool
    verdict: str
    base: str
    rows: int
    coverage: float | None
    stated: float | None
    on: str
    version: str
    source: tuple[str, ...]
    count: int  # how many there were in the year; 0: this one is older
    first: float | None  # the first of the year, where there were several


@dataclass(frozen=True)
class Claim:
    """What was counted by hand or claimed by a supplier of one way of doing; `how` says which."""

    name: str
    with_ai: bool
    value: float
    unit: str
    sample: int
    period: str
    method: str
    how: str


@dataclass(frozen=True)
class Usage:
    """How much it served. `overrides`: a sentence, which says why when the figure is not shown."""

    runs: int
    failures: int
    proposals: int
    decided: int
    against_advice: int
    overrides: str


@dataclass(frozen=True)
class FootprintLine:
    """One kind of cost over the period: its sum, `low` and `high` where it is estimated, and how many of the executions lack it."""

    label: str
    unit: str
    value: float | None
    how: str
    low: float | None
    high: float | None
    executions: int
    unknown: int


@dataclass(frozen=True)
class Law:
    """The class under the rules of this installation on the day said; always « indicatif »."""

    label: str
    refused: bool
    day: str
    answered: str  # when a person last answered; empty: never
    told: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class ReportOpinion:
    """A published opinion, and what the elected body decided against it (empty: nothing)."""

    title: str
    on: str
    verdict: str
    text: str
    reserves: tuple[str, ...]
    votes: tuple[int, int, int]
    version: str
    published: str
    body: str
    body_reason: str


@dataclass(frozen=True)
class SystemOfTheYear:
    """Everything of one system over the year, service to people first."""

    id: str
    title: str
    shown: bool  # whether its card is on the public site
    helps: str
    purpose: str
    level: str
    origin: str
    supplier: str
    declared: bool
    responsible: str
    contest: str
    state: str
    state_key: str
    serving: bool
    stopped_in_year: bool
    steps: tuple[Step, ...]
    result: Result | None
    claims: tuple[Claim, ...]
    usage: Usage
    footprint: tuple[FootprintLine, ...]
    law: Law
    limits: tuple[str, ...]
    stop_reasons: tuple[str, ...]


@dataclass(frozen=True)
class Seated:
    """One member of the committee: a name only where the member agreed to it."""

    name: str
    function: str
    quality: str
    chosen: str


@dataclass(frozen=True)
class Committee:
    seats: tuple[Seated, ...]
    faults: tuple[str, ...]
    sessions: tuple[tuple[str, str, int], ...]  # day, place, how many were present
    opinions: tuple[ReportOpinion, ...]


@dataclass(frozen=True)
class ReportRecommendation:
    number: int
    text: str
    origin: str
    received: str
    due: str
    state: str
    answer: str
    answered: str
    late: bool


@dataclass(frozen=True)
class Section:
    """What another room adds: sentences, figures, a table. All of it is public once published."""

    key: str
    title: str
    told: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class AnnualReport:
    """`until`: the last day counted, before 31 December while the year runs (`complete` is then false)."""

    year: int
    territory: str
    slug: str
    population: int | None
    contact: str
    page: str  # where the cards of the systems are read
    simulated: bool
    made_on: str
    since: str
    until: str
    complete: bool
    systems: tuple[SystemOfTheYear, ...]
    footprint: tuple[FootprintLine, ...]
    committee: Committee
    recommendations: tuple[ReportRecommendation, ...]
    sections: tuple[Section, ...]
    format: int = FORMAT

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
