"""The rows of the decisions room, by noun."""

from .contestations import CaseCorrection, Contestation
from .corrections import Correction, RegressionCase, Replay
from .drafts import Draft, DraftVersion
from .proposals import Decision, PreparedDecision, Proposal
from .usage import StaffConsultation

__all__ = [
    "CaseCorrection", "Contestation", "Correction", "Decision", "Draft", "DraftVersion", "PreparedDecision", "Proposal",
    "RegressionCase", "Replay", "StaffConsultation",
]  # fmt: skip
