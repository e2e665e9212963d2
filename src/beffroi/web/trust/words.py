"""French spaces in texts that come from data files: quotation marks and high punctuation never part from their word."""

import re

SPACE = "\u00a0"


def spaced(text: str) -> str:
    """« oui » ? → the same words, with no-break spaces."""
    return re.sub(r"(?<=«) | (?=[»:;?!])", SPACE, text)
