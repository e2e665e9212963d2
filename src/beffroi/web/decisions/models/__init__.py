"""The rows of the decisions room, by noun."""

from .contestations import CaseCorrection, Contestation
from .corrections import Correction, RegressionCase, Replay
from .proposals import Decision, PreparedDecision, Proposal

__all__ = [
    "CaseCorrection", "Contestation", "Correction", "Decision", "PreparedDecision", "Proposal", "RegressionCase", "Replay",
]  # fmt: skip
