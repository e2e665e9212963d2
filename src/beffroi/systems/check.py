"""The examination of one system: manifest, plain language, closed run, declared columns, determinism, backtest, cost.

In comes a system's id and, if one likes, a territory's own tables; out goes a `CheckReport` that is JSON as it stands.
`beffroi check` prints it; `report.ok` is False when anything that a system owes is missing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from beffroi.lake.reference import competences
from beffroi.systems import registry
from beffroi.systems.contract import Manifest, Outcome, Tables
from beffroi.systems.runner import DEFAULT_LIMITS, Execution, Limits, SystemFailed, execute, sample

LONGEST_SENTENCE = 32  # words
_COVERAGE_TOLERANCE = 0.05  # on a small sample; the town's own figure is printed as it is


@dataclass(frozen=True)
class Point:
    """One thing examined. `blocking`: a fault that must be mended; otherwise advice. `told` is French."""

    name: str
    ok: bool
    told: str
    blocking: bool = True


@dataclass(frozen=True)
class CheckReport:
    """`value`, `baseline` in the unit of the manifest's measure; None where the backtest gave nothing."""

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

    @property
    def ok(self) -> bool:
        return all(point.ok or not point.blocking for point in self.points)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}


def check(
    system_id: str,
    tables: Mapping[str, pa.Table] | None = None,
    *,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    allow_partial: bool = False,
) -> CheckReport:
    """Examine a system on its own sample, and backtest it on `tables` where given. Never raises for a system's fault."""
    on = "données du territoire" if tables is not None else "échantillon inventé"
    try:
        system = registry.get(system_id)
    except registry.UnknownSystem as error:
        return CheckReport(system_id, "", system_id, on, (Point("Manifeste", False, str(error)),))
    manifest = system.manifest
    points = list(_manifest_points(manifest))
    try:
        invented = sample(system_id, seed, limits, allow_partial=allow_partial)
        points += _run_points(manifest, invented, seed, limits, allow_partial)
    except SystemFailed as error:
        points.append(Point("Essai sur l’échantillon", False, str(error)))
        invented = {}
    try:
        judged = execute(
            system_id,
            "backtest",
            tables if tables is not None else invented,
            seed=seed,
            limits=limits,
            allow_partial=allow_partial,
        )
    except SystemFailed as error:
        points.append(Point("Épreuve sur des données mises de côté", False, str(error)))
        return CheckReport(manifest.id, manifest.version, manifest.title, on, tuple(points))
    return _report(manifest, on, points, judged, own_data=tables is not None)


def _report(
    manifest: Manifest, on: str, points: list[Point], judged: Execution, *, own_data: bool
) -> CheckReport:
    score = judged.score
    if score is None:  # the runner answers a backtest with a score or fails
        raise TypeError("a backtest without a score")
    lower = manifest.measure.better == "lower"
    met = score.value <= manifest.measure.target if lower else score.value >= manifest.measure.target
    beats = score.value < score.baseline if lower else score.value > score.baseline
    unit = manifest.measure.unit
    # On a town's own data, losing to the baseline is a result to publish, not a fault of the system.
    points.append(
        Point(
            "Mieux que la référence sans IA",
            beats,
            f"{_fr(score.value)} contre {_fr(score.baseline)} ({unit}), {score.held_out}.",
            blocking=not own_data,
        )
    )
    points.append(
        Point(
            "Objectif du manifeste",
            met,
            f"{_fr(score.value)} pour un objectif de {_fr(manifest.measure.target)} ({unit}).",
            False,
        )
    )
    if score.interval_coverage is not None and score.interval_stated is not None:
        gap = abs(score.interval_coverage - score.interval_stated)
        points.append(
            Point(
                "Intervalles tenus",
                gap <= _COVERAGE_TOLERANCE,
                f"l’intervalle annoncé à {score.interval_stated:.0%} contient la vérité {score.interval_coverage:.1%} du temps.".replace(
                    "%", " %"
                ).replace(".", ",", 1),
                blocking=not own_data,
            )
        )
    points.append(
        Point(
            "Empreinte mesurée",
            judged.footprint.energy.value > 0,
            f"{_fr(judged.footprint.cpu.value)} s de processeur, {_fr(judged.footprint.energy.value)} Wh ({judged.footprint.energy.how}).",
        )
    )
    points.append(Point("Isolement du calcul", judged.isolation == "complète", judged.isolation, False))
    return CheckReport(
        id=manifest.id,
        version=manifest.version,
        title=manifest.title,
        on=on,
        points=tuple(points),
        metric=manifest.measure.metric,
        unit=unit,
        value=score.value,
        baseline=score.baseline,
        target=manifest.measure.target,
        met=met,
        coverage=score.interval_coverage,
        recommended=score.recommended,
        verdict=score.verdict,
        held_out=score.held_out,
        energy_wh=judged.footprint.energy.value,
        cpu_s=judged.footprint.cpu.value,
        isolation=judged.isolation,
        score=asdict(score),
        footprint=judged.footprint.to_dict(),
    )


