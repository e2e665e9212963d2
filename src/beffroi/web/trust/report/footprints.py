"""What the executions of a year cost together: each line of each footprint summed, what has no figure counted apart.

In come runs; out go lines. Whatever lines the runs hold are there: a new kind of cost needs no change here. An unknown
figure is never taken for zero.
"""

from collections.abc import Iterable
from typing import Any

from beffroi.web.workshop.models import Run
from beffroi.web.workshop.presenting import COSTS

from .content import FootprintLine

# Peak memory does not add up from one execution to another.
NOT_SUMMED = frozenset({"memory"})
# What a report speaks of even where no execution has a figure: « inconnu » is said, not left out.
ALWAYS = {"energy": "Wh", "co2": "g", "water": "L", "materials": "", "storage": "", "transfer": ""}
LABELS = {
    "co2_made": "CO₂ équivalent de la fabrication du serveur",
    "materials": "Matériaux",
    "storage": "Stockage",
    "storage_energy": "Énergie du stockage",
    "transfer": "Transfert de données",
} | COSTS
_ORDER = ("duration", "cpu", *ALWAYS)


def over(runs: Iterable[Run]) -> tuple[FootprintLine, ...]:
    """One line for each kind of cost and unit."""
    prints = [run.footprint or {} for run in runs]
    units: dict[str, str] = dict(ALWAYS)
    for held in prints:
        for key, figure in held.items():
            if isinstance(figure, dict) and "unit" in figure:
                units[key] = str(figure["unit"])
    keys = [key for key in units if key not in NOT_SUMMED]
    keys.sort(key=lambda key: (_ORDER.index(key) if key in _ORDER else len(_ORDER), key))
    return tuple(_line(key, units[key], prints) for key in keys)


def _line(key: str, unit: str, prints: list[dict[str, Any]]) -> FootprintLine:
    known = [figure for held in prints if (figure := _known(held.get(key), unit)) is not None]
    measured = sum(1 for figure in known if figure.get("how") == "mesuré")
    return FootprintLine(
        label=LABELS.get(key, key.replace("_", " ").capitalize()),
        unit=unit,
        value=sum(float(figure["value"]) for figure in known) if known else None,
        measured=measured,
        estimated=len(known) - measured,
        unknown=len(prints) - len(known),
    )


def _known(figure: Any, unit: str) -> dict[str, Any] | None:
    if not isinstance(figure, dict) or figure.get("value") is None or figure.get("unit") != unit:
        return None
    return figure


def together(all_lines: Iterable[tuple[FootprintLine, ...]]) -> tuple[FootprintLine, ...]:
    """The same over every system."""
    sums: dict[str, FootprintLine] = {}
    for line in (line for lines in all_lines for line in lines):
        held = sums.get(line.label)
        if held is None:
            sums[line.label] = line
            continue
        values = [value for value in (held.value, line.value) if value is not None]
        sums[line.label] = FootprintLine(
            line.label,
            held.unit or line.unit,
            sum(values) if values else None,
            held.measured + line.measured,
            held.estimated + line.estimated,
            held.unknown + line.unknown,
        )
    return tuple(sums.values())
