"""What the trust room keeps. Every row of this package is written once: triggers refuse any change or deletion."""

from .legal import Certificate, ImpactAssessment, LegalAnswer

__all__ = ["Certificate", "ImpactAssessment", "LegalAnswer"]
