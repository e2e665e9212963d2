"""The card of a system in plain French: what it is for, what it reads and why, how it fared here, how to contest.

In come a territory and a system's id; out goes a `Card` for the workshop's pages, the public site and exports
(`to_dict`). The public card names functions, not agents.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from beffroi.systems.manifest import Manifest
from beffroi.web.catalogue import dataset_lookup
from beffroi.web.decisions.notices import Notice
from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read, store_read
from beffroi.web.ui.formats import french_date, number

from . import binding, manifests, scores
from .life import running
from .life.papers import sheets_of
from .life.running import latest_score
from .models import Run, SystemUse

LEVELS = {
    "informs": "Il informe : il montre, il ne propose rien.",
    "proposes": "Il propose : une personne accepte, modifie ou refuse chaque proposition.",
    "prepares_individual_decision": "Il prépare une décision sur une personne : un agent instruit et décide toujours.",
}
RISKS = {
    "minimal": "risque minimal",
    "transparency": "obligation de transparence",
    "high": "haut risque",
    "prohibited": "usage interdit",
}


@dataclass(frozen=True)
class ColumnLine:
    """One declared column, as systems and as people call it, why it is read, the territory's own (empty: none)."""

    name: str
    label: str
    why: str
    required: bool
    own: str


@dataclass(frozen=True)
class InputLine:
    """One declared table and the dataset that serves it (empty: none)."""

    title: str
    required: bool
    dataset: str
    dataset_slug: str
    columns: tuple[ColumnLine, ...]
    why_worth: str = ""  # what would be lost without this table


@dataclass(frozen=True)
class Measured:
    """One backtest, good or bad. Figures in `unit`; `bars` are the ways of doing, to compare."""

    label: str
    unit: str
    better: str
    value: float
    baseline: float
    recommended: bool
    verdict: str
    held_out: str
    rows: int
    interval_coverage: float | None
    interval_stated: float | None
    bars: tuple[tuple[str, float], ...]
    ablations: tuple[tuple[str, float], ...]
    bounds: tuple[tuple[str, float], ...]
    guards: tuple[scores.MeasuredGuard, ...]
    others: tuple[tuple[str, float], ...]
    groups: tuple[tuple[str, float], ...]
    date: str
    version: str
    read: tuple[str, ...]
    energy_wh: float | None
    energy_how: str
    learns: bool  # whether the rows judged were kept from what it learns; a voted rule learns nothing
    outdated: str  # why this result is not quite today's; empty when it is

    @property
    def further(self) -> tuple[tuple[str, tuple[tuple[str, float], ...]], ...]:
        """What is no way of doing of the town, by title."""
        found = (("Le système, moins une chose", self.ablations), ("Ce que rien ne peut battre", self.bounds))
        return tuple((title, values) for title, values in found if values)


@dataclass(frozen=True)
class Card:
    """Everything that may be said of a system in a territory."""

    id: str
    title: str
    version: str
    purpose: str
    worth: str  # why its data are worth collecting, as a person answered here; empty before
    mandate: str  # the act that allows it here, as a person answered; empty before
    year_cost: str  # its declared cost of a year; empty before
    helps: str
    level: str
    baseline: str
    inputs: tuple[InputLine, ...]
    limits: tuple[str, ...]
    training_origin: str  # what it learned from; empty for what declares nothing
    threats: tuple[str, ...]  # what its results could tell of people, and what prevents it
    contest: str
    hosting: str
    responsible: str
    supervisor: str  # a name, empty on the public card and when nobody is named
    in_use: bool
    state: str
    origin: str
    supplier: str  # who sells it and under which name, for what a person declared; empty otherwise
    data: tuple[str, ...]  # the data that a declared system reads, as declared
    public: bool
    legal: tuple[tuple[str, str], ...]
    measured: Measured | None
    simulated: bool
    territory: str

    @property
    def recommended(self) -> bool:
        return self.measured is not None and self.measured.recommended

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def preload(territory: Territory, uses: Iterable[SystemUse]) -> None:
    """Read what the cards of these systems ask for in a few queries, instead of some for each."""
    found = list(uses)
    slugs = {entry.get("dataset", "") for use in found for entry in use.binding.values()}
    dataset_lookup.preload(territory, slugs)
    measures = Run.objects.of(territory).filter(verb=Run.Verb.BACKTEST, state=Run.State.DONE)
    newest = Subquery(measures.filter(use=OuterRef("use")).order_by("-at", "-pk").values("pk")[:1])
    last = {run.use_id: run for run in measures.filter(use__in=found, pk=newest)}
    for use in found:
        store_read(use_of, use, territory, use.system)
        store_read(latest_score, last.get(use.pk), territory, use.system)


