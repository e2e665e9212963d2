"""Manifest of a system (`manifest.toml`): its description in plain French, validated by a schema.

Inputs and their purpose, outputs and their presentation, measure, legal answers. Nothing here runs; the two
verbs and their results are in `contract`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field, model_validator

from beffroi.systems import output_columns
from beffroi.systems.input_schema import Declared, InputSchema


class LegalAnswers(Declared):
    """Answers for the AI Act and the GDPR; « indicatif » until a person signs."""

    risk: Literal["minimal", "transparency", "high", "prohibited"]
    risk_why: str
    classed: bool = True  # false where nobody chose a class: `risk` is then the minimum allowed by law
    legal_basis: str
    personal_data: bool
    individual_decision: bool


class Measure(Declared):
    """Measure of quality: the metric, its unit, which way is better and the figure aimed at."""

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


class PublicationRestriction(Declared):
    """Input tables that are never published, whatever their columns say, and why, in French."""

    inputs: tuple[str, ...]
    why: str = Field(min_length=10)


class Guard(Declared):
    """Something that must not get worse than without AI: « moins de kilomètres, sans plus de débordements ».

    `tolerance`: how much worse is accepted, in `unit`. A backtest gives each guard its `GuardResult`, by `key`.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    unit: str
    better: Literal["lower", "higher"]
    tolerance: float = Field(0.0, ge=0)

    def is_respected(self, value: float, reference: float) -> bool:
        """Whether `value` is not worse than `reference` beyond the tolerance; never for what is not a number."""
        if self.better == "lower":
            return value <= reference + self.tolerance
        return value >= reference - self.tolerance


class Dependency(Declared):
    """A critical component, what happens if it closes or its price rises, and what would replace it.

    `package`: the library that `pyproject.toml` asks for on behalf of this system; `why` it and not our own code, and its
    `licence` then go with it (docs/decisions/dependencies.md).
    """

    name: str
    if_lost: str
    alternative: str
    package: str = Field("", pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")
    why: str = ""
    licence: str = ""  # an SPDX identifier

    @model_validator(mode="after")
    def _package_is_explained(self) -> "Dependency":
        if self.package and not (self.why and self.licence):
            raise ValueError(f"la bibliothèque « {self.package} » n’a pas son « why » ou sa « licence »")
        return self


class ModelFile(Declared):
    """Model file in the system's own folder: `path` is relative to it, and so is the text of its licence."""

    name: str
    path: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str  # an SPDX identifier
    licence_path: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")


class SettingHelp(Declared):
    """Presentation and bounds of one setting on the page where a person chooses it.

    `low` and `high` are of a number, which may have decimals unless `whole = true`, whatever its default. A number with
    `bounds_from_data = true` is also bounded by the data: the module's `setting_bounds` says how. Of a text, `choices` are
    the values allowed, each with its French name, in the order of the page; or `date = true` makes it a day (ISO), or nothing.
    """

    label: str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    whole: bool = False
    bounds_from_data: bool = False
    choices: dict[str, str] = {}
    date: bool = False


class UsualReasons(Declared):
    """Ready-made reasons, in French, offered to whoever decides on a system's proposals; these are for any system.

    `accept`: why what is proposed is retained; `change`: why another number is; `refuse`: why nothing is.
    """

    accept: tuple[str, ...] = (
        "Cohérent avec ce que nous savons",
        "Vérifié auprès du service concerné",
    )
    change: tuple[str, ...] = (
        "Une information récente n'est pas dans les données",
        "Corrigé après vérification",
    )
    refuse: tuple[str, ...] = ("Données erronées ou incomplètes", "Déjà traité autrement")

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.accept, *self.change, *self.refuse)


