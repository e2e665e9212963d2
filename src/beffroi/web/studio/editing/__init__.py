"""Editor of an analysis, step by step: drafts, step forms, and the inspection of each step."""
