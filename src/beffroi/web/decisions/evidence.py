"""The frozen evidence of a proposal, made readable: small tables, the chart of a dated series, plain facts.

In comes the JSON that a system gave with its proposal, whatever its keys; out go rows in French. A key that the
house does not know is shown under its own name rather than hidden.
"""

from dataclasses import dataclass
from typing import Any

from beffroi.web.ui.formats import french_date, number

LABELS = {
    "date": "Jour",
    "day": "Jour",
    "value": "Valeur",
    "meals": "Repas servis",
    "served": "Repas servis",
    "forecast": "Prévision",
    "proposed": "Proposé",
    "low": "Bas de l'intervalle",
    "high": "Haut de l'intervalle",
    "baseline": "Référence sans IA",
    "ordered": "Commande passée",
    "recent": "Dernières valeurs comparables",
    "comparable": "Dernières valeurs comparables",
    "comparable_days": "Derniers jours comparables",
    "site": "Site",
    "weekday": "Jour de la semaine",
    "shortage_risk": "Risque de manque accepté (%)",
    "menu": "Menu",
    "dish": "Plat",
}
DATES = {"date", "day", "jour"}


@dataclass(frozen=True)
class Table:
    """One list of the evidence. `spec` draws it when it is a dated series of one figure."""

    title: str
    headings: list[tuple[str, bool]]  # and whether the column holds figures
    rows: list[list[tuple[str, bool]]]
    spec: dict[str, Any] | None


@dataclass(frozen=True)
class Evidence:
    tables: list[Table]
    facts: list[tuple[str, str]]


def read(evidence: Any, *, unit: str, proposed: float, due: str | None) -> Evidence:
    tables: list[Table] = []
    facts: list[tuple[str, str]] = []
    for key, value in (evidence if isinstance(evidence, dict) else {}).items():
        rows = _rows(key, value)
        if rows:
            tables.append(_table(_label(key), rows, unit, proposed, due))
        elif value not in (None, "", [], {}):
            facts.append((_label(key), _shown(key, value)))
    return Evidence(tables, facts)


def _rows(key: str, value: Any) -> list[dict[str, Any]]:
    """A list of objects, a list of pairs or an object of dates: all are rows."""
    if isinstance(value, dict) and value:
        return [{"date" if _is_date(name) else "site": name, "value": held} for name, held in value.items()]
    if not isinstance(value, list) or not value:
        return []
    if all(isinstance(item, dict) for item in value):
        return value
    if all(isinstance(item, list) and len(item) == 2 for item in value):
        return [{"date" if _is_date(a) else "site": a, "value": b} for a, b in value]
    return []


def _table(title: str, rows: list[dict[str, Any]], unit: str, proposed: float, due: str | None) -> Table:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    numeric = [all(_is_number(row.get(key)) for row in rows) for key in keys]
    return Table(
        title=title,
        headings=[(_label(key), right) for key, right in zip(keys, numeric, strict=True)],
        rows=[
            [(_shown(key, row.get(key)), right) for key, right in zip(keys, numeric, strict=True)]
            for row in rows
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
            "jour": french_date(str(row[dated])),
            "rang": str(row[dated]),
            "valeur": row[figure],
            "nature": "constaté",
        }
        for row in rows
    ]
    if due is not None:
        data.append({"jour": french_date(due), "rang": due, "valeur": proposed, "nature": "proposé"})
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
                "axis": {"labelAngle": -35},
            },
            "y": {"field": "valeur", "type": "quantitative", "title": unit, "axis": {"tickMinStep": 1}},
            "color": {"field": "nature", "type": "nominal", "title": None, "legend": {"orient": "top"}},
        },
    }


def _label(key: str) -> str:
    return LABELS.get(key, key.replace("_", " ").capitalize())


def _shown(key: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if _is_number(value):
        return number(value)
    if isinstance(value, list):
        return ", ".join(_shown(key, item) for item in value)
    return french_date(value) if _is_date(value) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4:5] == "-" and value[7:8] == "-"
