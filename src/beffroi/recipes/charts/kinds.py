"""Kinds of figures: their titles, the question that each answers, the columns that each needs.

Single list for the model, the chooser, the pages and the guide.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "number", "bar", "line", "area", "scatter", "histogram", "heat", "range", "table", "map", "points"
]


@dataclass(frozen=True)
class KindInfo:
    """Description of a kind: `title` and `use` in French; `needs`: its required encodings; `drawn`: by Vega."""

    title: str
    use: str
    needs: tuple[str, ...]
    drawn: bool = True


KINDS: dict[Kind, KindInfo] = {
    "number": KindInfo("Un seul chiffre, en grand", "retenir un chiffre, et ce dont il s'écarte", ("value",), False),
    "bar": KindInfo("Barres", "comparer des catégories", ("x", "y")),
    "line": KindInfo("Courbe", "suivre dans le temps", ("x", "y")),
    "area": KindInfo("Aires empilées", "suivre un total et ce qui le compose", ("x", "y")),
    "scatter": KindInfo("Nuage de points", "voir si deux mesures vont ensemble", ("x", "y")),
    "histogram": KindInfo("Histogramme", "voir comment des valeurs se répartissent", ("x",)),
    "heat": KindInfo("Tableau coloré", "croiser deux dimensions", ("x", "series", "y")),
    "range": KindInfo("Intervalles", "montrer une valeur et son incertitude", ("x", "low", "high")),
    "table": KindInfo("Tableau", "lire les chiffres un à un", (), False),
    "map": KindInfo("Carte", "comparer des lieux", ("place", "value"), False),
    "points": KindInfo("Carte de points", "voir où se trouve chaque chose", (), False),
}  # fmt: skip
MAPS: tuple[Kind, ...] = ("map", "points")
DRAWN: tuple[Kind, ...] = tuple(kind for kind, chart in KINDS.items() if chart.drawn)
"""Kinds that `vega.vega_spec` draws."""
