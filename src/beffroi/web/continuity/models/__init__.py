"""Models of the continuity room, by noun."""

from .exercises import ExerciseEvent as ExerciseEvent
