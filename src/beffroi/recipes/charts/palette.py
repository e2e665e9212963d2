"""The colours of series, told apart by readers who see no red, no green or no blue, and what else tells series apart.

The page's own colours (`--serie-1`… in tokens.css) are these in its light dress; a test measures both dresses.
"""

PALETTE = ("#17695d", "#c8641b", "#43244d", "#5d9e7e", "#c46dde", "#113812", "#8733a1")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (12, 4), (4, 2, 1, 2), (1, 3))
RAMP = ("#e2efeb", "#17695d")
"""Of a heat table: from pale to dark, so that it is read in grey too."""
