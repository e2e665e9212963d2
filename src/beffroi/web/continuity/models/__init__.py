"""Models of the continuity room, by noun."""

from .billing import BillingStatement as BillingStatement
from .essential_services import OutageValidation
from .exercises import ExerciseEvent as ExerciseEvent
from .recovery_plans import PlanEdition

__all__ = ["OutageValidation", "PlanEdition"]
from .backups import (
    BackupCopy,
    BackupKey,
    CopyReading,
    CopySecret,
    ExpectedFiles,
    RememberedFile,
    RestoreProof,
)

__all__ = [
    "BackupCopy",
    "BackupKey",
    "CopyReading",
    "CopySecret",
    "ExpectedFiles",
    "RememberedFile",
    "RestoreProof",
]
