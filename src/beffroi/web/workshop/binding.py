"""Which of the territory's datasets and columns serve what a system declares.

In come a use of a system and the catalogue; out go a proposal with its reasons, or the French list of what is wrong.
A binding is stored as `{input: {"dataset": slug, "columns": {declared: own or None}}}`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from beffroi.systems import binding as matching
from beffroi.systems.input_schema import InputSchema
from beffroi.systems.manifest import Manifest
from beffroi.text import fold_name
from beffroi.web.catalogue.dataset_lookup import dataset_named, preload, preload_current
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Territory

from .models import SystemUse

type Binding = dict[str, dict[str, Any]]

# Words that many titles share say nothing of what a table holds.
_COMMON = {
    "jour",
    "jours",
    "date",
    "dates",
    "liste",
    "donnee",
    "donnees",
    "table",
    "fichier",
    "ville",
    "annee",
}


@dataclass(frozen=True)
class InputProposal:
    """For one declared table: the dataset proposed (None: nothing fits), its columns, and why, in French."""

    schema: InputSchema
    dataset: Dataset | None
    columns: dict[str, matching.Match]
    why: str


@dataclass(frozen=True)
class BindingProposal:
    """One proposal an input; `binding` is its stored form, `complete` when nothing required is missing."""

    inputs: dict[str, InputProposal]

    @property
    def complete(self) -> bool:
        return all(p.dataset is not None for p in self.inputs.values() if p.schema.required)

    @property
    def binding(self) -> Binding:
        return {
            name: {
                "dataset": proposal.dataset.slug,
                "columns": {declared: match.column for declared, match in proposal.columns.items()},
            }
            for name, proposal in self.inputs.items()
            if proposal.dataset is not None
        }


def own_columns(dataset: Dataset) -> list[matching.OwnColumn]:
    """Name, label and type of the columns of the delivery in force."""
    return columns_of(dataset.current)


def columns_of(snapshot: Snapshot | None) -> list[matching.OwnColumn]:
    """Name, label and type of the columns of a delivery."""
    return [
        (c["name"], c.get("label") or c["name"], c["type"]) for c in (snapshot.columns if snapshot else [])
    ]


def bound_datasets(territory: Territory, slugs: Iterable[str]) -> dict[str, tuple[Dataset, Snapshot | None]]:
    """These datasets with their delivery in force, by slug; those that are there. Two queries on a page."""
    wanted = set(slugs)
    preload(territory, wanted)
    found = {slug: dataset_named(territory, slug) for slug in wanted}
    return {slug: (dataset, dataset.current) for slug, dataset in found.items() if dataset is not None}


def datasets_with_rows(territory: Territory) -> list[Dataset]:
    datasets = list(Dataset.objects.of(territory).order_by("title", "pk"))
    preload_current(territory, datasets)
    return [dataset for dataset in datasets if dataset.current is not None]


def propose(use: SystemUse, manifest: Manifest) -> BindingProposal:
    """The best dataset for each input, with why. Nothing is saved: a person confirms."""
    candidates = [(dataset, own_columns(dataset)) for dataset in datasets_with_rows(use.territory)]
    return BindingProposal({schema.name: _best(schema, candidates) for schema in manifest.inputs})


def _best(schema: InputSchema, candidates: list[tuple[Dataset, list[matching.OwnColumn]]]) -> InputProposal:
    best: tuple[tuple[int, ...], InputProposal] | None = None
    for dataset, columns in candidates:
        matches = matching.propose_binding(schema, columns)
        required = [need.name for need in schema.columns if need.required]
        found = [name for name in required if matches[name].column]
        if len(found) < len(required):
            continue
        kinship = _kinship(schema, dataset)
        if not kinship and not _telling(schema, matches, columns):
            continue  # a date alone does not make a calendar of strikes
        optional = sum(1 for need in schema.columns if not need.required and matches[need.name].column)
        snapshot = dataset.current
        rows = snapshot.rows_total if snapshot else 0
        why = (
            f"« {dataset.title} » a {'toutes les colonnes nécessaires' if len(required) > 1 else 'la colonne nécessaire'}"
            f"{' et son titre parle du même sujet' if kinship else ''}"
            f"{f', avec {_some(optional)}' if optional else ''}."
        )
        rank = (kinship, _exact_match_count(schema, matches, columns), optional, rows, -dataset.pk)
        if best is None or rank > best[0]:
            best = rank, InputProposal(schema, dataset, matches, why)
    if best is not None:
        return best[1]
    nothing = {
        need.name: matching.Match(None, "choisissez d'abord un jeu de données") for need in schema.columns
    }
    why = (
        "Aucun jeu de données n'a toutes les colonnes nécessaires. Choisissez-en un vous-même, ou déposez le fichier."
        if schema.required
        else "Facultatif : aucun jeu de données ne semble convenir. Le système s'en passe."
    )
    return InputProposal(schema, None, nothing, why)


def _some(count: int) -> str:
    return "une colonne facultative" if count == 1 else f"{count} colonnes facultatives"


def _telling(
    schema: InputSchema, matches: dict[str, matching.Match], columns: list[matching.OwnColumn]
) -> bool:
    """Whether a required column other than a date or a place's name was recognised."""
    return any(
        need.required and need.type not in {"date", "text"} and matches[need.name].column
        for need in schema.columns
    ) and bool(columns)


