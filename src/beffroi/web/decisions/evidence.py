"""The frozen evidence of a proposal, made readable: small tables, the chart of a dated series, plain facts.

In comes the JSON that a system gave with its proposal, whatever its keys; out go rows in French. A key that the
house does not know is shown under its own name rather than hidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from beffroi.web.ui.formats import french_date, number, percent

LABELS = {
    "date": "Jour",
    "day": "Jour",
    "value": "Valeur",
    "element": "Élément",
    "meals": "Repas servis",
    "forecast": "Prévision",
    "order": "Quantité proposée",
    "low": "Bas de l'intervalle",
    "high": "Haut de l'intervalle",
    "baseline": "Référence sans IA",
    "warning": "Avertissement",
    "last_comparable": "Derniers jours comparables connus",
    "recent": "Dernières valeurs comparables",
    "site": "Site",
    "horizon_days": "Prévu combien de jours à l'avance",
    "shortage_risk": "Risque de manque choisi",
    "last_known_day": "Dernier jour connu",
    "features": "Ce que le système a vu",
    "effects": "Poids de chaque élément",
    "margin_factor": "Facteur de marge",
    "model": "Modèle",
    "seed": "Graine",
}
DATES = {"date", "day", "jour"}
# Said elsewhere on the page.
SAID = {"site", "date"}
IN_UNIT = {"forecast", "baseline", "order"}
SHARES = {"shortage_risk"}
# For who wants to check the computation; the reasons already say it in plain words.
TECHNICAL = {"features", "effects", "margin_factor", "model", "seed", "cv_rmse_left_out", "sure_sd", "gain"}


@dataclass(frozen=True)
class Table:
    """One list of the evidence. `spec` draws it when it is a dated series of one figure."""

    title: str
    headings: list[tuple[str, bool]]  # and whether the column holds figures
    rows: list[list[tuple[str, bool]]]
    spec: dict[str, Any] | None


@dataclass(frozen=True)
class Evidence:
    """What everybody reads, and apart what only serves to check the computation."""

    tables: list[Table]
    facts: list[tuple[str, str]]
    technical_tables: list[Table]
    technical_facts: list[tuple[str, str]]


def read(
    evidence: Any,
    *,
    unit: str,
    proposed: float,
    due: str | None,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> Evidence:
    """`labels`: the names that the system gives to its own keys."""
    read = Evidence([], [], [], [])
    for key, value in (evidence if isinstance(evidence, dict) else {}).items():
        technical = key in TECHNICAL
        rows = _rows(value)
        if rows:
            tables = read.technical_tables if technical else read.tables
            tables.append(_table(key, rows, "" if technical else unit, proposed, due, labels))
        elif value not in (None, "", [], {}) and key not in SAID:
            facts = read.technical_facts if technical else read.facts
            facts.append((label(key, labels), _fact(key, value, unit)))
    return read


def _fact(key: str, value: Any, unit: str) -> str:
    if not _is_number(value):
        return shown(value)
    if key in SHARES:
        return percent(value)
    return f"{number(value)} {unit}" if key in IN_UNIT else number(value)


def _rows(value: Any) -> list[dict[str, Any]]:
    """A list of objects, a list of pairs or an object of dates: all are rows."""
    if isinstance(value, dict) and value:
        return [{_key(name): name, "value": held} for name, held in value.items()]
    if not isinstance(value, list) or not value:
        return []
    if all(isinstance(item, dict) for item in value):
        return value
    if all(isinstance(item, list) and len(item) == 2 for item in value):
        return [{_key(name): name, "value": held} for name, held in value]
    return []


def _key(name: Any) -> str:
    return "date" if _is_date(name) else "element"


def _table(
    key: str,
    rows: list[dict[str, Any]],
    unit: str,
    proposed: float,
    due: str | None,
    labels: Mapping[str, str],
) -> Table:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    numeric = [all(_is_number(row.get(key)) for row in rows) for key in keys]
    return Table(
        title=label(key, labels),
        headings=[
            (unit.capitalize() if unit and key == "value" else label(key, labels), right)
            for key, right in zip(keys, numeric, strict=True)
        ],
        rows=[
            [(shown(row.get(key)), right) for key, right in zip(keys, numeric, strict=True)] for row in rows
        ],
        spec=_spec(rows, keys, numeric, unit, proposed, due),
    )


def _spec(
    rows: list[dict[str, Any]],
    keys: list[str],
    numeric: list[bool],
    unit: str,
    proposed: float,
    due: str | None,
) -> dict[str, Any] | None:
    dated = next((key for key in keys if key in DATES), None)
    figure = next((key for key, is_number in zip(keys, numeric, strict=True) if is_number), None)
    if dated is None or figure is None or len(rows) < 2:
        return None
    data = [
        {
            "jour": _short(str(row[dated])),
            "rang": str(row[dated]),
            "valeur": row[figure],
            "nature": "constaté",
        }
        for row in rows
    ]
    if due is not None:
        data.append({"jour": _short(due), "rang": due, "valeur": proposed, "nature": "proposé"})
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": "Dernières valeurs comparables et valeur proposée",
        "height": 200,
        "data": {"values": sorted(data, key=lambda row: str(row["rang"]))},
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": {
                "field": "jour",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelAngle": 0},
            },
            "y": {"field": "valeur", "type": "quantitative", "title": unit, "axis": {"tickMinStep": 1}},
            "color": {"field": "nature", "type": "nominal", "title": None, "legend": {"orient": "top"}},
        },
    }


def label(key: str, labels: Mapping[str, str] = MappingProxyType({})) -> str:
    """The French name of a key, or the key itself made readable."""
    return labels.get(key) or LABELS.get(key, key.replace("_", " ").capitalize())


def shown(value: Any) -> str:
    """One value as a reader expects it: French numbers and dates, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if _is_number(value):
        return number(value)
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value)
    return french_date(value) if _is_date(value) else str(value)


def _short(day: str) -> str:
    """« 23/11 » from an ISO date: under a bar there is room for no more."""
    return f"{day[8:10]}/{day[5:7]}" if _is_date(day) else day


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4:5] == "-" and value[7:8] == "-"
