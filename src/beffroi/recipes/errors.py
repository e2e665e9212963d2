"""What can go wrong with a recipe, said in French to the person who builds or reads it.

Every message says what happened, where (which step), and what to do.
"""

import difflib
from collections.abc import Iterable

from beffroi.recipes.text_folding import fold


class RecipeError(Exception):
    """A recipe cannot be run as it is written; nothing was read."""


class FigureError(RecipeError):
    """A figure cannot be drawn from the table that its recipe gives."""


class QueryRefused(Exception):
    """The query did not run: rights, a mistake in the request, or a limit of the house."""


class QueryTooLong(QueryRefused):
    """The query was stopped: it took longer, or more memory, than the house allows."""


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that the person may have meant."""
    folded = {fold(candidate): candidate for candidate in names}
    found = difflib.get_close_matches(fold(name), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None
