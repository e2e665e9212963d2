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

__all__ = [
    "BackupCopy",
    "BackupKey",
    "CopyReading",
    "CopySecret",
    "ExpectedFiles",
    "RememberedFile",
    "RestoreProof",
]
