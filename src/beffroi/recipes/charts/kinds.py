"""The kinds of figures: what they are called, the question that each answers, the columns that each needs.

One list for the model, the chooser, the pages and the guide: a kind that is not here does not exist.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "number", "bar", "line", "area", "scatter", "histogram", "heat", "range", "table", "map", "points"
]


@dataclass(frozen=True)
class ChartKind:
    """`title` and `use` in French; `needs`: the encodings without which it is not drawn; `drawn`: by Vega."""

    title: str
    use: str
    needs: tuple[str, ...]
    drawn: bool = True


KINDS: dict[Kind, ChartKind] = {
    "number": ChartKind("Un seul chiffre, en grand", "retenir un chiffre, et ce dont il s'écarte", ("value",), False),
    "bar": ChartKind("Barres", "comparer des catégories", ("x", "y")),
    "line": ChartKind("Courbe", "suivre dans le temps", ("x", "y")),
    "area": ChartKind("Aires empilées", "suivre un total et ce qui le compose", ("x", "y")),
    "scatter": ChartKind("Nuage de points", "voir si deux mesures vont ensemble", ("x", "y")),
    "histogram": ChartKind("Histogramme", "voir comment des valeurs se répartissent", ("x",)),
    "heat": ChartKind("Tableau coloré", "croiser deux dimensions", ("x", "series", "y")),
    "range": ChartKind("Intervalles", "montrer une valeur et son incertitude", ("x", "low", "high")),
    "table": ChartKind("Tableau", "lire les chiffres un à un", (), False),
    "map": ChartKind("Carte", "comparer des lieux", ("place", "value"), False),
    "points": ChartKind("Carte de points", "voir où se trouve chaque chose", (), False),
}  # fmt: skip
MAPS: tuple[Kind, ...] = ("map", "points")
DRAWN: tuple[Kind, ...] = tuple(kind for kind, chart in KINDS.items() if chart.drawn)
"""The kinds that `drawn.vega_spec` draws."""
