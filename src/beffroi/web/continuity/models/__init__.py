"""Models of the continuity room, by noun."""

from .essential_services import OutageValidation
from .recovery_plans import PlanEdition

__all__ = ["OutageValidation", "PlanEdition"]
