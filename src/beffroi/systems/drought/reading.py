"""Input tables of `drought`: daily flows by station, weather, thresholds of the decrees; rows that cannot serve are told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.drought.hydrology import Weather
from beffroi.systems.kit import cells
from beffroi.systems.kit.series import Series, read_aligned, read_series, with_gaps_filled, without_spikes
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import fr, listed, plural, short_day

LEVELS = ("vigilance", "alerte", "alerte renforcée", "crise")
_LITRES = {"m3/s": 1.0, "l/s": 0.001}  # m³/s in one unit
_SPIKE = 12.0  # a day so many times above the three before and after was mistyped
_KNOWN_SHARE = 0.8  # of the days, under which the weather of a station is taken from the others
_ABSURD_RATIO = 300.0  # between the usual flow and a threshold: they are not in one unit


@dataclass(frozen=True)
class Rivers:
    """`flow` in m³/s; `weather` of the same days and stations, None where there is none. `decrees`: by station, the thresholds (m³/s) by level
    of each decree, by the day since which it is in force."""

    flow: Series
    weather: Weather | None
    decrees: Mapping[str, Mapping[date, Mapping[str, float]]]
    notes: tuple[str, ...]

    def thresholds(self, station: str, day: date) -> Mapping[str, float]:
        """Those of the decree in force on that day, by level; empty where there is none."""
        decrees = self.decrees.get(station, {})
        return decrees.get(max((since for since in decrees if since <= day), default=day), {})

    def since(self, index: int) -> "Rivers":
        """The same without the days before `index`."""
        weather, flow = self.weather and self.weather.of(slice(index, None)), self.flow
        return replace(
            self, flow=Series(flow.places, flow.day(index), flow.values[:, index:]), weather=weather
        )


def read_rivers(tables: Tables, options: Settings) -> Rivers:
    """Raises `BadInput` where no flow can serve."""
    notes: list[str] = []
    flow = _read_flow(tables, options, notes)
    weather = _read_weather(tables, flow, options.today, notes)
    decrees = _read_decrees(tables, flow, _LITRES[options.choice("threshold_unit")], notes)
    return Rivers(flow, weather, decrees, tuple(notes))


def _read_flow(tables: Tables, options: Settings, notes: list[str]) -> Series:
    rejected, unit = cells.Rejected.of(__package__, "flows"), _LITRES[options.choice("flow_unit")]
    rows = cells.daily(tables, "flows", "station", ("flow",), rejected, options.today)
    try:
        flow = read_series((station, day, unit * flow) for station, day, (flow,) in rows if flow is not None)
    except ValueError as error:
        raise BadInput(
            "Aucun débit ne peut servir : il faut une station, un jour et un débit par ligne, sur trente ans au plus. Vérifiez les "
            "colonnes reliées."
        ) from error
    notes += rejected.notes()
    flow, spikes = without_spikes(flow, _SPIKE)
    if spikes:
        examples = (f"{station}, {short_day(day)} : {fr(value, 2)} m³/s" for station, day, value in spikes)
        notes.append(
            f"{plural(len(spikes), 'débit dépasse', 'débits dépassent')} douze fois les jours voisins, et sont mis de côté : {listed(examples, 3)}."
        )
    return flow


def _read_weather(tables: Tables, flow: Series, today: date | None, notes: list[str]) -> Weather | None:
    rejected, columns = cells.Rejected.of(__package__, "weather"), ("rain", "evaporation", "temperature")
    rows = cells.daily(tables, "weather", "station", columns, rejected, today, below_zero=("temperature",))
    rain, evaporation, temperature = read_aligned(rows, flow, len(columns))
    notes += rejected.notes()
    enough = np.isfinite(rain + evaporation).mean(axis=0) >= _KNOWN_SHARE
    if not enough.any():
        notes.append("Sans pluie ni évaporation connues, la prévision ne tient qu’aux débits passés.")
        return None
    if without := [station for station, one in zip(flow.places, enough, strict=True) if not one]:
        notes.append(f"Météo trop lacunaire, reprise des autres stations : {listed(without)}.")
    rain, evaporation = with_gaps_filled(rain, enough), with_gaps_filled(evaporation, enough)
    if np.isfinite(temperature[:, enough]).mean() < _KNOWN_SHARE:
        return Weather(rain, evaporation)
    return Weather(rain, evaporation, with_gaps_filled(temperature, enough))


def _read_decrees(
    tables: Tables, flow: Series, unit: float, notes: list[str]
) -> dict[str, dict[date, dict[str, float]]]:
    rejected, keys = cells.Rejected.of(__package__, "thresholds"), {cells.key(one): one for one in LEVELS}
    found: dict[str, dict[date, dict[str, float]]] = {}
    for row in cells.rows(tables, "thresholds"):
        station, limit = cells.text(row.get("station")), cells.number(row.get("flow"))
        level = keys.get(cells.key(row.get("level")))
        if station not in flow.places:
            rejected.add("station sans débit", station)
        elif level is None or limit is None or limit < 0:
            named = f"{station}, {cells.text(row.get('level'))}"
            rejected.add("niveau inconnu, ou seuil absent ou négatif", named)
        else:
            since = cells.day(row.get("since")) or date.min
            found.setdefault(station, {}).setdefault(since, {})[level] = limit * unit
    notes += rejected.notes()
    if without := [station for station in flow.places if station not in found]:
        notes.append(f"Sans seuil d’arrêté, aucune probabilité de niveau : {listed(without)}.")
    for station, values in zip(flow.places, flow.values, strict=True):
        for _, limits in sorted(found.get(station, {}).items()):
            _check(station, limits, float(np.nanmedian(values)), notes)
    return found


def _check(station: str, limits: dict[str, float], usual: float, notes: list[str]) -> None:
    ordered = [limits[level] for level in LEVELS if level in limits]
    if ordered != sorted(ordered, reverse=True):
        notes.append(f"Les seuils de {station} ne descendent pas de la vigilance à la crise : vérifiez-les.")
    if ordered[0] > 0 and not 1 / _ABSURD_RATIO < usual / ordered[0] < _ABSURD_RATIO:
        notes.append(
            f"Le débit habituel de {station} ({fr(usual, 3)} m³/s) est très loin de son premier seuil ({fr(ordered[0], 3)} m³/s) : vérifiez les unités."
        )
