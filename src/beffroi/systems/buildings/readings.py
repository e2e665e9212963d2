"""Meter readings as one matrix, meters × days, in kWh; rejected rows are reported in notes.

In comes the table `meters`; out go `Readings` and French notes for every row left out. Several readings of one meter on
one day are added where that is its habit (hours, half hours, several meters under one name); otherwise the last one counts.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.buildings.days import ONE_DAY, Mask, Matrix, Vector, as_date, format_date
from beffroi.systems.buildings.energies import fold_text, kwh_per_unit, normalize_energy
from beffroi.systems.contract import BadInput, Tables

_ESTIMATED = ("estim", "calcul", "interpol", "reconstit", "provisoire")
NIGHT_ENDS = 5  # o'clock: who works in a public building has left, and nobody has come
_HOURLY = 12  # readings a day
_MAX_DISTANCE_DAYS = 366 * 12  # days: dates further than that from most others are typing errors

type Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Meter:
    """One series: a building, an energy, and the meter's own number where the file gives it."""

    building: str
    energy: str
    number: str

    @property
    def name(self) -> str:
        return f"{self.building}, {self.energy}" + (f" ({self.number})" if self.number else "")


@dataclass(frozen=True)
class Readings:
    """`kwh` (meters, days), NaN where nothing was read; `estimated`: not measured, so excluded from training."""

    meters: tuple[Meter, ...]
    first: date
    kwh: Matrix
    estimated: Mask
    night: Matrix  # kWh of the hours before `NIGHT_ENDS`, NaN where a meter is not read by the hour


def read_readings(tables: Tables, notes: list[str]) -> Readings:
    """Raises `BadInput` where no row can serve."""
    table = tables.get("meters")
    if table is None or table.num_rows == 0:
        raise BadInput(
            "La table des relevés est vide : choisissez un jeu de données qui contient des lignes."
        )
    moment = pc.cast(table.column("date"), pa.timestamp("s"), safe=False).to_numpy(zero_copy_only=False)
    day = moment.astype("datetime64[D]")
    value = np.array(table.column("kwh").to_numpy(zero_copy_only=False), dtype=float)
    series, meters, units = _series(table)
    known = (series >= 0) & ~np.isnat(day)
    _note_rejected(notes, ~known, "sans bâtiment ou sans date")
    _note_rejected(notes, known & ~np.isfinite(value), "sans consommation")
    known &= np.isfinite(value)
    value, known = _in_kwh(table, value, known, meters, series, units, notes)
    negative = known & (value < 0)
    if negative.any():
        place = int(np.flatnonzero(negative)[0])
        notes.append(
            f"{int(negative.sum())} relevé(s) négatifs sont laissés de côté (le premier : {meters[series[place]].name}, "
            f"le {format_date(as_date(day[place]))}, {value[place]:.0f} kWh). Une production solaire se relève à part."
        )
    known &= ~negative
    known &= _drop_far_dates(day, known, notes)
    if not known.any():
        raise BadInput(
            "Aucun relevé ne peut servir : il faut un bâtiment, une date et une consommation positive par ligne."
        )
    estimated = known & _estimated(table)
    hour = ((moment - day) / np.timedelta64(1, "h"))[known]
    return _matrix(meters, series[known], day[known], hour, value[known], estimated[known], notes)


def _note_rejected(notes: list[str], rows: Mask, what: str) -> None:
    if rows.any():
        notes.append(
            f"{int(rows.sum())} relevé(s) {what} sont laissés de côté (le premier : ligne {int(np.flatnonzero(rows)[0]) + 1})."
        )


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    return table.column(name) if name in table.column_names else pa.nulls(table.num_rows, pa.string())


def _codes(column: Any) -> tuple[Codes, list[str]]:
    """A code a row, -1 where empty, and the labels by code."""
    column = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    encoded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = encoded.dictionary_encode()
    words = [word or "" for word in encoded.dictionary.to_pylist()]
    codes = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    empty = np.array([not word for word in words] + [True])
    return np.where(empty[codes], -1, codes), words


def _series(table: pa.Table) -> tuple[Codes, list[Meter], Codes]:
    """The meter of each row (-1: no building), the meters in order, and the unit of each row."""
    building, buildings = _codes(table.column("building"))
    energy, energies = _codes(_column(table, "energy"))
    number, numbers = _codes(_column(table, "meter"))
    unit, _ = _codes(_column(table, "unit"))
    spelling: dict[str, str] = {}
    same = [spelling.setdefault(fold_text(name), name) for name in buildings]
    kinds = [normalize_energy(word) for word in energies]
    keys = np.stack([building, energy, number], axis=1)
    different, place = np.unique(keys, axis=0, return_inverse=True)
    drafts = [
        Meter(
            same[b] if b >= 0 else "",
            kinds[e] if e >= 0 else normalize_energy(None),
            numbers[m] if m >= 0 else "",
        )
        for b, e, m in different
    ]
    # A meter's number appears only where the building has several of one energy.
    often: dict[tuple[str, str], set[str]] = {}
    for meter in drafts:
        often.setdefault((meter.building, meter.energy), set()).add(meter.number)
    labelled = [
        meter if len(often[meter.building, meter.energy]) > 1 else Meter(meter.building, meter.energy, "")
        for meter in drafts
    ]
    meters = sorted({meter for meter in labelled if meter.building}, key=lambda meter: meter.name)
    order = {meter: code for code, meter in enumerate(meters)}
    of_key = np.array([order.get(meter, -1) for meter in labelled], dtype=np.int64)
    return of_key[place.reshape(-1)], meters, unit


