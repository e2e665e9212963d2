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
from .essential_services import OutageValidation
from .exercises import ExerciseEvent
from .recovery_plans import PlanEdition

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
    "DutyShift",
    "ExerciseEvent",
    "ExpectedFiles",
    "JournalLine",
    "JournalMerge",
    "MessageValidation",
    "OutageValidation",
    "PlanEdition",
    "RememberedFile",
    "RestoreProof",
    "RoleAssignment",
    "SituationPoint",
    "SupportCheck",
]
