"""Text folding for comparisons: case, accents and hyphens are ignored.

Each folding exists as an engine expression and as a Python function; a test compares the two.
"""

import re
from typing import Any

ACCENTED = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ"
BARE = "aaaaaaceeeeiiiinooooouuuuyy"


def fold_expression(text: Any) -> Any:
    """Expression of a text in lower case, without accents."""
    return text.lower().translate(ACCENTED, BARE).replace("œ", "oe").replace("æ", "ae")


def fold(text: str) -> str:
    return text.lower().translate(str.maketrans(ACCENTED, BARE)).replace("œ", "oe").replace("æ", "ae")


# A key keeps its other signs: « 12/3 » and « 12.3 » are two acts. RE2 and Python both read these characters as such.
# « 05 » and « 5 » are one code, of which a spreadsheet has lost the zero.
_KEY_RULES = (
    ("[ \t\r\n\u00a0\u202f\u2009'’\u2010\u2011_-]+", " "),
    ("^ +| +$", ""),
    ("^0+([0-9]+)$", r"\1"),
)


def fold_key_expression(text: Any) -> Any:
    """Expression of a folded join key; null for an empty one, which matches nothing."""
    result = fold_expression(text)
    for pattern, replacement in _KEY_RULES:
        result = result.re_replace(pattern, replacement)
    return result.nullif("")


def fold_key(text: str) -> str | None:
    result = fold(text)
    for pattern, replacement in _KEY_RULES:
        result = re.sub(pattern, replacement, result)
    return result or None


# « Saint-Rémy-lès-Chevreuse (78) », « ST REMY LES CHEVREUSE » and « St Rémy lès Chevreuse » are one place.
_PLACE_RULES = (
    (r"\([^)]*\)", " "),
    (r"[^a-z0-9]+", " "),
    (r"^ +| +$", ""),
    (r"\bst\b", "saint"),
    (r"\bste\b", "sainte"),
)


def fold_place_expression(text: Any) -> Any:
    """Expression of a place name, reduced to what its spellings share."""
    result = fold_expression(text)
    for pattern, replacement in _PLACE_RULES:
        result = result.re_replace(pattern, replacement)
    return result


def fold_place(text: str) -> str:
    result = fold(text)
    for pattern, replacement in _PLACE_RULES:
        result = re.sub(pattern, replacement, result)
    return result
