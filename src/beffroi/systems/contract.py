"""The contract of a system: what its folder must hold, and the two verbs that the house calls.

A system is one folder with a `manifest.toml` (read into `Manifest`) and a module that offers `run` and `backtest`.
In come Arrow tables of the declared columns only; out go forecasts, proposals and drafts, never a decision.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnNeed(_Declared):
    """One column that the system reads, and why: what is not declared is not given."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str = ""  # what people read in its place
    # `geometry`: the text of a GeoJSON geometry, in longitude and latitude (WGS 84)
    type: Literal["text", "code", "integer", "number", "boolean", "date", "datetime", "geometry"]
    why: str = Field(min_length=10)
    required: bool = True
    hints: tuple[str, ...] = ()  # names under which towns hold it, to propose a binding
    identifies_person: bool = (
        False  # a name, a file's number, an address: then `legal.personal_data` must be true
    )
    # « attendance.site »: the same things are named there. Names that differ are matched on the binding's page and
    # confirmed by a person; the system is given the names of the other table.
    same_as: str = ""

    @property
    def told(self) -> str:
        return self.label or self.name


class InputSchema(_Declared):
    """One table that a binding must map to a dataset of the territory."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    columns: tuple[ColumnNeed, ...]
    required: bool = True
    why_worth: str = ""  # what would be lost without this table
    one_of: tuple[str, ...] = ()  # of these columns, none is required and one must be there
    recorded: str = (
        ""  # people also write its rows down one by one, on a page called so: « Noter une visite »
    )


class LegalAnswers(_Declared):
    """What the AI Act and the GDPR ask; read « indicatif » until a person signs."""

    risk: Literal["minimal", "transparency", "high", "prohibited"]
    risk_why: str
    classed: bool = True  # false where nobody gave a class: `risk` is then the least that the law leaves
    legal_basis: str
    personal_data: bool
    individual_decision: bool


class Measure(_Declared):
    """How the system is judged: the metric, its unit, which way is better and the figure aimed at."""

    metric: str
    label: str
    unit: str
    better: Literal["lower", "higher"]
    target: float

    def prefers(self, value: float, other: float) -> bool:
        """Whether `value` is strictly better than `other`; never for what is not a number."""
        return value < other if self.better == "lower" else value > other

    def best(self, values: Iterable[float]) -> float:
        """The best of these, one at least."""
        return min(values) if self.better == "lower" else max(values)


class Dependency(_Declared):
    """A critical component, what happens if it closes or its price rises, and what would replace it."""

    name: str
    if_lost: str
    alternative: str


class ModelFile(_Declared):
    """A model kept in the system's own folder: `path` is relative to it; its licence's text lies beside it."""

    name: str
    path: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str  # an SPDX identifier
    licence_path: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")


class SettingHelp(_Declared):
    """How one setting is shown to the person who chooses it; the rest bounds what the page accepts.

    `low` and `high` are of a number. Of a text, `choices` are the values allowed, each with its French name, in the order of
    the page; or `date = true` makes it a day (ISO), or nothing.
    """

    label: str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: dict[str, str] = {}
    date: bool = False


class OutputColumn(_Declared):
    """One column of a table that a run writes. `role` says what the morning page does with it.

    place: what a row is about (a school, a sector); group: what places belong to; day; value, within low and high;
    actual: what was measured or ordered; reference: what to compare with (the practice of today); status: a word that
    says how worrying it is; geometry: the text of a GeoJSON geometry (WGS 84); key: identifies a row without being
    shown; fact: anything else to read.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    type: Literal["text", "code", "integer", "number", "boolean", "date", "datetime", "geometry"]
    role: Literal[
        "place",
        "group",
        "day",
        "value",
        "low",
        "high",
        "actual",
        "reference",
        "status",
        "geometry",
        "key",
        "fact",
    ] = "fact"
    unit: str = ""
    unit_below: str = ""  # of a value below zero, which words then tell without its sign: « 80 m perdus »
    levels: tuple[str, ...] = ()  # the words of a status, from the least to the most worrying
    neutral: str = ""  # the level that is no news: those before it are good news; empty, the first of them


