"""Citizens' recommendations (R58): each one has a state, a date by which an answer is owed, and an answer for everyone."""