def _exact_match_count(
    schema: InputSchema, matches: dict[str, matching.Match], columns: list[matching.OwnColumn]
) -> int:
    labels = {name: {fold_name(name), fold_name(label)} for name, label, _ in columns}
    return sum(
        1
        for need in schema.columns
        if (chosen := matches[need.name].column)
        and labels[chosen] & {fold_name(w) for w in (need.name, *need.hints)}
    )


def _kinship(schema: InputSchema, dataset: Dataset) -> int:
    """How many telling words the declared table and the dataset share, plural or not."""
    wanted, found = _stems(f"{schema.title} {schema.name}"), _stems(f"{dataset.title} {dataset.slug}")
    return len(wanted & found)


def _stems(text: str) -> set[str]:
    words = {word.rstrip("sx") for word in fold_name(text).split() if word not in _COMMON}
    return {word for word in words if len(word) >= 4}


def check(territory: Territory, manifest: Manifest, binding: Binding, *, covers_personal: bool) -> list[str]:
    """What is wrong with a binding, in French; an empty list when it can serve."""
    schemas = {schema.name: schema for schema in manifest.inputs}
    bound = bound_datasets(territory, (entry.get("dataset") or "" for entry in binding.values()))
    errors = [f"Ce système ne demande pas de table « {name} »." for name in binding if name not in schemas]
    for schema in manifest.inputs:
        entry = binding.get(schema.name) or {}
        if not entry.get("dataset"):
            if schema.required:
                errors.append(
                    f"Il manque la table « {schema.title} » : ce système ne peut pas s'en passer. "
                    "Choisissez le jeu de données qui la contient."
                )
            continue
        dataset, snapshot = bound.get(entry["dataset"], (None, None))
        if dataset is None or snapshot is None:
            errors.append(
                f"Le jeu de données choisi pour « {schema.title} » n'existe plus ou n'a aucune livraison en vigueur. "
                "Choisissez-en un autre."
            )
            continue
        columns: dict[str, str | None] = entry.get("columns") or {}
        errors += matching.check_binding(schema, columns, columns_of(snapshot))
        errors += _about_people(schema, dataset, snapshot, columns, manifest, covers_personal)
    return errors


def still_measured(then: Binding, now: Binding, manifest: Manifest) -> bool:
    """Whether what was measured with one binding counts with another.

    It does when they differ only by optional tables that people note themselves, bound or bound anew since: the first note of
    all binds its table, and must not stop what serves.
    """
    noted = {schema.name for schema in manifest.inputs if schema.recorded and not schema.required}
    free = noted & now.keys()
    before, after = ({name: one for name, one in all_.items() if name not in free} for all_ in (then, now))
    return before == after


def _about_people(
    schema: InputSchema,
    dataset: Dataset,
    snapshot: Snapshot,
    columns: dict[str, str | None],
    manifest: Manifest,
    covers_personal: bool,
) -> list[str]:
    if dataset.sensitivity == Dataset.Sensitivity.PERSONAL and not covers_personal:
        return [
            f"« {dataset.title} » contient des données personnelles et la finalité de ce système ne les couvre pas. "
            "Choisissez un autre jeu de données, ou faites inscrire la finalité au registre des traitements."
        ]
    if manifest.legal.personal_data:
        return []
    personal = {c["name"]: c.get("label") or c["name"] for c in snapshot.columns if c.get("personal")}
    return [
        f"La colonne « {personal[own]} », choisie pour « {declared} » de « {schema.title} », semble porter sur des "
        "personnes, or ce système déclare ne pas en avoir besoin. Choisissez-en une autre."
        for declared, own in columns.items()
        if own in personal
    ]