@dataclass(frozen=True)
class BriefCard:
    """What the page of the morning says of the system itself. `verdict`: of its last measure here, empty before one."""

    id: str
    title: str
    limits: tuple[str, ...]
    contest: str
    responsible: str
    supervisor: str
    verdict: str
    recommended: bool
    simulated: bool


def brief(use: SystemUse, manifest: Manifest) -> BriefCard:
    """One query beside the supervisor's role: a morning needs neither the tables nor the further measures."""
    score = measure.score if (measure := running.measured(use, manifest)) is not None else {}
    return BriefCard(
        id=manifest.id,
        title=manifest.title,
        limits=manifest.limits,
        contest=manifest.contest,
        responsible=manifest.supervisor_role,
        supervisor=str(use.supervisor) if running.supervised(use) else "",
        verdict=score.get("verdict", ""),
        recommended=score.get("recommended", not score),
        simulated=use.territory.is_fictional,
    )


def card(territory: Territory, system: str, *, with_names: bool = True) -> Card | None:
    """The whole card; None when nothing installed bears this name."""
    manifest = manifests.known(territory, system)
    if manifest is None:
        return None
    use = use_of(territory, system)
    run = latest_score(territory, system) if use else None
    answers = _answers(use, ("need", "mandate"))
    supervisor = str(use.supervisor) if use and with_names and running.supervised(use) else ""
    return Card(
        id=manifest.id,
        title=manifest.title,
        version=manifest.version,
        purpose=manifest.purpose,
        worth=str(answers["need"].get("worth", "")),
        mandate=_mandate(answers["mandate"]),
        year_cost=_year_cost(answers["mandate"]),
        helps=manifest.helps,
        level=LEVELS[manifest.level],
        baseline=manifest.baseline,
        inputs=_inputs(territory, manifest, use),
        limits=manifest.limits,
        training_origin=manifest.training_origin,
        threats=manifest.threats,
        contest=manifest.contest,
        hosting=manifest.hosting,
        responsible=manifest.supervisor_role,
        supervisor=supervisor,
        in_use=use is not None,
        state=use.get_state_display() if use else "",
        origin=use.get_origin_display() if use else manifests.origin_of(manifest.id).label,
        supplier=f"{use.declaration['supplier']}, {use.declaration['product']}"
        if use and use.declared
        else "",
        data=tuple(use.declaration["data"]) if use and use.declared else (),
        public=use.public if use else False,
        legal=_legal(manifest, declared=use is not None and use.declared),
        measured=measured(manifest, use, run) if run and use else None,
        simulated=territory.is_fictional,
        territory=territory.name,
    )


def measured(manifest: Manifest, use: SystemUse, run: Run) -> Measured:
    """A backtest's row, ready to be read."""
    score = run.score
    measure = manifest.measure
    energy = run.footprint.get("energy", {})
    bars = [
        ("Ce système", score["value"]),
        ("Référence sans IA", score["baseline"]),
        *scores.without_ai(score).items(),
    ]
    return Measured(
        label=measure.label,
        unit=measure.unit,
        better=measure.better,
        value=score["value"],
        baseline=score["baseline"],
        recommended=score["recommended"],
        verdict=score["verdict"],
        held_out=score["held_out"],
        rows=score["rows"],
        interval_coverage=score["interval_coverage"],
        interval_stated=score["interval_stated"],
        bars=tuple(bars),
        ablations=tuple(score.get("ablations", {}).items()),
        bounds=tuple(score.get("bounds", {}).items()),
        guards=tuple(scores.guards(manifest, score)),
        others=tuple(score["others"].items()),
        groups=tuple(score["groups"].items()),
        date=timezone.localdate(run.at).isoformat(),
        version=run.version,
        read=tuple(f"{p['title']}, livraison n° {p['number']}" for p in run.snapshots.values()),
        energy_wh=energy.get("value"),
        energy_how=energy.get("how", ""),
        learns=not manifest.learning_why_not,
        outdated=_outdated(manifest, use, run),
    )


def _outdated(manifest: Manifest, use: SystemUse, run: Run) -> str:
    if run.version != manifest.version:
        return f"Mesuré avec la version {run.version} ; la version installée est la {manifest.version}."
    if not binding.still_measured(run.binding, use.binding, manifest):
        return "Mesuré avant que la liaison aux données ne change."
    bound = binding.bound_datasets(use.territory, (pinned["dataset"] for pinned in run.snapshots.values()))
    for pinned in run.snapshots.values():
        _, snapshot = bound.get(pinned["dataset"], (None, None))
        if snapshot is not None and snapshot.number != pinned["number"]:
            return f"« {pinned['title']} » a changé depuis cette mesure : éprouvez de nouveau le système."
    return ""


