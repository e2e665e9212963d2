"""Models of the continuity room, by noun."""

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

__all__ = [
    "DAY_LIMIT",
    "WEEK_LIMIT",
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
