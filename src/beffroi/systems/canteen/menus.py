"""Menu categories as yes-or-no flags, recognised by words in the dishes' names.

In comes the optional table `menus`; out goes one row of flags a day whose menu is known.
"""

import re
from collections import defaultdict
from datetime import date
from functools import lru_cache

import numpy as np

from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Vector
from beffroi.text import expand_ligatures, to_ascii

# Words looked for in « plain » dish names (no accents, small letters); « what is liked » comes from the data, not from here.
CATEGORIES: dict[str, str] = {
    "frites": r"frites?|potatoes|pommes? noisettes?",
    "pizza": r"pizza",
    "poisson": r"poisson|colin|saumon|thon|cabillaud|hoki|lieu|merlu|brandade|pane de la mer|filet de sole",
    "bœuf": r"boeuf|steak|bourguignon|bolognaise|hachis|burger|boulettes?",
    "volaille": r"poulet|dinde|volaille|cordon bleu|nuggets?|canard",
    "porc": r"porc|jambon|saucisses?|chipolatas?|lardons?|rougail|carbonara|tartiflette",
    "végétarien": r"vegetarien(ne)?|omelette|oeufs?|quiche|lentilles|falafels?|tofu|soja|lasagnes? de legumes|galette",
    "pâtes": r"pates|spaghettis?|macaronis?|coquillettes|lasagnes?|tagliatelles|penne|torti|farfalles?|raviolis?",
    "riz": r"riz|risotto|paella|cantonais",
    "légumes verts": r"haricots? verts?|epinards?|brocolis?|choux?|courgettes?|petits pois|ratatouille|poireaux?|blettes?|navets?",
    "purée": r"puree|ecrase|hachis",
    "repas de fête": r"noel|fete|galette des rois|chandeleur|crepes?|paques|anniversaire|carnaval",
    "dessert apprécié": r"glace|chocolat|gateau|mousse|brownie|beignet|eclair|cookie|muffin'?s?|ile flottante",
}
_PATTERNS = {name: re.compile(rf"\b({words})\b") for name, words in CATEGORIES.items()}


def menu_flags(tables: Tables) -> dict[date, Vector]:
    """By day whose menu is known, one flag a category: 1 or 0."""
    dishes: dict[date, list[str]] = defaultdict(list)
    for line in cells.rows(tables, "menus"):
        on, dish = cells.day(line["date"]), cells.text(line["dish"])
        if on is not None and len(dish) > 2:
            dishes[on].append(to_ascii(expand_ligatures(dish.lower())))
    return {day: _flags(" ; ".join(names)) for day, names in dishes.items()}


@lru_cache(maxsize=4096)  # the same menus come back
def _flags(text: str) -> Vector:
    return np.array([float(bool(pattern.search(text))) for pattern in _PATTERNS.values()])
