"""Crisis exercises: injects by role and hour, pause and speed, reactions, the observer's grid, the debrief and its corrections."""