def _in_kwh(
    table: pa.Table,
    value: Vector,
    known: Mask,
    meters: list[Meter],
    series: Codes,
    unit: Codes,
    notes: list[str],
) -> tuple[Vector, Mask]:
    if "unit" not in table.column_names:
        return value, known
    _, words = _codes(table.column("unit"))
    value, known = value.copy(), known.copy()
    refused: set[str] = set()
    for code, word in enumerate(words):
        for energy in {meter.energy for meter in meters}:
            of_energy = np.array([meter.energy == energy for meter in meters] + [False])
            rows = known & (unit == code) & of_energy[series]
            factor = kwh_per_unit(word, energy)
            if factor is None and rows.any():
                refused.add(word)
                known &= ~rows
            elif factor is not None and factor != 1.0:
                value[rows] *= factor
    if refused:
        notes.append(
            f"Unité(s) inconnue(s) : {', '.join(sorted(refused))}. Ces relevés sont laissés de côté ; les unités lues sont Wh, "
            "kWh, MWh, et m3 pour le gaz."
        )
    return value, known


def _drop_far_dates(day: npt.NDArray[np.datetime64], known: Mask, notes: list[str]) -> Mask:
    """Not twelve years away from most of the dates: a year typed wrong makes an endless, empty matrix."""
    if not known.any():
        return known
    number = day.astype(np.int64)
    far = known & (np.abs(number - np.median(number[known])) > _MAX_DISTANCE_DAYS)
    if far.any():
        notes.append(
            f"{int(far.sum())} relevé(s) à une date invraisemblable sont laissés de côté (le premier : "
            f"{format_date(as_date(day[far][0]))})."
        )
    return ~far


def _estimated(table: pa.Table) -> Mask:
    code, words = _codes(_column(table, "quality"))
    estimated = np.array([any(part in fold_text(word) for part in _ESTIMATED) for word in words] + [False])
    return np.asarray(estimated[code])


def _matrix(
    meters: list[Meter],
    series: Codes,
    day: npt.NDArray[np.datetime64],
    hour: Vector,
    value: Vector,
    estimated: Mask,
    notes: list[str],
) -> Readings:
    first = day.min()
    place = ((day - first) / ONE_DAY).astype(np.int64)
    length = int(place.max()) + 1
    cell = series * length + place
    size = len(meters) * length
    count = np.bincount(cell, minlength=size).reshape(len(meters), length)
    total = np.bincount(cell, weights=value, minlength=size).reshape(count.shape)
    last = np.full(size, np.nan)
    last[cell] = value  # the later row wins
    kwh = last.reshape(count.shape)
    usual = np.array([np.median(line[line > 0]) if (line > 0).any() else 0 for line in count])
    several = usual >= 2
    twice = (count > 1) & ~several[:, None]
    if twice.any():
        notes.append(
            f"{int(twice.sum())} jour(s) relevés plusieurs fois pour un même compteur : la dernière ligne est gardée "
            f"(par exemple {meters[int(np.flatnonzero(twice.any(axis=1))[0])].name})."
        )
    if several.any():
        full = count >= 0.9 * usual[:, None]
        kwh = np.where(several[:, None], np.where(full, total, np.nan), kwh)
        holes = int((several[:, None] & (count > 0) & ~full).sum())
        notes.append(
            f"{int(several.sum())} compteur(s) ont plusieurs relevés par jour : ils sont additionnés par jour"
            + (f", sauf {holes} jour(s) incomplets laissés de côté." if holes else ".")
        )
    night = np.bincount(cell, weights=np.where(hour < NIGHT_ENDS, value, 0.0), minlength=size).reshape(
        count.shape
    )
    timed = np.bincount(series[hour > 0], minlength=len(meters)) > 0
    night = np.where((usual >= _HOURLY)[:, None] & timed[:, None] & np.isfinite(kwh), night, np.nan)
    guess = np.zeros(size, dtype=bool)
    guess[cell[estimated]] = True
    if estimated.any():
        notes.append(
            f"{int(estimated.sum())} relevé(s) estimés : montrés, mais le modèle n’apprend pas d’eux."
        )
    return Readings(tuple(meters), as_date(first), kwh, guess.reshape(count.shape), night)
