"""Spelling variants among the groups of a result: « CENTRE-VILLE » and « Centre-ville » counted as two.

In: the recipe and its result. Out: a sentence that names them, empty when there are none.
"""

from collections import defaultdict

import pyarrow as pa

from beffroi.recipes.french import join_words
from beffroi.recipes.model import Group, Pivot, Recipe
from beffroi.recipes.text_folding import fold_key

_MOST_ROWS = 2_000


def written_apart(recipe: Recipe, table: pa.Table) -> str:
    """The first groups found so, in the order of the result."""
    grouped = any(isinstance(step, Group | Pivot) for step in recipe.steps)
    if not grouped or table.num_rows > _MOST_ROWS:
        return ""
    for name in table.column_names:
        if not pa.types.is_string(table.schema.field(name).type):
            continue
        writings: dict[str | None, dict[str, None]] = defaultdict(dict)
        for value in table[name].to_pylist():
            if value is not None:
                writings[fold_key(value)][value] = None
        for key, alike in writings.items():
            if key is not None and len(alike) > 1:
                named = join_words(f"« {value} »" for value in alike)
                return f"{named} sont comptés à part : seule leur écriture diffère."
    return ""
