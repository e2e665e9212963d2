"""Recovery and continuity plans: signed, dated editions, the calendar of tests, corrections."""
