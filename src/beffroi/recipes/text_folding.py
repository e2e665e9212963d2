"""Texts compared as a person compares them: capitals, accents and hyphens do not count.

The same folding exists twice, as an expression for the engine and as Python for the names known in advance;
a test keeps the two alike.
"""

import re
from typing import Any

ACCENTED = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ"
BARE = "aaaaaaceeeeiiiinooooouuuuyy"


def fold_expression(text: Any) -> Any:
    """The expression of a text in small letters, without accents."""
    return text.lower().translate(ACCENTED, BARE).replace("œ", "oe").replace("æ", "ae")


def fold(text: str) -> str:
    return text.lower().translate(str.maketrans(ACCENTED, BARE)).replace("œ", "oe").replace("æ", "ae")


# A key keeps its other signs: « 12/3 » and « 12.3 » are two acts. RE2 and Python both read these characters as such.
_KEY_RULES = (("[ \t\r\n\u00a0\u202f\u2009'’\u2010\u2011_-]+", " "), ("^ +| +$", ""))


def fold_key_expression(text: Any) -> Any:
    """The expression of a key as a person compares it; nothing is left of an empty one, which matches nothing."""
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
    """The expression of the name of a place, reduced to what two writings of it share."""
    result = fold_expression(text)
    for pattern, replacement in _PLACE_RULES:
        result = result.re_replace(pattern, replacement)
    return result


def fold_place(text: str) -> str:
    result = fold(text)
    for pattern, replacement in _PLACE_RULES:
        result = re.sub(pattern, replacement, result)
    return result
