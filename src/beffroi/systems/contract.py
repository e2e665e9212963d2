"""Contract of an AI system: the two verbs that the platform calls, and their results.

A system is one folder with a `manifest.toml` (`manifest.Manifest`) and a module that offers `run` and `backtest`.
In come Arrow tables of the declared columns only; out go forecasts, proposals and drafts, never a decision.
"""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

import pyarrow as pa

from beffroi.hashing import json_sha256

type Tables = dict[str, pa.Table]
"""The inputs by the name of their schema; columns carry the declared names."""


@dataclass(frozen=True)
class Explanation:
    """Explanation of one individual proposal, in plain French: the four items of article R311-3-1-2 of the CRPA."""

    contribution: str  # degree and way in which the processing contributes to the decision
    data: tuple[str, ...]  # the data processed, each with its source
    parameters: tuple[str, ...]  # the parameters and their weights, applied to this situation
    operations: tuple[str, ...]  # the operations carried out


@dataclass(frozen=True)
class Item:
    """One part of a plan: a stop of a round, a child on a list. `key` names it from run to run; `facts` are read beside its label.

    `fixed`: a person neither removes it nor moves it from the start or the end of the plan (a depot).
    """

    key: str
    label: str
    facts: tuple[str, ...] = ()
    fixed: bool = False


@dataclass(frozen=True)
class ProposedAct:
    """Something a person may accept, change or refuse. `value` is what would change; `evidence` is frozen with it.

    `subject` names it among those of its run. `key` is its identity from run to run (« 2026-11-30/camion-2 »): without one it is
    the subject, which then may hold no figure that changes. `day` and `place`: when it would be done, and where; once the day
    has passed, nobody decides on it any more. `about`: one line more on what it is, for lists and the sheet of the day.
    `items`: the ordered parts of a plan, which a person may reorder, remove, or complete with some of `spare`.
    `case`: the reference of the file of a person whom it concerns (« dossier 2026-114 », never a name); empty where it
    concerns nobody in particular. `effect`: what accepting it would be for that person. `confidence`: the system's own
    (0..1), None where it has none. `explanation`: the information due on demand by article R311-3-1-2 of the CRPA.
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
    key: str = ""
    day: date | None = None
    place: str = ""
    about: str = ""
    items: tuple[Item, ...] = ()
    spare: tuple[Item, ...] = ()
    # By option of the manifest's `dial`, written `f"{option:g}"` (« 0.5 », « 1 »): the value that this act would then propose.
    by_choice: dict[str, float] = field(default_factory=dict)
    offence: bool = False  # a suspected offence: only an authorised agent confirms it
    explanation: Explanation | None = None

    @property
    def identity(self) -> str:
        return self.key or self.subject

    @property
    def digest(self) -> str:
        """SHA-256 of all that would be done: equal from run to run, nothing has changed for the person who decides.

        Reasons, evidence, interval and confidence are left out: they move with each new day of data.
        """
        return json_sha256(
            [
                self.subject,
                self.value,
                self.unit,
                self.day.isoformat() if self.day else None,
                self.place,
                self.about,
                [asdict(item) for item in self.items],
                self.case,
                self.effect,
                self.offence,
            ]
        )


@dataclass(frozen=True)
class Passage:
    """Source of a draft: `quote` is a literal excerpt of a text of the input tables; `source` names it for a person."""

    source: str
    quote: str


@dataclass(frozen=True)
class Draft:
    """A text prepared for a person who answers a question: chosen, rewritten or dropped by them, never sent by the platform.

    The platform looks for each quote in the input tables; a draft without one, or with one that is not there, is
    refused and its text displayed to nobody. `subject`: what it is about, where the question does not tell.
    """

    question: str
    text: str
    passages: tuple[Passage, ...]
    subject: str = ""


@dataclass(frozen=True)
class Figure:
    """Headline figure of the morning page. `key` is stable from run to run, to display the change.

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
    """Result of one run: tables, proposals, notes on what was left out, drafts and headline figures.

    `table` is the first of the manifest's `outputs`, `layers` the others by name (one may be absent). `summary`: the
    opening sentence of the morning page, what there is to know and to do today.
    """

    table: pa.Table
    proposals: tuple[ProposedAct, ...]
    notes: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()
    layers: dict[str, pa.Table] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    summary: str = ""


@dataclass(frozen=True)
class GuardResult:
    """What one guard of the manifest measured, in the guard's unit: with the system, and the way without AI beside it."""

    value: float
    reference: float


@dataclass(frozen=True)
class Score:
    """Result of one backtest on held-out data. All figures are in the unit of the manifest's measure.

    `interval_coverage` is the measured share (0..1) of truths inside the stated interval. The same metric for others, by French
    name: `without_ai`, ways of doing without AI beside the baseline (the town's own order); `ablations`, the system less one
    thing; `bounds`, what nothing can beat (a proven optimum). `guards`: by key, each guard of the manifest. `others`:
    secondary metrics; `groups`: the metric by group, for bias.
    Intervals are at 95 % and come from resampling whole blocks (days, places), since rows of one block move together:
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
    without_ai: dict[str, float] = field(default_factory=dict)
    ablations: dict[str, float] = field(default_factory=dict)
    bounds: dict[str, float] = field(default_factory=dict)
    guards: dict[str, GuardResult] = field(default_factory=dict)
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
"""Reserved setting: train on this share (0..1) of the history before the held-out days, its most recent part."""


TODAY = "today"
"""Reserved setting: the day of the calculation (ISO), which the platform passes to `run` and stores with its result."""


class BadInput(ValueError):
    """Unusable input data; the message is French, for the person, and displayed unchanged."""


class System(Protocol):
    """Interface of a system: the two verbs and a sample maker. All are pure: same arguments, same answer; no network, no files.

    A long verb may print `{"progress": 0.4, "message": "…"}` lines: the person sees them.
    Where the manifest says of a setting `bounds_from_data = true`, the module also offers `setting_bounds(tables)`, which gives
    `{"trucks": (1, 8)}`: at least and at most, None for a side that the data do not bound. It is called, and the settings
    checked, before each run or backtest.
    """

    def run(self, tables: Tables, settings: dict[str, Any], seed: int) -> Outcome: ...

    def backtest(self, tables: Tables, settings: dict[str, Any], seed: int) -> Score: ...

    def make_sample(self, seed: int) -> Tables: ...  # small invented tables, for tests and `beffroi check`
