"""Grants to read, the only way to the rows: a person's right, a purpose of the register and the dataset's state make a frozen grant.

In: a person (None is the public), a dataset, a processing record. Out: a `lake.grants.Grant` that lives five minutes,
or `NotGranted`, in French. Here, and nowhere else, it is decided to whom the rows of a personal dataset go: to who holds
`dataset.read_personal` on it, for a purpose that opens it; to a system that is bound to it. All others get groups. Each
reading of such rows, and each refusal, is a line of the ledger.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from beffroi.lake.grants import Grant
from beffroi.lake.protections import rule_of
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.tenancy import hosting

from . import reading_purposes
from .errors import NotGranted
from .models import Dataset, Processing, Snapshot
from .publication import authorisations

LIFETIME: Final = timedelta(minutes=5)
PUBLIC: Final = "public"


class Shows(StrEnum):
    """What leaves through a grant: rows to a person, counted groups to a person, rows to a system's closed process."""

    ROWS = "rows"
    GROUPS = "groups"
    SYSTEM = "system"


def processing(
    territory: Territory,
    key: str,
    *,
    title: str,
    purpose: str,
    legal_basis: str,
    covers_personal: bool = False,
    datasets: Sequence[Dataset] = (),
    person: Person | None = None,
) -> Processing:
    """The row of the register of processing activities, written the first time. `person` is None for the house itself.

    `datasets`: what the purpose opens, besides what it opened already.
    """
    written = Processing.objects.of(territory).filter(key=key).first()
    row: Processing = written or declare_purpose(
        territory,
        person,
        key=key,
        title=title,
        purpose=purpose,
        legal_basis=legal_basis,
        covers_personal=covers_personal,
    )
    for dataset in datasets:
        reading_purposes.bind(dataset, person, row)
    return row


@act(
    "processing.add",
    "inscription au registre des traitements",
    right="dataset.manage",
    label="Inscrire l'usage",
    done="« {it} » est inscrit au registre. Rattachez-lui maintenant les jeux qu'il ouvre.",
)
def declare_purpose(
    territory: Territory,
    by: Person | None,
    *,
    key: str,
    title: str,
    purpose: str,
    legal_basis: str,
    covers_personal: bool = False,
) -> Recorded[Processing] | Unchanged[Processing]:
    """Write a row of the register of processing activities, or give the one that has this key."""
    defaults = {
        "title": title,
        "purpose": purpose,
        "legal_basis": legal_basis,
        "covers_personal": covers_personal,
    }
    row, created = Processing.objects.get_or_create(territory=territory, key=key, defaults=defaults)
    return Recorded(row, {"key": key, "covers_personal": covers_personal}) if created else Unchanged(row)