class OutputColumn(Declared):
    """One column of an output table. `role` tells the morning page how to use it.

    place: what a row is about (a school, a sector); group: what places belong to; day; value, within low and high;
    rank: the order in which the rows of a group come (the stops of a round), a number on the map, one colour a group;
    actual: what was measured or ordered; reference: what to compare with (the practice of today); status: a word that
    for how worrying it is; geometry: the text of a GeoJSON geometry (WGS 84); key: identifies a row without being
    displayed; fact: anything else to read.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    type: Literal["text", "code", "integer", "number", "boolean", "date", "datetime", "geometry"]
    role: Literal[
        "place",
        "group",
        "rank",
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
    unit_below: str = ""  # unit of a negative value, displayed without its sign: « 80 m perdus »
    levels: tuple[str, ...] = ()  # the words of a status, from the least to the most worrying
    neutral: str = ""  # the level that is no news: those before it are good news; empty, the first of them

    @model_validator(mode="after")
    def _neutral_is_a_level(self) -> "OutputColumn":
        if self.neutral and self.neutral not in self.levels:
            raise ValueError(
                f"« neutral » de « {self.name} » n’est pas un de ses niveaux : « {self.neutral} »"
            )
        return self


class OutputTable(Declared):
    """One output table: its description for a person, and its charts on the morning page (`views`).

    series: by day, its interval and what to compare with; bars: places in the order of the rows; map: shapes coloured by value
    or status. The table itself is always there, under the drawing. Rows come in the order in which they are read.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    lead: str = ""  # how to read it, in one or two plain sentences
    columns: tuple[OutputColumn, ...] = Field(min_length=1)
    views: tuple[Literal["series", "bars", "map"], ...] = ()
    under: tuple[str, ...] = ()  # tables whose shapes are drawn under this one's, on the same map
    adds_up: bool = (
        False  # whether values of several places may be added: the series of all of them is then drawn
    )

    def of_role(self, role: str) -> OutputColumn | None:
        """The first column of this role."""
        return next((column for column in self.columns if column.role == role), None)


class EvidenceKey(Declared):
    """Presentation of one key of the proposals' evidence: its label, and the unit of its numbers.

    `unit` is displayed as written and changes no number: « % » means hundredths already (12.5 is « 12,5 % »), as in a
    table. A share of one (0.125) has `share = true` and no unit: it is displayed in percent. Of a list or a table by
    name or day, both are those of its values; a column of rows is a key of its own. `technical`: it only serves to check the
    computation, and is displayed apart. Evidence is frozen with a proposal and read with the manifest of today: what changes
    its unit takes another key.

    `role` tells the page of the day how to judge the proposal, in the proposal's own unit. habit: what its place counted on the
    last comparable days, by day or as a list, the latest first; reference: what the way without AI gives; error and
    reference_error: the mean absolute error measured at this place, with the system and without AI.
    """

    label: str
    unit: str = ""
    share: bool = False
    technical: bool = False
    role: Literal["", "habit", "reference", "error", "reference_error"] = ""

    @model_validator(mode="after")
    def _share_or_unit(self) -> "EvidenceKey":
        if self.share and self.unit:
            raise ValueError("une part de un (share = true) se montre en % : elle n’a pas d’autre unité")
        return self


COMMON_EVIDENCE: Mapping[str, EvidenceKey] = MappingProxyType(
    {
        "date": EvidenceKey(label="Jour"),
        "day": EvidenceKey(label="Jour"),
        "place": EvidenceKey(label="Lieu"),
        "element": EvidenceKey(label="Élément"),
        "value": EvidenceKey(label="Valeur"),
        "low": EvidenceKey(label="Bas de l’intervalle"),
        "high": EvidenceKey(label="Haut de l’intervalle"),
        "model": EvidenceKey(label="Modèle", technical=True),
        "seed": EvidenceKey(label="Graine", technical=True),
    }
)
"""Keys that any system may write without describing them; its own description of one comes first."""


class Dial(Declared):
    """A number that a person chooses after the run, among these: the values of waiting proposals follow it.

    `setting` is the manifest's setting with the default choice; each `ProposedAct.by_choice` has one value
    an option.
    """

    setting: str
    label: str
    help: str
    unit: str = ""
    options: tuple[float, ...] = Field(min_length=2)


