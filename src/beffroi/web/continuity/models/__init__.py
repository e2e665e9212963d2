"""Models of the continuity room, by noun."""
