"""What the trust room keeps. Rows of this package are written once: triggers refuse changes and deletions."""

from .committee import BodyDecision, Interest, Opinion, Seat, Session
from .legal import Certificate, ImpactAssessment, LegalAnswer

__all__ = [
    "BodyDecision",
    "Certificate",
    "ImpactAssessment",
    "Interest",
    "LegalAnswer",
    "Opinion",
    "Seat",
    "Session",
]
