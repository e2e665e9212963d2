"""Names that differ between two tables of a binding: found, proposed, and kept once a person confirmed them.

In come a use and a person; a column that says `same_as` takes the names of another. The rows are read through grants, by the
query processes. What is confirmed is kept in the binding (`names`), and goes when its dataset or its column changes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from beffroi.hashing import json_sha256
from beffroi.lake.errors import LakeError
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Group, Measure, Recipe, Source
from beffroi.systems import name_matching
from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.systems.manifest import Manifest
from beffroi.web.catalogue.dataset_lookup import dataset_named
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.grants import Shows, grant, may_read_rows
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require
from beffroi.web.studio import queries

from .. import manifests
from ..errors import WorkshopError
from ..models import SystemUse

MOST_NAMES = 5_000
MOST_PAIRS = 2_000_000  # a few seconds of likeness
COUNTED = "lignes_de_ce_nom"


@dataclass(frozen=True)
class Differing:
    """One column whose names are not all those of the other table, and what was confirmed for it."""

    schema: InputSchema
    need: ColumnNeed
    other: InputSchema
    known: list[str]
    unmatched: list[name_matching.Unmatched]
    confirmed: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"{self.schema.name}.{self.need.name}"

    @property
    def waiting(self) -> int:
        """How many names nobody has answered for."""
        return sum(1 for one in self.unmatched if one.name not in self.confirmed)


def pairs(manifest: Manifest, use: SystemUse) -> Iterator[tuple[InputSchema, ColumnNeed, InputSchema, str]]:
    """The bound columns that take their names from another bound column: (table, column, other table, its column)."""
    schemas = {schema.name: schema for schema in manifest.inputs}
    for schema in manifest.inputs:
        for need in schema.columns:
            table, _, column = need.same_as.partition(".")
            if table in schemas and _own(use, schema.name, need.name) and _own(use, table, column):
                yield schema, need, schemas[table], column


def differing(use: SystemUse, person: Person) -> list[Differing]:
    """Every such column with its unmatched names. Raises `PermissionDenied`, WorkshopError."""
    require(person, "system.bind", use)
    found = []
    for schema, need, other, column in pairs(manifests.of(use), use):
        known = _names(use, person, other.name, column)
        own_names = _names(use, person, schema.name, need.name)
        if len(own_names) * len(known) > MOST_PAIRS:
            raise WorkshopError(
                f"« {schema.title} » et « {other.title} » ont trop de noms pour être comparés un à un "
                f"({len(own_names)} et {len(known)}). Ce ne sont sans doute pas des noms de lieux : vérifiez la liaison."
            )
        unmatched = name_matching.find_unmatched(own_names, known)
        confirmed = use.binding[schema.name].get("names", {}).get(need.name, {})
        found.append(Differing(schema, need, other, sorted(known), unmatched, confirmed))
    return found


def confirm(
    use: SystemUse,
    person: Person,
    chosen: Mapping[str, Mapping[str, str]],
    seen: Sequence[Differing] | None = None,
) -> SystemUse:
    """Keep what a person matched: by column (« rolls.site »), each name and the other table's name (empty: none).

    `seen`: what was just read, where it was. Raises WorkshopError where a name is not one of those tables', or where the
    binding changed meanwhile.
    """
    require(person, "system.bind", use)
    _refuse_changed(SystemUse.objects.of(use.territory).get(pk=use.pk), use)
    found = {one.key: one for one in (differing(use, person) if seen is None else seen)}
    binding = json.loads(json.dumps(use.binding))
    for key, names_of in chosen.items():
        one = found.get(key)
        if one is None:
            raise WorkshopError("Cette colonne n'a pas de noms à rapprocher. Rien n'a été enregistré.")
        unmatched_names, known = {unmatched.name for unmatched in one.unmatched}, set(one.known)
        before = {name: other for name, other in one.confirmed.items() if name in unmatched_names}
        confirmed = before | {name: other for name, other in names_of.items() if name in unmatched_names}
        if wrong := sorted({other for other in confirmed.values() if other and other not in known}):
            raise WorkshopError(
                f"« {wrong[0]} » n'est pas un nom de « {one.other.title} ». Choisissez dans la liste. Rien n'a été enregistré."
            )
        binding[one.schema.name].setdefault("names", {})[one.need.name] = confirmed
    digest = json_sha256(binding)
    with transaction.atomic():
        locked = SystemUse.objects.of(use.territory).select_for_update(of=("self",)).get(pk=use.pk)
        _refuse_changed(locked, use)
        use.binding = binding
        use.save(update_fields=["binding"])
        counted = {key: len(names_of) for key, names_of in chosen.items()}
        ledger.append(
            use.territory,
            "system.names",
            person,
            f"system:{use.system}",
            {"names": counted, "sha256": digest},
        )
    return use


def _refuse_changed(locked: SystemUse, use: SystemUse) -> None:
    """Raises WorkshopError where the binding that is stored is no longer the one that the person answers about."""
    if locked.binding != use.binding:
        raise WorkshopError(
            "La liaison a changé pendant que vous répondiez. Rien n'a été enregistré : rouvrez cette page."
        )


def _own(use: SystemUse, table: str, column: str) -> str:
    return str((use.binding.get(table) or {}).get("columns", {}).get(column) or "")


def _names(use: SystemUse, person: Person, table: str, column: str) -> set[str]:
    entry, own = use.binding[table], _own(use, table, column)
    dataset = dataset_named(use.territory, entry["dataset"])
    if dataset is None or dataset.current is None:
        raise WorkshopError(
            "Un jeu de données relié n'a plus de livraison en vigueur. Déposez un fichier, ou changez la liaison."
        )
    recipe = Recipe(
        title="Noms distincts, pour un service d'IA",
        sources={"jeu": dataset.slug},
        steps=(Source(source="jeu"), Group(by=(own,), measures=(Measure(name=COUNTED, operation="count"),))),
    )
    try:
        # The names of a list of persons that few of them bear stay inside: what is matched is the name of a place.
        shows = Shows.ROWS if may_read_rows(person, dataset) else Shows.GROUPS
        opened = grant(person, dataset, use.processing, shows=shows, way="names", columns=(own,))
        released = queries.run_recipe(recipe, {"jeu": opened}, limit=MOST_NAMES)
    except (CatalogueError, LakeError, RecipeError, QueryRefused) as error:
        raise WorkshopError(str(error)) from error
    if released.truncated:
        raise WorkshopError(
            f"La colonne « {own} » compte plus de {MOST_NAMES} noms : ce n'est sans doute pas un nom de lieu. Vérifiez la liaison."
        )
    return {str(name) for name in released.table.column(own).to_pylist() if name}
