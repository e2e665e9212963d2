"""Models of the cyber room, by noun."""