@cached_read
def use_of(territory: Territory, system: str) -> SystemUse | None:
    use: SystemUse | None = (
        SystemUse.objects.of(territory)
        .select_related("territory", "supervisor", "processing")
        .filter(system=system)
        .first()
    )
    return use


def _inputs(territory: Territory, manifest: Manifest, use: SystemUse | None) -> tuple[InputLine, ...]:
    lines: list[InputLine] = []
    entries = use.binding if use else {}
    bound = binding.bound_datasets(territory, (entry.get("dataset") or "" for entry in entries.values()))
    for schema in manifest.inputs:
        entry = entries.get(schema.name, {})
        dataset, snapshot = bound.get(entry.get("dataset") or "", (None, None))
        labels = {name: label for name, label, _ in binding.columns_of(snapshot)}
        chosen = entry.get("columns", {})
        lines.append(
            InputLine(
                title=schema.title,
                required=schema.required,
                dataset=dataset.title if dataset else "",
                dataset_slug=dataset.slug if dataset else "",
                columns=tuple(
                    ColumnLine(
                        need.name,
                        need.display_name,
                        need.why,
                        need.required,
                        labels.get(chosen.get(need.name) or "", ""),
                    )
                    for need in schema.columns
                ),
                why_worth=schema.why_worth,
            )
        )
    return tuple(lines)


def _answers(use: SystemUse | None, kinds: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The last answers to each of these questionnaires; nothing where nobody answered. One query."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in kinds}
    if use is not None:
        for sheet in reversed(sheets_of(use)):
            if sheet.kind in found:
                found[sheet.kind] = sheet.answers
    return found


def _mandate(answers: dict[str, Any]) -> str:
    """« Délibération n° 2026-041, 12 mars 2026 »."""
    return f"{answers['act']}, {french_date(answers['act_on'])}" if answers else ""


def _year_cost(answers: dict[str, Any]) -> str:
    """« 1 200 € en 2026 : hébergement »."""
    if not answers:
        return ""
    return f"{number(answers['cost'])}\N{NO-BREAK SPACE}€ en {answers['cost_year']:.0f}\N{NO-BREAK SPACE}: {answers['cost_of']}"


def _legal(manifest: Manifest, *, declared: bool) -> tuple[tuple[str, str], ...]:
    legal = manifest.legal
    risk = legal.risk_why if declared else f"{RISKS[legal.risk].capitalize()}. {legal.risk_why}"
    return (
        ("Règlement européen sur l'IA", risk),
        ("Base légale", legal.legal_basis),
        ("Données personnelles", "oui" if legal.personal_data else "non"),
        (
            "Décision sur une personne",
            "oui, toujours prise par un agent" if legal.individual_decision else "non",
        ),
    )


def one_line(measured: Measured | None) -> str:
    """The last result in a sentence, good or bad."""
    if measured is None:
        return "Pas encore éprouvé sur vos données."
    return (
        f"{measured.label} : {number(measured.value, 1)} {measured.unit}, contre {number(measured.baseline, 1)} "
        "pour la référence sans IA."
    )


def notice(territory: Territory, system: str) -> Notice | None:
    """What each proposal says of the system behind it: read from its manifest and its use, without the whole card."""
    use = use_of(territory, system)
    installed = manifests.installed(system)
    manifest = installed or (manifests.readable(use) if use else None)
    if manifest is None:
        return None
    supervisor = f" ({use.supervisor})" if use and running.supervised(use) else ""
    address = {"slug": territory.slug, "system": system}
    return Notice(
        title=manifest.title,
        responsible=f"{manifest.supervisor_role}{supervisor}",
        contest=manifest.contest,
        url=reverse("system", kwargs=address),
        purpose=manifest.purpose,
        reference=manifest.baseline,
        degraded_mode=manifest.degraded_mode,
        evidence=installed.evidence if installed else {},
        reasons=manifest.usual_reasons,
        place_word=manifest.place_word,
        whole_units=_whole_units(manifest),
        public_url=reverse("portal-system", kwargs=address) if use and use.public else "",
        find_advice=lambda: _advice(use, installed) if use and installed else "",
    )


def _whole_units(manifest: Manifest) -> frozenset[str]:
    columns = (column for table in manifest.outputs for column in table.columns)
    return frozenset(column.unit for column in columns if column.type == "integer" and column.unit)


def _advice(use: SystemUse, manifest: Manifest) -> str:
    """The verdict of the last measure where it is unfavourable."""
    run = running.measured(use, manifest)
    return "" if run is None or run.score.get("recommended", False) else str(run.score.get("verdict", ""))
