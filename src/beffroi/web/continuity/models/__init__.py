"""Models of the continuity room, by noun."""

from .billing import BillingStatement as BillingStatement
from .exercises import ExerciseEvent as ExerciseEvent
