"""Meter and pressure readings as hourly means; rejected rows are reported in notes.

In come the tables `flows` and `pressures`, at any step of an hour or less; out go `Readings`. Two readings of one moment
are averaged; a figure that no pipe could carry is left out.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.series import mean_over
from beffroi.systems.kit.words import fr, listed, plural

NIGHT = (2, 3, 4)  # hours of the night flow: from 2 to 5 o'clock
_MAX_DAYS = 1500
_MIN_DAYS = 21
_TOO_LARGE = 12.0  # times the 95th percentile of the same meter


@dataclass(frozen=True)
class Readings:
    """`flows[m]`: m³/h by hour for the meter `meters[m]` of the sector `sector_of[m]`; `pressures[s]`: m; NaN: missing.
    Hours run from midnight of `first`; days are whole."""

    first: date
    meters: tuple[str, ...]
    sector_of: tuple[str, ...]
    flows: Vector
    sensors: tuple[str, ...]
    pressures: Vector
    notes: list[str] = field(default_factory=list)

    @property
    def days(self) -> int:
        return self.flows.shape[1] // 24

    @property
    def sectors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.sector_of))

    def day(self, number: int) -> date:
        return self.first + timedelta(number)

    def iso_day(self, number: int) -> str:
        return self.day(number).isoformat()

    def number(self, day: date) -> int:
        return (day - self.first).days

    def sector_flow(self, sector: str) -> Vector:
        """m³/h by hour: the sum of the sector's meters; NaN where one is missing."""
        rows = [row for row, name in enumerate(self.sector_of) if name == sector]
        return np.asarray(self.flows[rows].sum(axis=0))


def read_readings(tables: Tables) -> Readings:
    """Clean and average. Raises `BadInput` where no sector has three weeks of hourly readings."""
    notes: list[str] = []
    flows = tables["flows"]
    meter = pc.coalesce(flows["meter"], flows["sector"]) if "meter" in flows.column_names else flows["sector"]
    table = _usable(flows, {"sector": flows["sector"], "meter": meter}, "flow", "débit", notes)
    if not table.num_rows:
        raise BadInput(
            "La table des débits est vide, ou aucune ligne n’a à la fois un secteur, un moment et un débit."
        )
    table, first, last = _span(table, notes)
    days = (last - first).days + 1
    pairs = sorted(set(zip(table["meter"].to_pylist(), table["sector"].to_pylist(), strict=True)))
    meters = tuple(dict.fromkeys(name for name, _ in pairs))
    shared = [name for name in meters if sum(other == name for other, _ in pairs) > 1]
    if shared:
        raise BadInput(
            f"Le compteur « {shared[0]} » est rattaché à deux secteurs : corrigez la table des débits."
        )
    sector_of = dict(pairs)
    values = _hourly(table, "meter", meters, first, days)
    values = _plausible(values, meters, "m³/h", notes, least=-np.inf, times=_TOO_LARGE)
    known = np.isfinite(values).sum(axis=1)
    if days < _MIN_DAYS or known.max() < _MIN_DAYS * 24 * 0.5:
        raise BadInput(
            f"Les débits couvrent {plural(days, 'jour', 'jours')}, dont {int(known.max()) // 24} de mesures au mieux. Il faut "
            "au moins trois semaines, avec une mesure par heure ou davantage."
        )
    rows = [row for row in range(len(meters)) if known[row] >= _MIN_DAYS * 24 * 0.5]
    for row in sorted(set(range(len(meters))) - set(rows)):
        notes.append(
            f"Compteur « {meters[row]} » laissé de côté : moins de deux semaines de mesures horaires."
        )
    sensors, pressures = _pressures(tables.get("pressures"), first, days, notes)
    return Readings(
        first,
        tuple(meters[row] for row in rows),
        tuple(sector_of[meters[row]] for row in rows),
        values[rows],
        sensors,
        pressures,
        notes,
    )


