"""Card of a dataset: edited by those who manage it, published and unpublished by a steward."""

from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.lake.protections import KEYS
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require
from beffroi.web.platform.rights.active_roles import load_active_roles
from beffroi.web.tenancy import hosting

from ..errors import CatalogueError
from ..models import Dataset
from ..publication import authorisations, restrictions
from ..signals import withdrawn

INHERITED: Final = frozenset({"retention", "licence", "hosting", "protects", "unit", "legal_basis"})
"""What the card of a dataset computed by an analysis takes from those that it comes from."""
CARD_FIELDS: Final = (
    "title", "description", "producer", "owner", "purpose", "worth", "legal_basis",
    "retention", "licence", "hosting", "freshness", "simulated", "protects", "unit",
)  # fmt: skip


def edit_card(dataset: Dataset, person: Person, **fields: Any) -> Dataset:
    """Correct the card. The line of the ledger says which fields changed, not their words."""
    require(person, "dataset.manage", dataset)
    if unknown := set(fields) - set(CARD_FIELDS):
        raise ValueError(f"not fields of a card: {sorted(unknown)}")
    if "title" in fields and not str(fields["title"]).strip():
        raise CatalogueError("Un jeu de données a besoin d'un titre. La fiche n'a pas changé.")
    owner = fields.get("owner")
    if owner is not None and owner.pk != dataset.owner_id and not load_active_roles(owner, dataset.territory):
        raise CatalogueError("Le responsable doit être membre de ce territoire. La fiche n'a pas changé.")
    _check_protection(dataset, fields)
    with transaction.atomic():
        changed = sorted(name for name, value in fields.items() if getattr(dataset, name) != value)
        if not changed:
            return dataset
        for name in changed:
            setattr(dataset, name, fields[name])
        if dataset.published_at is not None and (lacking := missing_to_publish(dataset)):
            raise CatalogueError(
                f"Ce jeu est publié : sa fiche doit garder {', '.join(lacking)}. La fiche n'a pas changé. "
                "Dépubliez-le d'abord si vous voulez retirer cette information."
            )
        if dataset.computed and INHERITED & set(changed):
            # Somebody who keeps this dataset has judged it: what it comes from no longer decides.
            dataset.inherits = False
        dataset.save(update_fields=[*changed, "inherits"])
        ledger.append(dataset.territory, "dataset.card", person, f"dataset:{dataset.pk}", {"fields": changed})
        if "protects" in changed and dataset.protects and dataset.published_at is not None:
            restrictions.close(dataset, person, restrictions.protection_reason(dataset))
    if {"protects", "unit"} & set(changed):
        # Answers counted by the former rule are not kept.
        withdrawn.send(Dataset, dataset=dataset)
    return dataset


def _check_protection(dataset: Dataset, fields: dict[str, Any]) -> None:
    protects, unit = fields.get("protects", dataset.protects), fields.get("unit", dataset.unit)
    if protects and protects not in KEYS:
        raise ValueError(f"no rule protects {protects!r}")
    known = {column["name"] for column in dataset.current.columns} if dataset.current else set()
    if unit and unit != dataset.unit and unit not in known:
        raise CatalogueError(
            f"« {dataset.title} » n'a pas de colonne « {unit} ». La fiche n'a pas changé. Choisissez l'une de ses colonnes."
        )


def missing_to_publish(dataset: Dataset) -> list[str]:
    """What the card lacks before the dataset may be published, in French."""
    needed = {
        "une licence": dataset.licence,
        "un producteur": dataset.producer,
        "un responsable": dataset.owner_id,
    }
    return [label for label, value in needed.items() if not value]


def publish(dataset: Dataset, person: Person) -> Dataset:
    """Open an ordinary dataset to the public. Raises CatalogueError for personal or restricted data, or an incomplete card."""
    require(person, "dataset.publish", dataset)
    if hosting.in_preparation(dataset.territory):
        raise CatalogueError(hosting.preparation_notice(dataset.territory))
    with transaction.atomic():
        dataset.refresh_from_db()
        if dataset.restricted_at is not None and dataset.sensitivity != Dataset.Sensitivity.PERSONAL:
            raise CatalogueError(
                f"La publication de « {dataset.title} » s'est fermée : {dataset.restricted_reason} Elle ne rouvre qu'après "
                "l'avis du délégué à la protection des données, sur décision de l'élu. Rien n'a changé. Demandez-la depuis "
                "sa page."
            )
        if dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
            raise CatalogueError(
                f"« {dataset.title} » contient des données personnelles : il n'est publié qu'après l'avis du délégué à la "
                "protection des données, sur décision de l'élu. Rien n'a changé. Demandez sa publication depuis sa page, ou "
                "publiez une analyse qui n'en montre que des totaux."
            )
        if dataset.protects:
            raise CatalogueError(
                f"« {dataset.title} » : {restrictions.protection_reason(dataset)} Ses lignes ne peuvent pas être publiées. "
                "Rien n'a changé. Publiez plutôt une analyse qui n'en montre que des totaux."
            )
        if restriction := restrictions.restriction_of(dataset):
            raise CatalogueError(
                f"« {dataset.title} » ne peut pas être publié. {restriction} Rien n'a changé."
            )
        if dataset.current is None:
            raise CatalogueError(f"« {dataset.title} » est vide : versez un fichier avant de le publier.")
        if lacking := missing_to_publish(dataset):
            raise CatalogueError(
                f"Pour publier « {dataset.title} », il manque à sa fiche {', '.join(lacking)}. Rien n'a changé. "
                "Complétez la fiche, puis publiez."
            )
        if dataset.published_at is None:
            dataset.published_at, dataset.published_by = timezone.now(), person
            dataset.save(update_fields=["published_at", "published_by"])
            ledger.append(
                dataset.territory,
                "dataset.publish",
                person,
                f"dataset:{dataset.pk}",
                {"licence": dataset.licence},
            )
    return dataset


def unpublish(dataset: Dataset, person: Person) -> Dataset:
    """Take the dataset back from the public space; its rows stay."""
    require(person, "dataset.publish", dataset)
    with transaction.atomic():
        dataset.refresh_from_db()
        authorisations.close(dataset, person, "Dépublié depuis la page du jeu.")
    withdrawn.send(Dataset, dataset=dataset)
    return dataset
