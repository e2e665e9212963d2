"""Applications, what they need, and the order in which they start again; contradictions; the restart with its stopwatch."""
