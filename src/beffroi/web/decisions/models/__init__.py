"""The rows of the decisions room, by noun."""

from .contestations import CaseCorrection, Contestation, FormerTie
from .corrections import Correction, RegressionCase, Replay
from .deadlines import Deadline
from .drafts import Draft, DraftVersion
from .proposals import Decision, PreparedDecision, Proposal
from .usage import StaffConsultation

__all__ = [
    "CaseCorrection", "Contestation", "Correction", "Deadline", "Decision", "Draft", "DraftVersion", "FormerTie",
    "PreparedDecision", "Proposal", "RegressionCase", "Replay", "StaffConsultation",
]  # fmt: skip
