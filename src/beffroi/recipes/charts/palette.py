"""Palette of series, distinguishable with any colour-vision deficiency, with shapes and dashes as second channels.

The page's own colours (`--serie-1`… in tokens.css) are these in its light theme; a test measures both themes.
"""

PALETTE = ("#17695d", "#c8641b", "#43244d", "#5d9e7e", "#c46dde", "#113812", "#8733a1")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (12, 4), (4, 2, 1, 2), (1, 3))
RAMP = ("#e2efeb", "#17695d")
"""Colour ramp of a heat table: from pale to dark, readable in grey."""
