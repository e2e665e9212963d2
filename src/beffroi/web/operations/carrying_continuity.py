"""The continuity of a territory that leaves, as open files: one JSON file a subject, people by their name.

In: a territory and a folder. Out: the files. Secrets of destinations and keys stay: elsewhere, a person gives new ones.
"""

from pathlib import Path
from typing import Any, Final

from django.db.models import Model

from beffroi.web.continuity.models import (
    BackupCopy,
    BackupKey,
    BillingStatement,
    CopyReading,
    CopySecret,
    Crisis,
    CrisisMessage,
    Destination,
    DestinationCopy,
    DestinationTrial,
    DutyShift,
    ExerciseEvent,
    ExerciseImport,
    ExpectedFiles,
    FormEntry,
    JournalLine,
    JournalMerge,
    KitBuild,
    KitCopy,
    KitList,
    KitListContent,
    KitOpening,
    KitPhrase,
    MessageValidation,
    NumberEnd,
    NumberRange,
    OutageValidation,
    PlanEdition,
    RefusedEntry,
    RekeyedForm,
    RekeyingBatch,
    RememberedFile,
    RestorationSite,
    RestoreProof,
    RoleAssignment,
    ScannedPage,
    SheetApproval,
    SheetTrial,
    SiteImport,
    SiteKey,
    SitePublication,
    SiteService,
    SiteUpdate,
    SituationPoint,
    SupportCheck,
)
from beffroi.web.platform.models import Territory

from .carrying_ai import Subjects, write_subjects

LEFT_BEHIND: Final[dict[type[Model], str]] = {
    BackupKey: "a key to this host",
    CopySecret: "a secret sealed with the key of this instance",
    RememberedFile: "learned again from the first restore",
    DutyShift: "hours of people, read by the director of the crisis and logistics only",
    SupportCheck: "support of agents, read by the director of the crisis and logistics only",
    RefusedEntry: "drafts of sheets that were refused: the paper has them",
    ScannedPage: "pictures of paper that stays with the town",
    KitListContent: "read again from the datasets that leave too",
    KitPhrase: "a secret: another one is made there",
    Destination: "an account elsewhere and its secret: a person declares it again",
    DestinationCopy: "copies made from this host",
    DestinationTrial: "trials made from this host",
    SiteKey: "the private key stays; its public half leaves with what it signed",
}
"""What stays, and why."""


def _by(row: Any) -> str | None:
    return row.by.name if row.by is not None else None


def _person(row: Any) -> str | None:
    return row.person.name if row.person is not None else None


def _crisis(row: Any) -> str:
    return str(row.crisis.uuid)


def _number(row: Any) -> str:
    return f"{row.range.mark}-{row.range.counter}-{row.rank:04}"


def _sheet(row: Any) -> str:
    return str(row.entry)


def _kit(row: Any) -> str:
    return str(row.build.code)


SUBJECTS: Final[Subjects] = {
    # --- billing
    "facturation.json": {
        "etats": (
            BillingStatement,
            {
                "by": lambda b: b.by.name,
                "checked_by": lambda b: b.checked_by.name if b.checked_by else None,
                "inputs": lambda b: b.read(),
            },
        ),
    },
    # --- exercises
    "exercices.json": {
        "actes": (ExerciseEvent, {"run": lambda e: e.run_id, "by": _by}),
        "reprises": (ExerciseImport, {"run": lambda i: i.run_id, "by": _by}),
    },
    "continuite-services.json": {
        "arrets-valides": (OutageValidation, {
            "entry": lambda v: v.entry_id, "response": lambda v: v.response_id, "by": lambda v: v.by.name,
        }),
    },
    "continuite-plans.json": {
        "editions": (PlanEdition, {"number": lambda e: e.number, "by": _by}),
    },
    "sauvegardes.json": {
        "copies": (BackupCopy, {
            "number": lambda c: c.pk, "system": lambda c: c.entry.identity, "declared_by": lambda c: c.declared_by.name,
            "withdrawn_by": lambda c: c.withdrawn_by.name if c.withdrawn_by else None,
        }),
        "lectures": (CopyReading, {"copy": lambda r: r.copy_id, "by": _by}),
        "restaurations": (RestoreProof, {"copy": lambda p: p.copy_id, "by": _by}),
        "fichiers-attendus": (ExpectedFiles, {"copy": lambda e: e.copy_id, "by": _by}),
    },
    "crises.json": {
        "crises": (Crisis, {
            "run": lambda c: c.run_id, "facts": lambda c: c.facts_id, "debrief": lambda c: c.debrief_id,
            "activated_by": lambda c: c.activated_by.name, "closed_by": lambda c: c.closed_by.name if c.closed_by else None,
        }),
        "roles": (RoleAssignment, {"crisis": _crisis, "person": _person, "by": _by}),
        "reprises": (JournalMerge, {"number": lambda m: m.pk, "crisis": _crisis, "by": _by}),
        "journal": (JournalLine, {"crisis": _crisis, "merge": lambda line: line.merge_id, "person": _person}),
        "points": (SituationPoint, {"crisis": _crisis, "by": _by}),
        "messages": (CrisisMessage, {"number": lambda m: m.pk, "crisis": _crisis, "by": _by}),
        "validations": (MessageValidation, {"message": lambda v: v.message_id, "by": _by}),
    },
    "formulaires.json": {
        "numeros": (NumberRange, {"allotted_by": lambda r: r.allotted_by.name if r.allotted_by else None}),
        "fins": (NumberEnd, {"number": _number, "by": _by}),
    },
    "ressaisie.json": {
        "lots": (RekeyingBatch, {
            "batch": lambda b: b.pk, "edition": lambda b: b.edition.edition, "opened_by": lambda b: b.opened_by.name,
            "closed_by": lambda b: b.closed_by.name if b.closed_by else None,
            "erased_by": lambda b: b.erased_by.name if b.erased_by else None,
        }),
        "feuilles": (RekeyedForm, {"batch": lambda f: f.batch_id}),
        "saisies": (FormEntry, {"form": lambda e: e.form.number, "by": _by}),
    },
    "fiches-mode-degrade.json": {
        "approbations": (SheetApproval, {"entry": _sheet, "by": _by}),
        "essais": (SheetTrial, {"entry": _sheet, "by": _by}),
    },
    "kit-hors-ligne.json": {
        "listes": (
            KitList,
            {
                "entry": _sheet,
                "recipe": lambda row: row.recipe.slug if row.recipe is not None else None,
                "dataset": lambda row: row.dataset.slug if row.dataset is not None else None,
                "processing": lambda row: row.processing.key if row.processing is not None else None,
                "added_by": lambda row: row.added_by.name,
            },
        ),
        "fabrications": (KitBuild, {"by": _by}),
        "copies": (KitCopy, {"build": _kit, "by": _by}),
        "ouvertures": (KitOpening, {"build": _kit, "by": _by}),
    },
    "page-des-habitants.json": {
        "pages": (RestorationSite, {"by": _by}),
        "services": (SiteService, {"page": lambda s: str(s.site.document)}),
        "annonces": (SiteUpdate, {"page": lambda u: str(u.site.document), "by": _by}),
        "reprises": (SiteImport, {"page": lambda i: str(i.site.document), "by": _by}),
        "publications": (SitePublication, {
            "page": lambda p: str(p.site.document), "key": lambda p: p.key.public, "by": _by,
        }),
    },
}  # fmt: skip


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, in the order of the rows."""
    write_subjects(territory, folder, SUBJECTS)
