"""Chart recommendation: the kind that suits a result, with the reason; the others that fit; what the rest lacks.

In: a table and the labels of its columns. Out: a `ChartChoice`: one proposal, then every kind with a sentence. Nothing is
drawn here. No pie charts: an angle is read less well than a length.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from beffroi.recipes.charts.kinds import KINDS, Kind
from beffroi.recipes.charts.look import Look
from beffroi.recipes.charts.palette import PALETTE
from beffroi.recipes.figures import Encodings
from beffroi.recipes.text_folding import fold

MAX_SERIES = len(PALETTE)
MAX_BARS = 40
MIN_HISTOGRAM_ROWS = 20
_YEARS = ("annee", "exercice", "millesime")
_PERIOD = re.compile(r"\d{4}-(\d{2}|\d{4}|W\d{2})")
_SPOT = re.compile(r'\s*\{\s*"type"\s*:\s*"Point"')
_EAST = ("longitude", "long", "lon", "lng")
_NORTH = ("latitude", "lat")
_PLACE = re.compile(r"(\d{5}|2[AB]\d{3})")
_LOW = ("bas", "borne basse", "minimum", "min", "low", "inf", "p10", "q1")
_HIGH = ("haut", "borne haute", "maximum", "max", "high", "sup", "p90", "q3")


@dataclass(frozen=True)
class ColumnProfile:
    """Profile of a column. `role`: time, place, spot (points), name or number; `distinct`: its number of distinct values."""

    name: str
    label: str
    role: str
    distinct: int
    negative: bool = False


@dataclass(frozen=True)
class ChartFit:
    """Fit of a kind to a result: the columns to draw it with, or (`fits` false) what it lacks."""

    kind: Kind
    fits: bool
    reason: str
    encodings: Encodings = field(default_factory=Encodings)
    look: Look = field(default_factory=Look)

    @property
    def title(self) -> str:
        return KINDS[self.kind].title


@dataclass(frozen=True)
class ChartChoice:
    """Proposed kind, then all of them, those that fit first."""

    best: ChartFit
    kinds: tuple[ChartFit, ...]

    @property
    def fitting(self) -> tuple[ChartFit, ...]:
        return tuple(one for one in self.kinds if one.fits)

    @property
    def others(self) -> tuple[ChartFit, ...]:
        """Kinds that do not fit, with the reason."""
        return tuple(one for one in self.kinds if not one.fits)


@dataclass(frozen=True)
class _Result:
    table: pa.Table
    times: tuple[ColumnProfile, ...]
    places: tuple[ColumnProfile, ...]
    names: tuple[ColumnProfile, ...]
    numbers: tuple[ColumnProfile, ...]
    spots: tuple[ColumnProfile, ...]

    @property
    def rows(self) -> int:
        return int(self.table.num_rows)

    @property
    def dimensions(self) -> tuple[ColumnProfile, ...]:
        return (*self.times, *self.names)

    def is_unique(self, *columns: ColumnProfile) -> bool:
        """Whether each combination of these columns is on one row only."""
        rows = list(zip(*(self.table[c.name].to_pylist() for c in columns), strict=True))
        return len(set(rows)) == len(rows)


def choose_chart(table: pa.Table, labels: Mapping[str, str] | None = None) -> ChartChoice:
    """Recommended chart for this result, and the fit of every other kind."""
    seen = profile_columns(table, labels or {})

    def having(role: str) -> tuple[ColumnProfile, ...]:
        return tuple(one for one in seen if one.role == role)

    result = _Result(table, having("time"), having("place"), having("name"), having("number"), having("spot"))
    kinds = [_fit(kind, result) for kind in KINDS]
    fitting = {one.kind: one for one in kinds if one.fits}
    best = fitting[next(kind for kind in _preference(result) if kind in fitting)]
    ordered = (
        best,
        *(one for one in kinds if one.fits and one is not best),
        *(o for o in kinds if not o.fits),
    )
    return ChartChoice(best, ordered)


def profile_columns(table: pa.Table, labels: Mapping[str, str]) -> list[ColumnProfile]:
    """Profile of each column."""
    found = []
    for name in table.column_names:
        values = [value for value in table[name].to_pylist() if value is not None]
        label = labels.get(name, name)
        role = _role(name, label, table.schema.field(name).type, values)
        negative = role == "number" and any(value < 0 for value in values)
        found.append(ColumnProfile(name, label, role, len(set(values)), negative))
    return found


def _role(name: str, label: str, kind: pa.DataType, values: list[Any]) -> str:
    if pa.types.is_temporal(kind) and not pa.types.is_time(kind):
        return "time"
    words = fold(f"{name} {label}")
    if pa.types.is_integer(kind) and any(word in words for word in _YEARS):
        return "time"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    texts = [value for value in values if isinstance(value, str)]
    if texts and all(_SPOT.match(text) for text in texts):
        return "spot"
    if texts and all(_PERIOD.fullmatch(text) for text in texts):
        return "time"
    if texts and ("insee" in words or "commune" in words) and all(_PLACE.fullmatch(text) for text in texts):
        return "place"
    return "name"


def _preference(result: _Result) -> tuple[Kind, ...]:
    """Kinds by decreasing suitability; the table, which always fits, comes last."""
    last: tuple[Kind, ...] = ("scatter", "histogram", "table")
    if result.rows <= 1:
        return ("number", "table")
    if result.times and max(t.distinct for t in result.times) >= 3:
        return ("range", "line", "heat", "bar", *last)
    if result.places and not result.names:
        return ("map", "bar", *last)
    if result.spots:
        return ("points", "bar", *last)
    return ("range", "bar", "heat", "line", *last)


def _fit(kind: Kind, result: _Result) -> ChartFit:
    if kind != "table" and not result.rows:
        return ChartFit(kind, False, "le résultat n'a aucune ligne")
    if kind not in ("table", "histogram", "points") and not result.numbers:
        return ChartFit(kind, False, "il faut une colonne de nombres")
    if kind == "histogram" and not result.numbers:
        return ChartFit(kind, False, "il faut une colonne de nombres à répartir")
    return _RULES[kind](result)


def _number(result: _Result) -> ChartFit:
    value = result.numbers[-1].name
    if result.rows == 1:
        return ChartFit("number", True, "le résultat tient en un chiffre", Encodings(value=value))
    time = next((t for t in result.times if result.is_unique(t)), None)
    if time is not None and not result.names:
        reason = f"la dernière valeur de « {time.label} », comparée à celle d'avant"
        return ChartFit("number", True, reason, Encodings(value=value, x=time.name))
    return ChartFit("number", False, "il faut une seule ligne, ou une seule par période")


def _bar(result: _Result) -> ChartFit:
    y = result.numbers[-1]
    for one in (*result.names, *result.places, *result.times):
        if one.distinct <= MAX_BARS and result.is_unique(one):
            reason = f"« {one.label} » a {one.distinct} valeurs à comparer"
            return ChartFit("bar", True, reason, Encodings(x=one.name, y=y.name))
    pair = _pair(result, MAX_BARS)
    if pair is not None:
        x, series = pair
        stacked = series.distinct > 3 and not y.negative
        look = Look(series="stacked" if stacked else "grouped")
        reason = f"« {x.label} » se compare pour chaque « {series.label} »"
        return ChartFit("bar", True, reason, Encodings(x=x.name, series=series.name, y=y.name), look)
    if not result.dimensions and not result.places:
        return ChartFit("bar", False, "il faut une colonne de noms à comparer")
    return ChartFit(
        "bar", False, f"il faut une ligne par nom, et {MAX_BARS} noms au plus : regroupez d'abord"
    )


def _line(result: _Result) -> ChartFit:
    if not result.times:
        return ChartFit("line", False, "il faut une colonne de dates, de mois ou d'années")
    y, time = result.numbers[-1].name, result.times[0]
    if time.distinct < 3:
        return ChartFit(
            "line", False, f"il faut trois dates au moins : « {time.label} » en a {time.distinct}"
        )
    if result.is_unique(time):
        reason = f"« {time.label} » ordonne {time.distinct} moments : une courbe montre ce qui change"
        return ChartFit("line", True, reason, Encodings(x=time.name, y=y))
    for name in result.names:
        if name.distinct <= MAX_SERIES and result.is_unique(time, name):
            reason = f"une courbe pour chaque « {name.label} », au fil de « {time.label} »"
            return ChartFit("line", True, reason, Encodings(x=time.name, y=y, series=name.name))
    reason = f"il faut une ligne par date, ou {MAX_SERIES} séries au plus : regroupez d'abord"
    return ChartFit("line", False, reason)


def _area(result: _Result) -> ChartFit:
    if not result.times:
        return ChartFit("area", False, "il faut une colonne de dates, de mois ou d'années")
    if result.numbers[-1].negative:
        return ChartFit("area", False, "des valeurs négatives ne s'empilent pas")
    time = result.times[0]
    for name in result.names:
        if 2 <= name.distinct <= MAX_SERIES and time.distinct >= 3 and result.is_unique(time, name):
            reason = f"le total au fil de « {time.label} », partagé par « {name.label} »"
            found = Encodings(x=time.name, y=result.numbers[-1].name, series=name.name)
            return ChartFit("area", True, reason, found, Look(series="stacked"))
    return ChartFit("area", False, f"il faut un nom par partie (de 2 à {MAX_SERIES}) et trois dates au moins")


def _scatter(result: _Result) -> ChartFit:
    if len(result.numbers) < 2:
        return ChartFit("scatter", False, "il faut deux colonnes de nombres")
    if result.rows < 5:
        return ChartFit("scatter", False, f"il faut cinq lignes au moins : il y en a {result.rows}")
    x, y = result.numbers[-2], result.numbers[-1]
    one = next((n for n in (*result.names, *result.places) if n.distinct > MAX_SERIES), None)
    series = next((n for n in result.names if 2 <= n.distinct <= MAX_SERIES and n is not one), None)
    found = Encodings(
        x=x.name, y=y.name, name=one.name if one else None, series=series.name if series else None
    )
    reason = f"« {x.label} » et « {y.label} » se lisent ensemble, un point par ligne"
    return ChartFit("scatter", True, reason, found)


def _histogram(result: _Result) -> ChartFit:
    if result.rows < MIN_HISTOGRAM_ROWS:
        return ChartFit(
            "histogram", False, f"il faut {MIN_HISTOGRAM_ROWS} lignes au moins : il y en a {result.rows}"
        )
    one = result.numbers[-1]
    reason = f"{result.rows} valeurs de « {one.label} » à répartir en classes"
    return ChartFit("histogram", True, reason, Encodings(x=one.name))


def _heat(result: _Result) -> ChartFit:
    pair = _pair(result, 60, max_series=40)
    if pair is None:
        return ChartFit(
            "heat", False, "il faut deux colonnes de noms ou de dates, et une ligne par croisement"
        )
    x, series = pair
    reason = f"« {x.label} » et « {series.label} » se croisent en {x.distinct} × {series.distinct} cases"
    found = Encodings(x=x.name, series=series.name, y=result.numbers[-1].name)
    return ChartFit("heat", True, reason, found)


def _range(result: _Result) -> ChartFit:
    low = _bound(result, _LOW)
    high = _bound(result, _HIGH)
    dimension = next((d for d in result.dimensions if result.is_unique(d)), None)
    if low is None or high is None or low is high:
        return ChartFit("range", False, "il faut deux colonnes de nombres : la borne basse et la borne haute")
    if dimension is None:
        return ChartFit("range", False, "il faut une ligne par nom ou par date")
    middle = next((n for n in reversed(result.numbers) if n not in (low, high)), None)
    reason = f"« {low.label} » et « {high.label} » bornent chaque valeur"
    found = Encodings(x=dimension.name, y=middle.name if middle else None, low=low.name, high=high.name)
    return ChartFit("range", True, reason, found)


def _table(result: _Result) -> ChartFit:
    return ChartFit("table", True, "les chiffres, un à un")


def _map(result: _Result) -> ChartFit:
    if not result.places:
        return ChartFit("map", False, "il faut une colonne de codes INSEE de communes")
    reason = f"« {result.places[0].label} » contient des codes de communes"
    return ChartFit(
        "map", True, reason, Encodings(place=result.places[0].name, value=result.numbers[-1].name)
    )


def _points(result: _Result) -> ChartFit:
    east, north = _named(result, _EAST), _named(result, _NORTH)
    name = next(iter(result.names), None)
    others = [one for one in result.numbers if one not in (east, north)]
    encodings = Encodings(name=name.name if name else None, value=others[-1].name if others else None)
    if result.spots:
        reason = f"« {result.spots[0].label} » dit où se trouve chaque ligne"
        return ChartFit("points", True, reason, encodings.model_copy(update={"place": result.spots[0].name}))
    if east is not None and north is not None:
        reason = f"« {east.label} » et « {north.label} » disent où se trouve chaque ligne"
        return ChartFit(
            "points", True, reason, encodings.model_copy(update={"x": east.name, "y": north.name})
        )
    return ChartFit("points", False, "il faut une colonne de points, ou une longitude et une latitude")


def _named(result: _Result, words: tuple[str, ...]) -> ColumnProfile | None:
    """First numeric column whose name begins with one of these words."""
    return next(
        (
            one
            for one in result.numbers
            if fold(one.name.replace("_", " ")).split()[:1] in ([word] for word in words)
        ),
        None,
    )


_RULES: dict[Kind, Callable[[_Result], ChartFit]] = {
    "number": _number,
    "bar": _bar,
    "line": _line,
    "area": _area,
    "scatter": _scatter,
    "histogram": _histogram,
    "heat": _heat,
    "range": _range,
    "table": _table,
    "map": _map,
    "points": _points,
}


def _pair(
    result: _Result, max_first: int, max_series: int = MAX_SERIES
) -> tuple[ColumnProfile, ColumnProfile] | None:
    """Two columns that cross on one row each: the first along the axis, the second as series."""
    every = result.dimensions
    for x in every:
        for series in every:
            fits = x is not series and series.role == "name" and x.distinct <= max_first
            if fits and 2 <= series.distinct <= max_series and result.is_unique(x, series):
                return x, series
    return None


def _bound(result: _Result, words: tuple[str, ...]) -> ColumnProfile | None:
    for one in result.numbers:
        found = fold(f"{one.name} {one.label}").replace("_", " ").split()
        if any(set(word.split()) <= set(found) for word in words):
            return one
    return None
