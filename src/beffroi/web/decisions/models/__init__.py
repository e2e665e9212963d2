"""The rows of the decisions room, by noun."""

from .contestations import CaseCorrection, Contestation
from .proposals import Decision, PreparedDecision, Proposal

__all__ = ["CaseCorrection", "Contestation", "Decision", "PreparedDecision", "Proposal"]
