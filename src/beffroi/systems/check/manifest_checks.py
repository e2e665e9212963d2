"""Checks on the manifest: complete, plain, coherent, pinned, and the further texts of gold.

In comes a registered system; out go points. Nothing is run here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from beffroi.hashing import file_sha256
from beffroi.lake.reference import competences
from beffroi.systems import readability
from beffroi.systems.check.report import Point, build_point, is_written
from beffroi.systems.check.scale import MAX_SENTENCE_WORDS
from beffroi.systems.manifest import Manifest, ModelFile
from beffroi.systems.registry import Registered
from beffroi.text import format_number

MODEL_SUFFIXES = frozenset(
    [".bin", ".cbm", ".ckpt", ".ggml", ".gguf", ".h5", ".joblib", ".keras", ".model", ".npz", ".onnx", ".pb", ".pickle", ".pkl", ".pt", ".pth", ".safetensors", ".tflite", ".ubj"]
)  # fmt: skip


def check_bronze(system: Registered) -> Iterator[Point]:
    manifest = system.manifest
    written = dict(_required_texts(manifest))
    empty = [where for where, text in written.items() if not text.strip()]
    yield build_point(
        "manifest", True, f"{manifest.id} {manifest.version}, du paquet « {system.distribution} »."
    )
    yield build_point(
        "complete",
        not empty,
        f"champ(s) vide(s) : {', '.join(empty)}." if empty else "tous les champs sont remplis.",
    )
    long = [
        f"{where} ({len(sentence.split())} mots)"
        for where, text in {**written, **dict(_optional_texts(manifest))}.items()
        for sentence in re.split(r"(?<=[.!?;:])\s+", text)
        if len(sentence.split()) > MAX_SENTENCE_WORDS
    ]
    yield build_point(
        "plain",
        not long,
        f"phrases de plus de {MAX_SENTENCE_WORDS} mots : {', '.join(long)}."
        if long
        else f"aucune phrase de plus de {MAX_SENTENCE_WORDS} mots.",
    )
    unknown = [key for key in manifest.competences if key not in competences.load_competences().competences]
    yield build_point(
        "competences",
        not unknown,
        f"inconnue(s) : {', '.join(unknown)}. Voyez docs/add-a-system.md."
        if unknown
        else ", ".join(competences.title(key) for key in manifest.competences) or "toutes les collectivités.",
    )
    faults = _legal_faults(manifest)
    yield build_point(
        "legal",
        not faults,
        " ; ".join(faults) or "cohérentes entre elles (indicatives jusqu’à la signature d’une personne).",
    )
    broken = [fault for model_file in manifest.model_files if (fault := _unpinned(system.folder, model_file))]
    broken += [
        f"« {name} » est un modèle que le manifeste ne déclare pas (« model_files »)"
        for name in _undeclared_models(system)
    ]
    yield build_point(
        "pinned",
        not broken,
        " ; ".join(broken)
        or (
            f"{len(manifest.model_files)} fichier(s) vérifié(s), licence(s) à côté."
            if manifest.model_files
            else "aucun modèle tout fait : le système apprend sur place."
        ),
    )


def check_silver(manifest: Manifest) -> Iterator[Point]:
    reading = readability.measure_readability(card_text(manifest))
    yield build_point(
        "readable",
        reading.plain,
        f"{_one(reading.score)} sur 100 ({reading.level}), {reading.words} mots "
        f"(Kandel et Moles ; il faut {readability.PLAIN_SCORE:.0f}).",
    )
    yield build_point(
        "degraded",
        is_written(manifest.degraded_mode),
        manifest.degraded_mode
        or "le manifeste ne dit pas ce que font les personnes quand le système est arrêté (« degraded_mode »).",
    )


def check_gold(manifest: Manifest) -> Iterator[Point]:
    yield build_point(
        "origin",
        is_written(manifest.training_origin),
        manifest.training_origin
        or "le manifeste ne dit pas d’où vient l’apprentissage (« training_origin »).",
    )
    threats = [threat for threat in manifest.threats if is_written(threat)]
    yield build_point(
        "threats",
        bool(threats),
        f"{len(threats)} menace(s) décrite(s)."
        if threats
        else "le manifeste ne décrit aucune menace (« threats »).",
    )
    lacking = [
        dependency.name
        for dependency in manifest.dependencies
        if not is_written(dependency.if_lost) or len(dependency.alternative.strip()) < 3
    ]
    missing = [
        *([] if manifest.licence else ["la licence du système (« licence »)"]),
        *([] if manifest.dependencies else ["les composants critiques (« dependencies »)"]),
        *[f"la solution de rechange de {name}" for name in lacking],
    ]
    names = ", ".join(dependency.name for dependency in manifest.dependencies)
    yield build_point(
        "sovereign",
        not missing,
        f"il manque {', '.join(missing)}." if missing else f"{manifest.licence} ; {names}.",
    )
    yield build_point(
        "small",
        not manifest.language_model or is_written(manifest.larger_model_why),
        "modèle de langue sans raison écrite (« larger_model_why »)."
        if manifest.language_model and not is_written(manifest.larger_model_why)
        else manifest.larger_model_why or "aucun modèle de langue.",
    )


def card_text(manifest: Manifest) -> str:
    """Text of the manifest printed on the public card, for its readability."""
    parts = [
        manifest.purpose,
        manifest.helps,
        manifest.baseline,
        manifest.contest,
        manifest.hosting,
        manifest.legal.risk_why,
        *manifest.limits,
        manifest.degraded_mode,
        manifest.training_origin,
        *manifest.threats,
    ]
    return "\n".join(part for part in parts if part)


def _legal_faults(manifest: Manifest) -> list[str]:
    legal = manifest.legal
    faults = []
    if legal.risk == "prohibited":
        faults.append("une pratique interdite par le règlement européen sur l’IA ne peut pas être installée")
    if legal.individual_decision != (manifest.level == "prepares_individual_decision"):
        faults.append("le niveau de décision et la réponse « décision individuelle » se contredisent")
    if legal.individual_decision and not legal.personal_data:
        faults.append("une décision individuelle suppose des données personnelles")
    persons = [
        f"{schema.name}.{need.name}"
        for schema in manifest.inputs
        for need in schema.columns
        if need.identifies_person
    ]
    if persons and not legal.personal_data:
        faults.append(
            f"des colonnes désignent une personne ({', '.join(persons)}) : la donnée est personnelle"
        )
    return faults


def _undeclared_models(system: Registered) -> list[str]:
    """Model files of the folder that are not in the manifest, by their suffix."""
    declared = {(system.folder / model_file.path).resolve() for model_file in system.manifest.model_files}
    return sorted(
        path.relative_to(system.folder).as_posix()
        for path in system.folder.rglob("*")
        if path.suffix.lower() in MODEL_SUFFIXES and path.resolve() not in declared
    )


def _unpinned(folder: Path, model_file: ModelFile) -> str:
    """Error of a model file; empty when it is the declared one, with its licence."""
    for path in (model_file.path, model_file.licence_path):
        place = (folder / path).resolve()
        if not place.is_relative_to(folder.resolve()) or not place.is_file():
            return f"{model_file.name} : le fichier « {path} » n’est pas dans le dossier du système"
    found = file_sha256(folder / model_file.path)
    if found != model_file.sha256:
        return f"{model_file.name} : le fichier n’est pas celui qui est déclaré (empreinte {found[:12]}…)"
    if not (folder / model_file.licence_path).read_text(encoding="utf-8", errors="replace").strip():
        return f"{model_file.name} : le texte de la licence {model_file.licence} est vide"
    return ""


def _required_texts(manifest: Manifest) -> Iterator[tuple[str, str]]:
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
    for number, reason in enumerate(manifest.usual_reasons.all, start=1):
        yield f"usual_reasons.{number}", reason


def _optional_texts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for name in (
        "degraded_mode",
        "training_origin",
        "bias_why_not",
        "larger_model_why",
        "learning_why_not",
        "forecast_why_not",
    ):
        yield name, getattr(manifest, name)
    for number, threat in enumerate(manifest.threats, start=1):
        yield f"threats.{number}", threat
    for dependency in manifest.dependencies:
        yield f"dependencies.{dependency.name}.if_lost", dependency.if_lost
        yield f"dependencies.{dependency.name}.alternative", dependency.alternative
    for schema in manifest.inputs:
        yield f"{schema.name}.why_worth", schema.why_worth


def _one(value: float) -> str:
    return format_number(value, ".1f")