class OutputTable(_Declared):
    """One table that a run writes: how a person reads it, and how the morning page draws it (`views`).

    series: by day, its interval and what to compare with; bars: places in the order of the rows; map: shapes coloured by value
    or status. The table itself is always there, under the drawing. Rows come in the order in which they are read.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    lead: str = ""  # how to read it, in one or two plain sentences
    columns: tuple[OutputColumn, ...] = Field(min_length=1)
    views: tuple[Literal["series", "bars", "map"], ...] = ()
    adds_up: bool = (
        False  # whether values of several places may be added: the series of all of them is then drawn
    )

    def of_role(self, role: str) -> OutputColumn | None:
        """The first column of this role."""
        return next((column for column in self.columns if column.role == role), None)


class EvidenceKey(_Declared):
    """How a person reads what proposals give under one key of their evidence: its name, and the unit of its numbers.

    `unit` is shown as it is written and changes no number: « % » says hundredths already (12.5 is « 12,5 % »), as in a
    table. What is a share of one (0.125) says `share = true` and no unit: it is shown in percent. Of a list or a table by
    name or day, both are those of its values; a column of rows is a key of its own. Evidence is frozen with a proposal and
    read with the manifest of today: what changes its unit takes another key.
    """

    label: str
    unit: str = ""
    share: bool = False

    @model_validator(mode="after")
    def _share_or_unit(self) -> "EvidenceKey":
        if self.share and self.unit:
            raise ValueError("une part de un (share = true) se montre en % : elle n’a pas d’autre unité")
        return self


class Dial(_Declared):
    """A number that a person chooses after the run, among these: the values of waiting proposals follow it.

    `setting` is the manifest's setting that holds what was chosen before; each `ProposedAct.by_choice` has one value
    an option.
    """

    setting: str
    label: str
    help: str
    unit: str = ""
    options: tuple[float, ...] = Field(min_length=2)


class Manifest(_Declared):
    """`manifest.toml`: what a machine checks and what the public card prints, in plain French."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    title: str
    purpose: str
    helps: str
    inputs: tuple[InputSchema, ...]
    level: Literal["informs", "proposes", "prepares_individual_decision"]
    supervisor_role: str
    baseline: str
    measure: Measure
    legal: LegalAnswers
    limits: tuple[str, ...] = Field(min_length=1)
    contest: str
    hosting: str
    # Keys of `lake/reference/competences.toml`: proposed where one of these is exercised; empty, everywhere.
    competences: tuple[str, ...] = ()
    settings: dict[str, float | int | str | bool] = {}
    settings_help: dict[str, SettingHelp] = {}
    outputs: tuple[OutputTable, ...] = ()  # the first is `Outcome.table`, the others `Outcome.layers`
    evidence: dict[str, EvidenceKey] = {}  # how to read what proposals give as evidence, by key
    dial: Dial | None = None
    # Each run says all that there is to do: what waits of an earlier one, and is not said again, goes. Never for what
    # concerns a person.
    each_run_replaces: bool = False
    uses_today: bool = (
        False  # `run` obeys the reserved setting `today` (an ISO date), the day of the calculation
    )
    # What a run writes prepares a decision: its pages and exports say that it is not to be handed over before.
    working_papers: bool = False
    # What the quality scale asks further (docs/quality-scale.md); all of it is French that the public card prints.
    degraded_mode: str = ""  # what people do while the system is off
    training_origin: str = ""  # where the training data, or pretrained weights, come from
    bias_why_not: str = ""  # why no figure by group is possible, where `Score.groups` is empty
    bias_gap: float | None = None  # the widest gap accepted between two groups, in the measure's unit
    threats: tuple[str, ...] = ()  # who could learn what from the model or its outputs, and what stops them
    licence: str = ""  # of the system's own code, an SPDX identifier
    model_files: tuple[ModelFile, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    language_model: bool = False
    larger_model_why: str = ""  # why a small model does not do, where a language or large model is used
    learning_curve: bool = False  # `backtest` obeys the reserved setting `training_share` (0..1)
    learning_why_not: str = ""

    @model_validator(mode="after")
    def _settings_are_as_their_help_says(self) -> "Manifest":
        for name, told in self.settings_help.items():
            default = self.settings.get(name)
            if told.choices and (told.date or default not in told.choices):
                raise ValueError(
                    f"le réglage « {name} » ne vaut aucun de ses choix, ou se dit aussi une date"
                )
            if told.date and not (isinstance(default, str) and (not default or _is_day(default))):
                raise ValueError(f"le réglage « {name} » se dit une date et vaut « {default} »")
        return self

    @model_validator(mode="after")
    def _dial_is_a_setting(self) -> "Manifest":
        if self.dial is not None and not isinstance(self.settings.get(self.dial.setting), float):
            raise ValueError(
                f"le réglage « {self.dial.setting} » de [dial] n’est pas un réglage à virgule déclaré"
            )
        return self


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


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
