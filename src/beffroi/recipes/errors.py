"""Errors of recipes, in French, for the person who builds or reads one.

Every message says what happened, where (which step), and what to do.
"""

import difflib
from collections.abc import Iterable

from beffroi.recipes.text_folding import fold


class RecipeError(Exception):
    """Recipe that cannot run as written; nothing was read."""


class FigureError(RecipeError):
    """Figure that cannot be drawn from its recipe's table."""


class QueryRefused(Exception):
    """Query that did not run: rights, a malformed request, or a limit of the instance."""


class QueryTooLong(QueryRefused):
    """Query stopped because it exceeded its time or memory limit."""


def closest(name: str, names: Iterable[str]) -> str | None:
    """Closest name, to suggest after a typo."""
    folded = {fold(candidate): candidate for candidate in names}
    found = difflib.get_close_matches(fold(name), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None
