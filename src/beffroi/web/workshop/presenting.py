"""Results of systems made readable: the chart of a backtest, what a run cost. What a run wrote is in `shown/`.

In come the JSON of runs and cards; out go rows and specifications for the pages, in French.
"""

from dataclasses import dataclass
from typing import Any

from beffroi.web.ui.formats import number

from .cards import Measured
from .models import Run

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
COSTS = {
    "duration": "Durée",
    "cpu": "Temps de calcul",
    "memory": "Mémoire",
    "energy": "Énergie",
    "co2": "CO₂ équivalent",
    "co2_made": "CO₂ de fabrication",
    "water": "Eau",
    "materials": "Métaux et minéraux",
    "storage": "Stockage",
    "storage_energy": "Énergie du stockage",
    "transfer": "Transfert",
}


@dataclass(frozen=True)
class Cost:
    """One figure of the footprint: « mesuré », « estimé » (between two bounds) or « inconnu », and how."""

    label: str
    value: str
    how: str
    source: str


def costs(run: Run) -> list[Cost]:
    return [
        Cost(name, _format_amount(figure), figure["how"], figure["source"])
        for key, name in COSTS.items()
        if (figure := run.footprint.get(key))
    ]


def _format_amount(figure: dict[str, Any]) -> str:
    """Amount of a figure, with the bounds of an estimate; nothing is shown as zero because it is not known."""
    text = amount(figure["value"], figure["unit"])
    low, high = figure.get("low"), figure.get("high")
    if low is None or high is None or low == high:
        return text
    return f"{text} ({amount(low, figure['unit'])} à {amount(high, figure['unit'])})"


_SMALL = frozenset({"Wh", "g", "L", "Wh/an"})
_LARGE = {"Wh": "kWh", "g": "kg"}


def amount(value: float | None, unit: str) -> str:
    """« 4,92 mWh », « 1,2 kWh »: a unit in which the figure is read; « inconnu » when nobody has it, never zero."""
    if value is None:
        return "inconnu"
    if unit in _SMALL and 0 < abs(value) < 0.1:
        small, prefix = (value * 1e3, "m") if abs(value) >= 1e-4 else (value * 1e6, "µ")
        return f"{significant(small)} {prefix}{unit}"
    if unit in _LARGE and abs(value) >= 1000:
        return f"{significant(value / 1000)} {_LARGE[unit]}"
    return f"{significant(value)} {unit}".strip()


def significant(value: float) -> str:
    """Three significant digits, in French: small figures must not read as nothing."""
    if value == 0:
        return "0"
    decimals = 0
    while abs(value) * 10**decimals < 100 and decimals < 12:
        decimals += 1
    text = number(round(value, decimals), decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def score_spec(measured: Measured) -> dict[str, Any]:
    """The ways of doing one under the other, each name above its bar: it reads as well on a telephone."""
    longest = max(0.0, *(value for _, value in measured.bars))
    return {
        "$schema": SCHEMA,
        "description": measured.label,
        "data": {"values": [{"nom": name, "valeur": value} for name, value in measured.bars]},
        "height": {"step": 56},
        "encoding": {
            "y": {"field": "nom", "type": "nominal", "sort": None, "axis": None},
            "x": {
                "field": "valeur",
                "type": "quantitative",
                "title": measured.unit,
                # Room for the figure at the end of the longest bar.
                "scale": {"zero": True, **({"domainMax": longest * 1.2} if longest else {})},
                "axis": {"tickCount": 5},
            },
        },
        "layer": [
            {
                "mark": {"type": "bar", "size": 18, "yOffset": 10, "tooltip": True},
                "encoding": {
                    "color": {
                        "field": "nom",
                        "type": "nominal",
                        "sort": None,
                        "legend": None,
                        "scale": {"domain": [name for name, _ in measured.bars]},
                    }
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "yOffset": 10},
                "encoding": {"text": {"field": "valeur", "type": "quantitative", "format": ".1f"}},
            },
            {
                "mark": {"type": "text", "align": "left", "yOffset": -12},
                "encoding": {"x": {"datum": 0}, "text": {"field": "nom", "type": "nominal"}},
            },
        ],
    }
