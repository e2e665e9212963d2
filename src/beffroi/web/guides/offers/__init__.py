"""One act for many territories: what a helper proposes, what each answers, what each lets the helper see."""
