"""What the trust room keeps. Rows of this package are written once: triggers refuse changes and deletions."""

from .committee import BodyDecision, Interest, Opinion, Seat, Session
from .legal import Certificate, ImpactAssessment, LegalAnswer
from .recommendations import Recommendation, RecommendationStep
from .report import Publication

__all__ = [
    "BodyDecision",
    "Certificate",
    "ImpactAssessment",
    "Interest",
    "LegalAnswer",
    "Opinion",
    "Publication",
    "Recommendation",
    "RecommendationStep",
    "Seat",
    "Session",
]