def _manifest_points(manifest: Manifest) -> Iterator[Point]:
    texts = dict(_texts(manifest))
    empty = [where for where, text in texts.items() if not text.strip()]
    yield Point(
        "Manifeste complet",
        not empty,
        f"champ(s) vide(s) : {', '.join(empty)}." if empty else "tous les champs sont remplis.",
    )
    long = [
        f"{where} ({len(sentence.split())} mots)"
        for where, text in texts.items()
        for sentence in re.split(r"(?<=[.!?;:])\s+", text)
        if len(sentence.split()) > LONGEST_SENTENCE
    ]
    yield Point(
        "Langage clair",
        not long,
        f"phrases de plus de {LONGEST_SENTENCE} mots : {', '.join(long)}."
        if long
        else f"aucune phrase de plus de {LONGEST_SENTENCE} mots.",
    )
    unknown = [key for key in manifest.competences if key not in competences.held().competences]
    yield Point(
        "Compétences connues",
        not unknown,
        f"inconnue(s) : {', '.join(unknown)}. Voyez docs/add-a-system.md."
        if unknown
        else ", ".join(competences.title(key) for key in manifest.competences) or "toutes les collectivités.",
    )
    legal = manifest.legal
    faults = []
    if legal.risk == "prohibited":
        faults.append("une pratique interdite par le règlement européen sur l’IA ne peut pas être installée")
    if legal.individual_decision != (manifest.level == "prepares_individual_decision"):
        faults.append("le niveau de décision et la réponse « décision individuelle » se contredisent")
    if legal.individual_decision and not legal.personal_data:
        faults.append("une décision individuelle suppose des données personnelles")
    yield Point(
        "Réponses juridiques cohérentes",
        not faults,
        " ; ".join(faults) or "cohérentes entre elles (indicatives jusqu’à la signature d’une personne).",
    )


def _run_points(
    manifest: Manifest, invented: Tables, seed: int, limits: Limits, allow_partial: bool
) -> Iterator[Point]:
    def run(tables: Tables) -> Execution:
        return execute(manifest.id, "run", tables, seed=seed, limits=limits, allow_partial=allow_partial)

    missing = [schema.name for schema in manifest.inputs if schema.name not in invented]
    yield Point(
        "Échantillon",
        not missing,
        f"le fabricant d’échantillon ne donne pas : {', '.join(missing)}."
        if missing
        else "toutes les tables déclarées y sont.",
    )
    first = _outcome(run(invented))
    yield _proposals_point(manifest, first)
    crowded = {
        name: table.append_column("colonne_non_declaree", pa.array(["secret"] * table.num_rows))
        for name, table in invented.items()
    }
    crowded["table_non_declaree"] = pa.table({"secret": ["secret"]})
    # The same seed again, with what was not declared beside: one run proves both.
    second = _outcome(run(crowded))
    same = first.table.equals(second.table) and first.proposals == second.proposals
    yield Point(
        "Même réponse pour la même graine, colonnes déclarées seulement",
        same,
        "deux essais identiques, l’un avec des colonnes non déclarées."
        if same
        else "deux essais avec la même graine diffèrent : le système n’est pas reproductible.",
    )
    least = {
        schema.name: invented[schema.name].select(
            [
                need.name
                for need in schema.columns
                if need.required and need.name in invented[schema.name].column_names
            ]
        )
        for schema in manifest.inputs
        if schema.required and schema.name in invented
    }
    try:
        bare = _outcome(run(least))
        yield Point(
            "Sans les données facultatives",
            bare.table.num_rows > 0,
            f"{bare.table.num_rows} ligne(s) calculée(s).",
        )
    except SystemFailed as error:
        yield Point("Sans les données facultatives", False, str(error))


def _proposals_point(manifest: Manifest, outcome: Outcome) -> Point:
    faults = [
        proposal.subject
        for proposal in outcome.proposals
        if not proposal.reasons or not proposal.evidence or proposal.low > proposal.high
    ]
    if manifest.level == "informs" and outcome.proposals:
        return Point("Propositions", False, "un système qui informe ne propose rien.")
    if faults:
        return Point(
            "Propositions", False, f"sans raison, sans preuve ou à l’intervalle inversé : {faults[0]}."
        )
    return Point(
        "Propositions",
        True,
        f"{len(outcome.proposals)} proposition(s), chacune avec ses raisons et son intervalle.",
    )


def _outcome(execution: Execution) -> Outcome:
    if execution.outcome is None:  # the runner answers a run with an outcome or fails
        raise TypeError("a run without an outcome")
    return execution.outcome


def _texts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for name in ("title", "purpose", "helps", "supervisor_role", "baseline", "contest", "hosting"):
        yield name, getattr(manifest, name)
    yield "legal.risk_why", manifest.legal.risk_why
    yield "legal.legal_basis", manifest.legal.legal_basis
    yield "measure.label", manifest.measure.label
    for number, limit in enumerate(manifest.limits, start=1):
        yield f"limits.{number}", limit
    for schema in manifest.inputs:
        yield f"{schema.name}.title", schema.title
        for need in schema.columns:
            yield f"{schema.name}.{need.name}.why", need.why


def _fr(value: float) -> str:
    return f"{value:.3g}".replace(".", ",")
