"""The contract of a system: the two verbs that the house calls, and what they give.

A system is one folder with a `manifest.toml` (`manifest.Manifest`) and a module that offers `run` and `backtest`.
In come Arrow tables of the declared columns only; out go forecasts, proposals and drafts, never a decision.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pyarrow as pa

type Tables = dict[str, pa.Table]
"""The inputs by the name of their schema; columns carry the declared names."""


@dataclass(frozen=True)
class Explanation:
    """The four things that article R311-3-1-2 of the CRPA has told, in plain French, of one individual proposal."""

    contribution: str  # degree and way in which the processing contributes to the decision
    data: tuple[str, ...]  # the data processed, each with its source
    parameters: tuple[str, ...]  # the parameters and their weights, applied to this situation
    operations: tuple[str, ...]  # the operations carried out


@dataclass(frozen=True)
class ProposedAct:
    """Something a person may accept, change or refuse. `value` is what would change; `evidence` is frozen with it.

    `case`: the reference of the file of a person whom it concerns (« dossier 2026-114 », never a name); empty where it
    concerns nobody in particular. `effect`: what accepting it would be for that person. `confidence`: the system's own
    (0..1), None where it has none. `explanation`: what article R311-3-1-2 of the CRPA asks to be told on demand.
    """

    subject: str
    value: float
    unit: str
    low: float
    high: float
    reasons: tuple[str, ...]
    evidence: dict[str, Any]
    confidence: float | None = None
    case: str = ""
    effect: Literal["none", "favourable", "unfavourable"] = "none"
    # By option of the manifest's `dial`, written `f"{option:g}"` (« 0.5 », « 1 »): the value that this act would then propose.
    by_choice: dict[str, float] = field(default_factory=dict)
    offence: bool = False  # a suspected offence: only an authorised agent confirms it
    explanation: Explanation | None = None


@dataclass(frozen=True)
class Passage:
    """What a draft leans on: `quote` stands word for word in a text of the tables given; `source` names it for a person."""

    source: str
    quote: str


@dataclass(frozen=True)
class Draft:
    """A text prepared for a person who answers a question: chosen, rewritten or left by them, never sent by the house.

    The house looks for each quote in the tables that it gave; a draft without one, or with one that is not there, is
    refused and its text shown to nobody. `subject`: what it is about, where the question does not say it.
    """

    question: str
    text: str
    passages: tuple[Passage, ...]
    subject: str = ""


@dataclass(frozen=True)
class Figure:
    """One number that the morning page shows in large. `key` stays the same from run to run: its change is shown.

    `base`: what it counts, over which days and places. `better`: which way is good news, empty where neither is.
    """

    key: str
    label: str
    value: float
    unit: str
    base: str
    low: float | None = None
    high: float | None = None
    better: Literal["lower", "higher", ""] = ""


@dataclass(frozen=True)
class Outcome:
    """What one run writes: tables, the proposals drawn from them, what was left out and why, drafts, and figures in large.

    `table` is the first of the manifest's `outputs`, `layers` the others by name (one may be absent). `summary`: the one
    sentence that the morning page begins with, what there is to know and to do today.
    """

    table: pa.Table
    proposals: tuple[ProposedAct, ...]
    notes: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()
    layers: dict[str, pa.Table] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    summary: str = ""


@dataclass(frozen=True)
class Score:
    """One backtest on held-out data. All figures are in the unit of the manifest's measure.

    `interval_coverage` is the measured share (0..1) of truths inside the stated interval; `peers` the same metric for
    further ways of doing (the town's own order); `others` secondary metrics; `groups` the metric by group, for bias.
    Intervals are at 95 % and come from whole blocks (days, places) drawn again, since rows of one block move together:
    `value_interval` of the metric, `gain_interval` of how much better than the baseline (positive: better),
    `coverage_interval` of the coverage. `truths`: how many were compared, `rows` where it is None.
    """

    value: float
    baseline: float
    interval_coverage: float | None
    interval_stated: float | None
    recommended: bool
    verdict: str
    held_out: str
    rows: int
    peers: dict[str, float] = field(default_factory=dict)
    others: dict[str, float] = field(default_factory=dict)
    groups: dict[str, float] = field(default_factory=dict)
    value_interval: tuple[float, float] | None = None
    gain_interval: tuple[float, float] | None = None
    coverage_interval: tuple[float, float] | None = None
    truths: int | None = None
    training_rows: int | None = None
    learning: tuple[
        tuple[int, float], ...
    ] = ()  # (training rows, value): a curve that the system draws itself


TRAINING_SHARE = "training_share"
"""The reserved setting: keep this share (0..1) of the history before the held-out days, the most recent part of it."""


TODAY = "today"
"""The reserved setting: the day of the calculation (ISO), which the house gives to `run` and keeps with its result."""


class BadInput(ValueError):
    """What a system raises when the data cannot serve: its message is French, for the person, and shown as it is."""


class System(Protocol):
    """The two verbs, and a sample maker. All are pure: same arguments, same answer; no network, no files.

    A long verb may print `{"progress": 0.4, "message": "…"}` lines: the person sees them.
    """

    def run(self, tables: Tables, settings: dict[str, Any], seed: int) -> Outcome: ...

    def backtest(self, tables: Tables, settings: dict[str, Any], seed: int) -> Score: ...

    def make_sample(self, seed: int) -> Tables: ...  # small invented tables, for tests and `beffroi check`
