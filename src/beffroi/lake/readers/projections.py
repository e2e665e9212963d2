"""French map projections: detected from the file, from column names or from the range of values.

In: an EPSG code, the text of a .prj, or columns X and Y of a table. Out: the SQL that converts them to longitude and latitude
(WGS 84), and the guess to report. X and Y themselves are unchanged.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import duckdb

from beffroi.lake.engine import load
from beffroi.lake.quoting import quote_literal
from beffroi.lake.readers.proposals import Typed
from beffroi.lake.tables import Column, Guess

WGS84 = 4326


@dataclass(frozen=True)
class Projection:
    """`x` and `y` bound the territory that it serves, in its own unit; `words`: pattern of its names in column names."""

    code: int
    label: str
    x: tuple[float, float]
    y: tuple[float, float]
    words: str

    def contains(self, points: Sequence[tuple[float, float]]) -> bool:
        inside = sum(self.x[0] <= x <= self.x[1] and self.y[0] <= y <= self.y[1] for x, y in points)
        return bool(points) and inside >= 0.95 * len(points)


def _zone(number: int) -> Projection:
    northing = (number - 41) * 1_000_000 + 200_000
    words = rf"cc_?{number}|{3900 + number}"
    return Projection(
        3900 + number, f"Conique conforme zone {number} (CC{number})", (1_050_000, 2_400_000),
        (northing - 170_000, northing + 170_000), words,
    )  # fmt: skip


# The bounds of the old Lambert systems are those of the mainland; their shift of three metres is reported.
PROJECTIONS = (
    Projection(WGS84, "WGS 84 (longitude et latitude)", (-180, 180), (-90, 90), r"wgs_?84|4326|longitude|lon"),
    Projection(2154, "Lambert 93", (75_000, 1_275_000), (6_000_000, 7_200_000), r"l_?93|lamb(ert)?_?93|rgf_?93|2154|x93"),
    *(_zone(number) for number in range(42, 51)),
    Projection(27572, "Lambert II étendu (NTF)", (0, 1_220_000), (1_600_000, 2_700_000), r"l_?2_?e|lamb(ert)?_?(2|ii)|27572|l_?ii"),
    Projection(27573, "Lambert III carto (NTF)", (0, 1_220_000), (2_950_000, 3_450_000), r"lamb(ert)?_?(3|iii)_?c|27573"),
    Projection(27561, "Lambert I nord (NTF)", (0, 1_220_000), (0, 450_000), r"lamb(ert)?_?(1|i)(_|$)|27561"),
    Projection(27562, "Lambert II centre (NTF)", (0, 1_220_000), (0, 450_000), r"27562"),
    Projection(27563, "Lambert III sud (NTF)", (0, 1_220_000), (0, 450_000), r"lamb(ert)?_?(3|iii)(_|$)|27563"),
    Projection(27564, "Lambert IV Corse (NTF)", (400_000, 700_000), (0, 450_000), r"lamb(ert)?_?(4|iv)|27564"),
    Projection(2975, "RGR92 / UTM 40 sud (La Réunion)", (300_000, 390_000), (7_620_000, 7_710_000), r"rgr_?92|utm_?40|2975"),
    Projection(4471, "RGM04 / UTM 38 sud (Mayotte)", (490_000, 545_000), (8_550_000, 8_620_000), r"rgm_?04|utm_?38|4471"),
    Projection(5490, "RGAF09 / UTM 20 nord (Antilles)", (470_000, 760_000), (1_580_000, 2_020_000), r"rgaf_?09|utm_?20|5490|4559|32620"),
    Projection(2972, "RGFG95 / UTM 22 nord (Guyane)", (90_000, 560_000), (220_000, 660_000), r"rgfg_?95|utm_?22|2972"),
    Projection(4467, "RGSPM06 / UTM 21 nord (Saint-Pierre-et-Miquelon)", (520_000, 580_000), (5_160_000, 5_230_000), r"rgspm|utm_?21|4467"),
    Projection(3857, "Mercator du Web", (-620_000, 1_120_000), (5_000_000, 6_680_000), r"mercator|3857"),
)  # fmt: skip
BY_CODE = {projection.code: projection for projection in PROJECTIONS}
# Several codes name longitudes and latitudes that differ from WGS 84 by centimetres.
DEGREES = {4326, 4171, 4258, 4979, 9777, 9778}

_FAR = "Projetées en NTF : à quelques mètres près."


def projection_label(code: int) -> str:
    """« Lambert 93 (EPSG:2154) »."""
    known = BY_CODE.get(code)
    return f"{known.label} (EPSG:{code})" if known else f"EPSG:{code}"


def geojson_sql(geometry: str, system: str | int) -> str:
    """SQL: GeoJSON text of a geometry, converted to longitude and latitude."""
    named = quote_literal(f"EPSG:{system}") if isinstance(system, int) else quote_literal(system)
    if system not in DEGREES:
        geometry = f"ST_Transform({geometry}, {named}, 'EPSG:4326', true)"
    return f"CAST(ST_AsGeoJSON({geometry}) AS VARCHAR)"


def is_known_system(connection: duckdb.DuckDBPyConnection, system: str | int) -> bool:
    """Whether the engine knows this system."""
    try:
        connection.execute(f"SELECT {geojson_sql('ST_Point(0, 0)', system)}")
    except duckdb.Error:
        return False
    return True


_LONGEST_NAME = 300  # signs of the name of a system, or of a couple of coordinates


def code_of(text: str) -> int | None:
    """EPSG code in a name of system: « urn:ogc:def:crs:EPSG::2154 », « EPSG:3944 », « CRS84 »."""
    text = text[:_LONGEST_NAME]
    if re.search(r"CRS:?:?84", text, re.IGNORECASE):
        return WGS84
    found = re.search(r"EPSG\D*(?:[\d.]+[:/])?[:/]?(\d{4,6})", text, re.IGNORECASE)
    return int(found[1]) if found else None


def coordinates_guess(code: int | None, why: str, *, certain: bool, named: str = "") -> Guess:
    """Guess on a geometry converted to longitude and latitude, or left unchanged."""
    if code is None and not named:
        return Guess("Coordonnées", "projection inconnue", f"{why} Elles sont gardées telles quelles.", False)
    name = projection_label(code) if code else named
    if code in DEGREES:
        return Guess("Coordonnées", name, why, certain)
    far = f" {_FAR}" if code and 27560 < code < 27580 else ""
    return Guess("Coordonnées", f"{name}, ramenées en longitude et latitude", f"{why}{far}", certain)


# --- columns X and Y


@dataclass(frozen=True)
class CoordinateColumns:
    """Coordinate columns `x` and `y` (positions, equal for a « 43.6,3.87 » pair) in `projection`."""

    x: int
    y: int
    projection: Projection
    certain: bool
    why: str
    latitude_first: bool = False
    """Of a pair."""

    @property
    def makes_points(self) -> bool:
        """Whether its cells hold both coordinates, in an order that is certain."""
        return self.x == self.y and self.certain


_PAIRS = (
    ("longitude", "latitude"),
    ("long", "lat"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("easting", "northing"),
    ("x", "y"),
)
# « 47.21, -1.54 », « [5.71,45.19] », « POINT (-1.54 47.21) », of which the longitude comes first. RE2 and Python read it alike.
_COUPLE_PATTERN = (
    r"\s*(?:(?i:POINT)\s*)?[(\[]?\s*([+-]?\d{1,3}\.\d+)\s*[,; ]\s*([+-]?\d{1,3}\.\d+)\s*[)\]]?\s*"
)
_COUPLE = re.compile(_COUPLE_PATTERN)


def find_coordinates(names: Sequence[str], samples: Sequence[Sequence[str]]) -> CoordinateColumns | None:
    """Coordinate columns of a table, longitudes and latitudes first."""
    found = list(chain(_two_columns(names, samples), _couples(names, samples)))
    return min(found, key=lambda place: (place.projection.code != WGS84, not place.certain), default=None)


def _two_columns(names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[CoordinateColumns]:
    found = []
    for place, name in enumerate(names):
        for first, second in _PAIRS:
            for at in re.finditer(
                rf"(?:(?<=_)|^|(?<=coord)){first}(?=$|[_\d]|l(?:amb|\d)|wgs|cc|coord)", name
            ):
                other = name[: at.start()] + second + name[at.end() :]
                if other not in names or other == name:
                    continue
                y = names.index(other)
                points = _points(samples[place], samples[y])
                verdict = detect_projection(points, name, _overseas(names, samples))
                if verdict:
                    projection, certain, why = verdict
                    found.append(CoordinateColumns(place, y, projection, certain, why))
    return found


def _points(xs: Sequence[str], ys: Sequence[str]) -> list[tuple[float, float]]:
    """Points of two samples, whose missing values were dropped separately: only the ranges count, not the pairs."""
    points = []
    for x, y in zip(xs, ys, strict=False):
        try:
            points.append((_float(x), _float(y)))
        except ValueError:
            continue
    return points if len(points) >= 0.9 * min(len(xs), len(ys)) else []


def _float(text: str) -> float:
    return float(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", "."))


def _couples(names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[CoordinateColumns]:
    """Pairs in one cell; their order is given by the bounds of mainland France, then by the column name."""
    found = []
    for place, values in enumerate(samples):
        pairs = [
            (float(pair[1]), float(pair[2]))
            for value in values
            if len(value) <= _LONGEST_NAME and (pair := _COUPLE.fullmatch(value))
        ]
        if not values or len(pairs) < 0.95 * len(values):
            continue
        straight = sum(41 <= first <= 51.5 and -5.5 <= second <= 10 for first, second in pairs)
        turned = sum(41 <= second <= 51.5 and -5.5 <= first <= 10 for first, second in pairs)
        sure = max(straight, turned) >= 0.9 * len(pairs)
        latitude_first = straight > turned if sure else not re.search(r"xy|lon_?g?_?lat", names[place])
        if all(re.match(r"\s*point", value, re.IGNORECASE) for value in values):
            sure, latitude_first = True, False
        if not all(abs(first if latitude_first else second) <= 90 for first, second in pairs):
            continue
        order = "latitude puis longitude" if latitude_first else "longitude puis latitude"
        why = f"La colonne « {names[place]} » tient des couples, {order}."
        found.append(CoordinateColumns(place, place, BY_CODE[WGS84], sure, why, latitude_first))
    return found


def _overseas(names: Sequence[str], samples: Sequence[Sequence[str]]) -> bool:
    """Whether the codes of communes or the postcodes begin with 97."""
    for name, values in zip(names, samples, strict=True):
        if re.search(r"insee|postal|^cp$|depart|^dep", name) and values:
            return sum(value.startswith("97") for value in values) > 0.5 * len(values)
    return False


def detect_projection(
    points: Sequence[tuple[float, float]], name: str, overseas: bool
) -> tuple[Projection, bool, str] | None:
    """Projection of these points, whether it is certain, and why; None when nothing fits."""
    points = [point for point in points if point != (0.0, 0.0)]
    if not points:
        return None
    called = [p for p in PROJECTIONS if re.search(p.words, name) and p.contains(points)]
    if called:
        return called[0], True, "D'après le nom des colonnes et l'étendue des valeurs."
    fitting = [p for p in PROJECTIONS if p.contains(points) and p.code not in (27561, 27562, 27563, 27564)]
    overseas_codes = (2975, 4471, 5490, 2972, 4467)
    fitting = [p for p in fitting if p.code not in (5490, 2972) or overseas]
    if overseas and any(p.code in overseas_codes for p in fitting):
        fitting = [p for p in fitting if p.code in overseas_codes]
    # East of Nice and north of Corsica there is only the sea: such an X is that of a zone, far to its west.
    if any(x > 1_110_000 and y > 6_260_000 for x, y in points):
        fitting = [p for p in fitting if p.code != 2154]
    if not fitting:
        return None
    why = "D'après l'étendue des valeurs."
    if fitting[0].code == WGS84:
        france = sum(-5.5 <= x <= 10 and 41 <= y <= 51.5 for x, y in points) >= 0.9 * len(points)
        if not france and not overseas:
            # Small whole numbers under X and Y may be anything: rows and columns of a plan.
            return None
        return fitting[0], france, why
    return fitting[0], len(fitting) == 1 or fitting[0].code == 2154, why


def derive_geometry(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[Column],
    typed: Sequence[Typed],
    samples: Sequence[Sequence[str]],
) -> tuple[tuple[Column, Typed] | None, list[Guess]]:
    """Geometry derived from projected X and Y, or from pairs in one cell, when the table has none; and the guesses."""
    names = [column.name for column in columns]
    place = find_coordinates(names, samples)
    if place is None:
        return None, []
    x, y = columns[place.x].label, columns[place.y].label
    where = f"« {x} »" if place.x == place.y else f"« {x} » et « {y} »"
    numeric = {"number", "decimal", "integer"}
    if place.makes_points and not any(column.type == "geometry" for column in columns):
        return _geometry_of_pairs(connection, place, names, typed, where)
    if (
        place.projection.code in DEGREES
        or any(column.type == "geometry" for column in columns)
        or {columns[place.x].type, columns[place.y].type} - numeric
    ):
        return None, [
            Guess(f"Coordonnées {where}", projection_label(place.projection.code), place.why, place.certain)
        ]
    load(connection, "spatial")
    east, north = (f"CAST({typed[at].sql} AS DOUBLE)" for at in (place.x, place.y))
    bounds = place.projection
    inside = (
        f"{east} BETWEEN {bounds.x[0]} AND {bounds.x[1]} AND {north} BETWEEN {bounds.y[0]} AND {bounds.y[1]}"
    )
    sql = f"CASE WHEN {inside} THEN {geojson_sql(f'ST_Point({east}, {north})', bounds.code)} END"
    name = _free_name(names)
    far = f" {_FAR}" if 27560 < bounds.code < 27580 else ""
    guess = Guess(
        f"Coordonnées {where}",
        f"{projection_label(bounds.code)}, ramenées en longitude et latitude dans la colonne « {name} »",
        f"{place.why}{far} Les colonnes d'origine gardent leurs valeurs.",
        place.certain,
    )
    return (Column(name, "Géométrie (WGS 84)", "geometry"), Typed("geometry", sql)), [guess]


def _geometry_of_pairs(
    connection: duckdb.DuckDBPyConnection,
    place: CoordinateColumns,
    names: Sequence[str],
    typed: Sequence[Typed],
    where: str,
) -> tuple[tuple[Column, Typed] | None, list[Guess]]:
    """Points of a column whose cells hold both coordinates."""
    load(connection, "spatial")
    cell, pattern = f"CAST({typed[place.x].sql} AS VARCHAR)", quote_literal(f"^{_COUPLE_PATTERN}$")
    first, second = (f"TRY_CAST(regexp_extract({cell}, {pattern}, {n}) AS DOUBLE)" for n in (1, 2))
    east, north = (second, first) if place.latitude_first else (first, second)
    inside = f"{east} BETWEEN -180 AND 180 AND {north} BETWEEN -90 AND 90"
    sql = f"CASE WHEN {inside} THEN {geojson_sql(f'ST_Point({east}, {north})', WGS84)} END"
    name = _free_name(names)
    guess = Guess(
        f"Coordonnées {where}",
        f"{projection_label(WGS84)}, en points dans la colonne « {name} »",
        f"{place.why} La colonne d'origine garde ses valeurs.",
        place.certain,
    )
    return (Column(name, "Géométrie (WGS 84)", "geometry"), Typed("geometry", sql)), [guess]


def _free_name(names: Sequence[str]) -> str:
    return next(name for name in ("geometry", "geometry_wgs84", "geometry_beffroi") if name not in names)