def amend(
    row: Processing, person: Person, *, title: str, purpose: str, legal_basis: str, covers_personal: bool
) -> None:
    """Update a row of the register to what its system declares today; one line of the ledger when it changes."""
    declared = {
        "title": title,
        "purpose": purpose,
        "legal_basis": legal_basis,
        "covers_personal": covers_personal,
    }
    changed = [name for name, value in declared.items() if getattr(row, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(row, name, declared[name])
    with transaction.atomic():
        row.save(update_fields=changed)
        ledger.append(
            row.territory,
            "processing.amend",
            person,
            f"processing:{row.pk}",
            {"key": row.key, "changed": changed, "covers_personal": covers_personal},
        )


def consultation(territory: Territory) -> Processing:
    """The purpose of those who keep the catalogue: it covers no personal data."""
    return processing(
        territory,
        reading_purposes.CATALOGUE,
        title="Tenue du catalogue de données",
        purpose="Vérifier, décrire et retrouver les données que détient la collectivité.",
        legal_basis="Mission d'intérêt public (RGPD, article 6.1.e)",
    )


def open_data(territory: Territory) -> Processing:
    """The purpose of the public's reads."""
    return processing(
        territory,
        reading_purposes.OPEN_DATA,
        title="Diffusion des données publiques",
        purpose="Mettre à la disposition du public les données que la collectivité a publiées.",
        legal_basis="Obligation légale (code des relations entre le public et l'administration, article L. 312-1-1)",
    )


def may_read_rows(person: Person | None, dataset: Dataset) -> bool:
    """Whether the rows of this dataset may be shown to this person at all; the purpose is asked besides."""
    return dataset.sensitivity != Dataset.Sensitivity.PERSONAL or _reads_people(person, dataset)


def _reads_people(person: Person | None, dataset: Dataset) -> bool:
    return person is not None and may(person, "dataset.read_personal", dataset)


def has_personal_data(territory: Territory) -> bool:
    """Whether a dataset here is about people: then whoever may read it has a second factor."""
    return Dataset.objects.of(territory).exclude(sensitivity=Dataset.Sensitivity.ORDINARY).exists()


def grant(
    person: Person | None,
    dataset: Dataset,
    processing: Processing | None,
    *,
    shows: Shows = Shows.ROWS,
    way: str = "page",
    snapshot: Snapshot | None = None,
    columns: Sequence[str] | None = None,
    analysis: bool = False,
    continued: bool = False,
    wants_rows: bool = False,
    details: Mapping[str, Any] | None = None,
) -> Grant:
    """What this person may read of this dataset for this purpose. Raises NotGranted.

    `analysis`: results travel: groups are counted whoever asks, even where rows may be read. `way`: by what it is read,
    for the ledger, with further `details` of the reading. `continued`: the next part of a reading that is already
    a line of the ledger; the rights are asked again. `wants_rows`: groups are requested on the way to rows: a refusal
    is then a line of the ledger too.
    """
    personal = dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    # Anyone at all may ask as the public: such a refusal is told, not recorded.
    named = personal and person is not None
    recorded = named and shows != Shows.GROUPS
    try:
        found = _granted(person, dataset, processing, shows, snapshot, columns, analysis=analysis)
    except NotGranted:
        if recorded or (named and wants_rows):
            _record("dataset.refuse_personal", person, dataset, processing, snapshot, way, details)
        raise
    if recorded and not continued:
        _record("dataset.read_personal", person, dataset, processing, snapshot, way, details)
    return found


def grant_to_count(person: Person, dataset: Dataset, columns: Sequence[str]) -> Grant:
    """What counts the rows of a dataset whose publication waits for the DPO's opinion or the decision of this person.

    Not a row leaves through it, so the right to read them is not asked. Raises NotGranted.
    """
    if not (
        may(person, authorisations.ADVISE, dataset.territory)
        or may(person, authorisations.DECIDE, dataset.territory)
    ):
        raise NotGranted("Seuls le délégué à la protection des données et qui décide font ce compte.")
    if hosting.in_preparation(dataset.territory):
        raise NotGranted(hosting.preparation_notice(dataset.territory))
    snapshot, purpose = _checked_snapshot(dataset, None), open_data(dataset.territory)
    known = frozenset(column["name"] for column in snapshot.columns)
    return Grant(
        person=f"person:{person.pk}",
        territory=dataset.territory.slug,
        dataset=dataset.slug,
        lake=str(settings.HOME.lake(dataset.territory.slug, dataset.lake_kind)),
        table=dataset.table,
        version=int(snapshot.lake_version or 0),
        columns=_checked_columns(dataset, snapshot, columns, known),
        aggregate_only=True,
        purpose=purpose.title,
        processing=purpose.pk,
        expires=timezone.now() + LIFETIME,
    )


def _granted(
    person: Person | None,
    dataset: Dataset,
    processing: Processing | None,
    shows: Shows,
    snapshot: Snapshot | None,
    columns: Sequence[str] | None,
    *,
    analysis: bool,
) -> Grant:
    personal = dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    if person is None:
        if not authorisations.is_public(dataset):
            raise NotGranted("Ce jeu de données n'est pas publié.")
    elif not may(person, "dataset.read", dataset):
        raise NotGranted(
            f"Vous n'avez pas le droit de lire « {dataset.title} ». Demandez ce droit à l'administrateur de votre espace."
        )
    if personal and hosting.in_preparation(dataset.territory):
        raise NotGranted(hosting.preparation_notice(dataset.territory))
    processing = _checked_purpose(dataset, processing, shows, public=person is None)
    if shows == Shows.ROWS and person is not None and not may_read_rows(person, dataset):
        raise NotGranted(
            f"« {dataset.title} » contient des données personnelles : ses lignes ne sont montrées qu'aux personnes qui ont "
            "ce droit. Faites-en une analyse avec une étape « Regrouper », ou demandez au gestionnaire des données."
        )
    snapshot = _checked_snapshot(dataset, snapshot)
    hidden = protected_columns(dataset, snapshot)
    opened = (
        authorisations.public_columns(dataset, snapshot, hidden)
        if person is None
        else frozenset(column["name"] for column in snapshot.columns)
    )
    requested = _checked_columns(dataset, snapshot, columns, opened)
    groups = shows == Shows.GROUPS or person is None
    # What the controller authorised is public row by row: nothing of it is left to protect from the public.
    protects = dataset.protection if (groups or analysis) and not (person is None and personal) else ""
    rule = rule_of(protects, timezone.localdate()) if protects else None
    masked = (
        shows != Shows.SYSTEM
        and person is not None
        and not (processing.covers_personal and _reads_people(person, dataset))
    )
    return Grant(
        person=PUBLIC if person is None else f"person:{person.pk}",
        territory=dataset.territory.slug,
        dataset=dataset.slug,
        lake=str(settings.HOME.lake(dataset.territory.slug, dataset.lake_kind)),
        table=dataset.table,
        version=int(snapshot.lake_version or 0),
        columns=requested,
        masks=tuple((name, "hide") for name in requested if name in hidden) if masked else (),
        identifying=identifying_columns(dataset, snapshot) if masked and personal else None,
        floor=rule.floor if rule else 0,
        dominance=rule.dominance if rule else None,
        unit=_unit(dataset, snapshot) if rule else None,
        protects=protects,
        aggregate_only=bool(protects) and (person is None or (personal and groups)),
        purpose=processing.title,
        processing=processing.pk,
        expires=timezone.now() + LIFETIME,
    )


def _record(
    act: str,
    person: Person | None,
    dataset: Dataset,
    processing: Processing | None,
    snapshot: Snapshot | None,
    way: str,
    details: Mapping[str, Any] | None,
) -> None:
    snapshot = snapshot or dataset.current
    ledger.append(
        dataset.territory,
        act,
        person,
        f"dataset:{dataset.pk}",
        {
            "snapshot": snapshot.number if snapshot else None,
            "processing": processing.key if processing else None,
            "way": way,
            **(details or {}),
        },
    )


def identifying_columns(dataset: Dataset, snapshot: Snapshot) -> tuple[str, ...]:
    """The columns that name somebody: those about people, the unit that groups count, those that designate a row."""
    known = [column["name"] for column in snapshot.columns]
    named = protected_columns(dataset, snapshot) | {dataset.unit, *dataset.key}
    return tuple(name for name in known if name in named)


def protected_columns(dataset: Dataset, snapshot: Snapshot) -> frozenset[str]:
    """The columns about people: those known at that delivery, and of a past one those that were found to be so since."""
    current = dataset.current
    since = current.personal_columns if current is not None else frozenset()
    return snapshot.personal_columns | (since & {column["name"] for column in snapshot.columns})


def _unit(dataset: Dataset, snapshot: Snapshot) -> str | None:
    """The column that tells units apart, where that delivery has it; otherwise each row counts for one."""
    return dataset.unit if dataset.unit in {column["name"] for column in snapshot.columns} else None


def _checked_purpose(
    dataset: Dataset, processing: Processing | None, shows: Shows, *, public: bool
) -> Processing:
    if processing is None:
        raise NotGranted(
            f"Lire « {dataset.title} » demande une finalité inscrite au registre des traitements. Choisissez-en une."
        )
    if processing.territory_id != dataset.territory_id:
        raise NotGranted(
            "Cette finalité est inscrite au registre d'un autre territoire. Choisissez-en une du vôtre."
        )
    if public and dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
        return processing  # the authorisation to publish is the purpose
    if dataset.sensitivity == Dataset.Sensitivity.PERSONAL and not processing.covers_personal:
        raise NotGranted(
            f"« {dataset.title} » contient des données personnelles et la finalité « {processing.title} » ne les couvre "
            "pas. Choisissez une finalité qui porte sur des données personnelles, ou faites-la inscrire au registre."
        )
    if shows == Shows.SYSTEM and dataset.slug not in reading_purposes.read_by_systems(processing):
        raise NotGranted(
            f"Aucun service d'IA de la finalité « {processing.title} » n'est relié à « {dataset.title} ». Rien n'a été lu. "
            "Changez la liaison du service."
        )
    if not reading_purposes.opens(processing, dataset):
        raise NotGranted(
            f"« {dataset.title} » n'est pas rattaché à la finalité « {processing.title} ». Choisissez une finalité qui "
            "l'ouvre, ou demandez au gestionnaire des données de l'y rattacher (« Données », « Usages inscrits »)."
        )
    return processing


def _checked_snapshot(dataset: Dataset, snapshot: Snapshot | None) -> Snapshot:
    snapshot = snapshot or dataset.current
    if snapshot is None:
        raise NotGranted(
            f"« {dataset.title} » n'a encore aucune livraison en vigueur. Déposez un fichier pour commencer."
        )
    if snapshot.dataset_id != dataset.pk:
        raise NotGranted("Cette livraison appartient à un autre jeu de données.")
    if snapshot.state != Snapshot.State.DONE:
        raise NotGranted(f"La livraison n° {snapshot.number} de « {dataset.title} » n'est pas en vigueur.")
    if snapshot.cut_at is not None:
        raise NotGranted(
            f"L'état de « {dataset.title} » à la livraison n° {snapshot.number} n'est plus conservé : sa durée de "
            "conservation est passée. Rouvrez la fiche du jeu pour lire l'état actuel."
        )
    return snapshot


def _checked_columns(
    dataset: Dataset, snapshot: Snapshot, columns: Sequence[str] | None, opened: frozenset[str]
) -> tuple[str, ...]:
    known = [column["name"] for column in snapshot.columns]
    requested = tuple(name for name in known if name in opened) if columns is None else tuple(columns)
    unknown = [name for name in requested if name not in known]
    if unknown:
        raise NotGranted(
            f"« {dataset.title} » n'a pas de colonne {', '.join(f'« {name} »' for name in unknown)}. "
            "Rouvrez sa fiche pour choisir parmi ses colonnes."
        )
    if refused := [name for name in requested if name not in opened]:
        raise NotGranted(
            f"Les colonnes {', '.join(f'« {name} »' for name in refused)} portent sur des personnes : "
            "elles ne sont pas communiquées au public."
        )
    if not requested:
        raise NotGranted(f"Aucune colonne de « {dataset.title} » ne peut être lue ainsi.")
    return requested
