"""Results of systems made readable: charts (Vega-Lite), the forecast's table, what a run cost.

In come the JSON of runs and cards; out go rows and specifications for the pages, in French. Nothing is computed
anew except sums by day.
"""

from dataclasses import dataclass
from typing import Any

from beffroi.web.decisions.evidence import label, shown
from beffroi.web.ui.formats import french_date, number

from .cards import Measured
from .models import Run

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
LEAD = "Trait épais : intervalle prévu. Point : prévision. Tiret : quantité proposée."
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


@dataclass(frozen=True)
class Forecast:
    """The outcome's table, the rows of a page; `spec` draws one site, or the sum of all."""

    headings: list[tuple[str, bool]]
    rows: list[list[tuple[str, bool]]]
    sites: list[str]
    site: str
    spec: dict[str, Any] | None
    title: str
    lead: str
    by_day: list[tuple[str, str]]
    count: int


def costs(run: Run) -> list[Cost]:
    return [
        Cost(name, _known(figure), figure["how"], figure["source"])
        for key, name in COSTS.items()
        if (figure := run.footprint.get(key))
    ]


def _known(figure: dict[str, Any]) -> str:
    """The amount, with the bounds of an estimate; nothing is shown as zero because it is not known."""
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


def forecast(run: Run, site: str = "") -> Forecast:
    """What a forecast gave; `site` keeps one place."""
    columns: list[str] = run.outcome.get("columns", [])
    every: list[dict[str, Any]] = [
        dict(zip(columns, row, strict=True)) for row in run.outcome.get("rows", [])
    ]
    sites = sorted({str(row["site"]) for row in every if row.get("site")})
    site = site if site in sites else ""
    rows = [row for row in every if not site or row.get("site") == site]
    numeric = {name: any(_is_number(row[name]) for row in rows) for name in columns}
    title, spec = _spec(rows, columns, site)
    return Forecast(
        headings=[(label(name), numeric[name]) for name in columns],
        rows=[[(_cell(row[name]), numeric[name]) for name in columns] for row in rows],
        sites=sites,
        site=site,
        spec=spec,
        title=title,
        lead=LEAD if site else "",
        by_day=_by_day(rows, columns),
        count=len(rows),
    )


def _cell(value: Any) -> str:
    is_day = isinstance(value, str) and len(value) == 10 and value[4:5] == value[7:8] == "-"
    return f"{value[8:10]}/{value[5:7]}/{value[:4]}" if is_day else shown(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sums(rows: list[dict[str, Any]], columns: list[str]) -> dict[str, float]:
    if not {"date", "forecast"} <= set(columns):
        return {}
    sums: dict[str, float] = {}
    for row in rows:
        if _is_number(row["forecast"]) and row["date"]:
            sums[row["date"]] = sums.get(row["date"], 0.0) + row["forecast"]
    return dict(sorted(sums.items()))


def _by_day(rows: list[dict[str, Any]], columns: list[str]) -> list[tuple[str, str]]:
    return [(french_date(day), number(total, 0)) for day, total in _sums(rows, columns).items()]


def _spec(rows: list[dict[str, Any]], columns: list[str], site: str) -> tuple[str, dict[str, Any] | None]:
    if site and {"date", "forecast", "low", "high"} <= set(columns):
        return f"Prévision et intervalle, {site}", _one_site(rows, columns)
    sums = _sums(rows, columns)
    if len(sums) < 2:
        return "", None
    title = f"Prévision par jour, {site}" if site else "Prévision par jour, tous sites réunis"
    return title, {
        "$schema": SCHEMA,
        "description": title,
        "height": 240,
        "data": {"values": [{"jour": _short(day), "valeur": total} for day, total in sums.items()]},
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": {
                "field": "jour",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelAngle": 0},
            },
            "y": {"field": "valeur", "type": "quantitative", "title": None},
        },
    }


def _one_site(rows: list[dict[str, Any]], columns: list[str]) -> dict[str, Any]:
    values = [
        {
            "jour": _short(row["date"]),
            "prevision": row["forecast"],
            "bas": row["low"],
            "haut": row["high"],
            "propose": row.get("order"),
        }
        for row in sorted(rows, key=lambda row: str(row["date"]))
    ]
    x = {"field": "jour", "type": "nominal", "sort": None, "title": None, "axis": {"labelAngle": 0}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "strokeWidth": 6, "opacity": 0.35},
            "encoding": {
                "y": {"field": "bas", "type": "quantitative", "title": None, "scale": {"zero": False}},
                "y2": {"field": "haut"},
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 90, "tooltip": True},
            "encoding": {"y": {"field": "prevision", "type": "quantitative"}},
        },
    ]
    if "order" in columns:
        layers.append(
            {
                "mark": {"type": "tick", "thickness": 3, "width": 22, "tooltip": True},
                "encoding": {"y": {"field": "propose", "type": "quantitative"}},
            }
        )
    return {
        "$schema": SCHEMA,
        "description": "Prévision avec son intervalle, jour par jour",
        "height": 260,
        "data": {"values": values},
        "encoding": {"x": x},
        "layer": layers,
    }


def _short(day: str) -> str:
    return f"{day[8:10]}/{day[5:7]}" if len(day) == 10 else day
