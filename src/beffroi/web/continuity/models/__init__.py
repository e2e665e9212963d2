"""Models of the continuity room, by noun."""

from .backups import (
    BackupCopy,
    BackupKey,
    CopyReading,
    CopySecret,
    ExpectedFiles,
    RememberedFile,
    RestoreProof,
)
from .billing import BillingStatement
from .crisis import (
    DAY_LIMIT,
    WEEK_LIMIT,
    Crisis,
    CrisisMessage,
    DutyShift,
    JournalLine,
    JournalMerge,
    MessageValidation,
    RoleAssignment,
    SituationPoint,
    SupportCheck,
)
from .destinations import Destination, DestinationCopy, DestinationTrial
from .essential_services import OutageValidation
from .exercises import ExerciseEvent, ExerciseImport
from .offline_kit import KitBuild, KitCopy, KitList, KitListContent, KitOpening, KitPhrase
from .paper_forms import NumberEnd, NumberRange
from .recovery_plans import PlanEdition
from .rekeying import FormEntry, RefusedEntry, RekeyedForm, RekeyingBatch, ScannedPage
from .restoration_site import RestorationSite, SiteImport, SiteKey, SitePublication, SiteService, SiteUpdate
from .service_sheets import SheetApproval, SheetTrial

__all__ = [
    "DAY_LIMIT",
    "WEEK_LIMIT",
    "BackupCopy",
    "BackupKey",
    "BillingStatement",
    "CopyReading",
    "CopySecret",
    "Crisis",
    "CrisisMessage",
    "Destination",
    "DestinationCopy",
    "DestinationTrial",
    "DutyShift",
    "ExerciseEvent",
    "ExerciseImport",
    "ExpectedFiles",
    "FormEntry",
    "JournalLine",
    "JournalMerge",
    "KitBuild",
    "KitCopy",
    "KitList",
    "KitListContent",
    "KitOpening",
    "KitPhrase",
    "MessageValidation",
    "NumberEnd",
    "NumberRange",
    "OutageValidation",
    "PlanEdition",
    "RefusedEntry",
    "RekeyedForm",
    "RekeyingBatch",
    "RememberedFile",
    "RestorationSite",
    "RestoreProof",
    "RoleAssignment",
    "ScannedPage",
    "SheetApproval",
    "SheetTrial",
    "SiteImport",
    "SiteKey",
    "SitePublication",
    "SiteService",
    "SiteUpdate",
    "SituationPoint",
    "SupportCheck",
]
