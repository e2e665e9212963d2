"""Models of the continuity room, by noun."""

from .crisis import (
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

__all__ = [
    "Crisis",
    "CrisisMessage",
    "DutyShift",
    "JournalLine",
    "JournalMerge",
    "MessageValidation",
    "RoleAssignment",
    "SituationPoint",
    "SupportCheck",
]