def _pressures(
    table: pa.Table | None, first: date, days: int, notes: list[str]
) -> tuple[tuple[str, ...], Vector]:
    nothing: tuple[tuple[str, ...], Vector] = ((), np.empty((0, days * 24)))
    if table is None or not table.num_rows:
        return nothing
    table = _usable(table, {"sensor": table["sensor"]}, "pressure", "pression", notes)
    begin, end = (datetime.combine(day, datetime.min.time()) for day in (first, first + timedelta(days)))
    table = table.filter(pc.and_(pc.greater_equal(table["moment"], begin), pc.less(table["moment"], end)))
    if not table.num_rows:
        notes.append("Les pressions ne sont pas de la même période que les débits : elles ne servent pas.")
        return nothing
    sensors = tuple(sorted(set(table["sensor"].to_pylist())))
    values = _plausible(
        _hourly(table, "sensor", sensors, first, days), sensors, "m", notes, least=-5.0, times=4.0
    )
    rows = [row for row in range(len(sensors)) if np.isfinite(values[row]).sum() >= 24 * 7]
    if len(rows) < len(sensors):
        lost = [f"« {sensors[row]} »" for row in range(len(sensors)) if row not in rows]
        kind = plural(len(lost), "capteur de pression écarté", "capteurs de pression écartés")
        notes.append(f"{kind} : moins d’une semaine de mesures ({listed(lost)}).")
    return tuple(sensors[row] for row in rows), values[rows]


def _usable(
    table: pa.Table, names: dict[str, pa.ChunkedArray], value: str, what: str, notes: list[str]
) -> pa.Table:
    """The rows that have every name, a moment and a value."""
    moment, values = table["moment"].cast(pa.timestamp("us")), table[value].cast(pa.float64())
    trimmed = {name: pc.utf8_trim_whitespace(column) for name, column in names.items()}
    whole = pa.table({**trimmed, "moment": moment, "value": values})
    known = [pc.is_valid(moment), pc.is_finite(values), *(pc.not_equal(one, "") for one in trimmed.values())]
    usable = whole.filter(reduce(pc.and_, (pc.fill_null(one, False) for one in known)))
    if lost := whole.num_rows - usable.num_rows:
        rows = plural(lost, f"ligne de {what} écartée", f"lignes de {what} écartées")
        notes.append(f"{rows} : sans nom, sans moment ou sans valeur.")
    return usable


def _span(table: pa.Table, notes: list[str]) -> tuple[pa.Table, date, date]:
    """The rows of one continuous period: far dates are mistakes of typing."""
    moments = np.asarray(table["moment"].to_numpy(), "datetime64[D]").astype(np.int64)
    middle = int(np.median(moments))
    good = np.abs(moments - middle) <= _MAX_DAYS // 2
    if not good.all():
        far = plural(int((~good).sum()), "mesure écartée, datée", "mesures écartées, datées")
        notes.append(f"{far} loin des autres, sans doute par erreur de saisie.")
        table, moments = table.filter(pa.array(good)), moments[good]
    epoch = date(1970, 1, 1)
    return table, epoch + timedelta(int(moments.min())), epoch + timedelta(int(moments.max()))


def _hourly(table: pa.Table, name: str, names: tuple[str, ...], first: date, days: int) -> Vector:
    """Names × hours, means; NaN where nothing was read."""
    moment = np.asarray(table["moment"].to_numpy(), dtype="datetime64[us]")
    hour = ((moment - np.datetime64(first, "us")) // np.timedelta64(1, "h")).astype(np.int64)
    coded = table[name].combine_chunks().dictionary_encode()
    row_of = {value: row for row, value in enumerate(names)}
    rows = np.array([row_of[value] for value in coded.dictionary.to_pylist()])[coded.indices.to_numpy()]
    values = table["value"].to_numpy()
    place = rows * (days * 24) + hour
    size = len(names) * days * 24
    total, count = np.bincount(place, values, size), np.bincount(place, minlength=size)
    return mean_over(total, count).reshape(len(names), days * 24)


def _plausible(
    values: Vector, names: tuple[str, ...], unit: str, notes: list[str], least: float, times: float
) -> Vector:
    """Hours whose figure is far beyond the usual range of the same instrument are left out, by name."""
    for row, name in enumerate(names):
        known = values[row][np.isfinite(values[row])]
        if not len(known):
            continue
        limit = times * max(float(np.quantile(np.abs(known), 0.9)), 0.5)
        with np.errstate(invalid="ignore"):
            wrong = (np.abs(values[row]) > limit) | (values[row] < least)
        if wrong.any():
            worst = values[row][wrong][np.argmax(np.abs(values[row][wrong]))]
            hours = plural(int(wrong.sum()), "heure écartée", "heures écartées")
            notes.append(
                f"« {name} » : {hours}, d’une valeur impossible (jusqu’à {fr(float(worst), 0)} {unit}). Vérifiez l’appareil ou le "
                "fichier."
            )
            values[row][wrong] = np.nan
    return values