class Manifest(Declared):
    """Content of `manifest.toml`, validated by machine and printed on the public card, in plain French."""

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
    guards: tuple[Guard, ...] = ()
    legal: LegalAnswers
    limits: tuple[str, ...] = Field(min_length=1)
    contest: str
    hosting: str
    verb: str = (
        "Lancer le calcul"  # what one run does, as its button says it: « Prévoir les prochains jours »
    )
    place_word: str = "lieu"  # what a place of its results is, in the singular: « école », « secteur »
    # Keys of `lake/reference/competences.toml`: proposed where one of these is exercised; empty, everywhere.
    competences: tuple[str, ...] = ()
    publication_restriction: PublicationRestriction | None = None
    settings: dict[str, float | int | str | bool] = {}
    settings_help: dict[str, SettingHelp] = {}
    outputs: tuple[OutputTable, ...] = ()  # the first is `Outcome.table`, the others `Outcome.layers`
    # Presentation of the proposals' evidence, by key; a key named as an output column or a setting is presented as it is.
    evidence: dict[str, EvidenceKey] = {}
    usual_reasons: UsualReasons = UsualReasons()
    dial: Dial | None = None
    # Each run lists all that there is to do: pending proposals of an earlier run that are not repeated are withdrawn.
    # Never for what concerns a person.
    each_run_replaces: bool = False
    uses_today: bool = (
        False  # `run` obeys the reserved setting `today` (an ISO date), the day of the calculation
    )
    # What a run writes prepares a decision: its pages and exports warn that it is not to be disclosed before.
    working_papers: bool = False
    # Further requirements of the quality scale (docs/quality-scale.md); all of it is French that the public card prints.
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
    forecast_why_not: str = ""  # why it forecasts nothing, and has no interval to measure

    @model_validator(mode="before")
    @classmethod
    def _whole_columns(cls, data: Any) -> Any:
        outputs = data.get("outputs") if isinstance(data, dict) else None
        if isinstance(outputs, list | tuple) and all(isinstance(table, dict) for table in outputs):
            return {**data, "outputs": output_columns.resolve(outputs)}
        return data

    @model_validator(mode="after")
    def _names_describe_evidence(self) -> "Manifest":
        """Evidence named as an output column, or as a setting, is presented as it is, unless the manifest says otherwise."""
        columns = [
            (column.name, column.label, column.unit) for table in self.outputs for column in table.columns
        ]
        settings = [(name, one.label, one.unit) for name, one in self.settings_help.items()]
        for name, label, unit in (*columns, *settings):
            if name not in COMMON_EVIDENCE:
                self.evidence.setdefault(name, EvidenceKey(label=label, unit=unit))
        return self

    @model_validator(mode="after")
    def _check_settings_match_help(self) -> "Manifest":
        for name, setting_help in self.settings_help.items():
            default = self.settings.get(name)
            if setting_help.choices and (setting_help.date or default not in setting_help.choices):
                raise ValueError(
                    f"le réglage « {name} » ne vaut aucun de ses choix, ou se dit aussi une date"
                )
            if setting_help.date and not (isinstance(default, str) and (not default or _is_day(default))):
                raise ValueError(f"le réglage « {name} » se dit une date et vaut « {default} »")
            if setting_help.whole and type(default) is not int:
                raise ValueError(f"le réglage « {name} » se dit entier et vaut « {default} »")
            if setting_help.bounds_from_data and not _is_number(default):
                raise ValueError(
                    f"le réglage « {name} » se dit borné par les données et n’est pas un nombre : « {default} »"
                )
        return self

    @model_validator(mode="after")
    def _dial_is_a_setting(self) -> "Manifest":
        if self.dial is not None:
            name = self.dial.setting
            if not _is_number(self.settings.get(name)) or self.is_whole(name):
                raise ValueError(f"le réglage « {name} » de [dial] n’est pas un réglage à virgule déclaré")
        return self

    @model_validator(mode="after")
    def _maps_lie_on_known_tables(self) -> "Manifest":
        with_shapes = {table.name for table in self.outputs if table.of_role("geometry") is not None}
        for table in self.outputs:
            if unknown := set(table.under) - with_shapes:
                raise ValueError(
                    f"« under » de « {table.name} » nomme une table sans géométrie : {', '.join(sorted(unknown))}"
                )
        return self

    @model_validator(mode="after")
    def _restricted_inputs_are_declared(self) -> "Manifest":
        named = set(self.publication_restriction.inputs) if self.publication_restriction else set()
        if unknown := named - {schema.name for schema in self.inputs}:
            raise ValueError(
                f"« publication_restriction » nomme une table inconnue : {', '.join(sorted(unknown))}"
            )
        return self

    @model_validator(mode="after")
    def _one_main_input(self) -> "Manifest":
        main = [schema.name for schema in self.inputs if schema.main]
        if len(main) > 1:
            raise ValueError(f"une seule table est la principale (main = true) : {', '.join(main)}")
        if main and not self.main_input.required:
            raise ValueError(f"la table principale « {main[0]} » est requise : rien ne s’apprend sans elle")
        return self

    @property
    def main_input(self) -> InputSchema:
        """The input that teaches: the one declared `main`, else the first required one, else the first.

        Raises `LookupError` for a manifest without inputs.
        """
        order = sorted(self.inputs, key=lambda schema: (not schema.main, not schema.required))
        return order[0]

    def is_whole(self, setting: str) -> bool:
        """Whether this setting is a number that takes no decimals."""
        return setting in self.settings_help and self.settings_help[setting].whole

    @property
    def settings_bounded_by_data(self) -> dict[str, str]:
        """The settings whose bounds the system gives from the data, each with its label."""
        return {name: one.label for name, one in self.settings_help.items() if one.bounds_from_data}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
