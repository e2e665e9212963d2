"""Site geometries for the map: a point from longitude and latitude, or the shape of the table.

In comes the optional table `sites`; out goes the text of one GeoJSON geometry a site (WGS 84). A place out of the world,
or an invalid geometry, is rejected with a note.
"""

import json

from beffroi.systems.canteen.history import History, site_key
from beffroi.systems.canteen.site_names import sites_by_key, unmatched_notes
from beffroi.systems.canteen.values import parse_number, parse_text
from beffroi.systems.contract import Tables

_KINDS = {
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
}


def read_places(history: History, tables: Tables) -> tuple[dict[int, str], list[str]]:
    """Geometry by index of the site, and French notes."""
    table = tables.get("sites")
    if table is None or not table.num_rows:
        return {}, []
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    if "geometry" not in columns and not {"longitude", "latitude"} <= set(columns):
        return {}, [
            "Coordonnées des sites : ni longitude et latitude, ni forme. La carte n’est pas dessinée."
        ]
    blank = [None] * table.num_rows
    known = sites_by_key(history)
    shapes: dict[int, str] = {}
    lost = 0
    for site, shape, longitude, latitude in zip(
        columns["site"],
        columns.get("geometry", blank),
        columns.get("longitude", blank),
        columns.get("latitude", blank),
        strict=True,
    ):
        text = _shape(parse_text(shape)) or _point(parse_number(longitude), parse_number(latitude))
        lost += not text
        for index in known.get(site_key(parse_text(site)), ()) if text else ():
            shapes.setdefault(index, text)
    notes = unmatched_notes(history, [parse_text(site) for site in columns["site"]], "Coordonnées des sites")
    if lost:
        notes.append(f"Coordonnées des sites : {lost} ligne(s) sans place sur la carte n’ont pas servi.")
    return shapes, notes


def _shape(text: str) -> str:
    try:
        geometry = json.loads(text) if text else {}
    except ValueError:
        return ""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    return text if kind in _KINDS and (geometry.get("coordinates") or geometry.get("geometries")) else ""


def _point(longitude: float | None, latitude: float | None) -> str:
    if longitude is None or latitude is None or not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return ""
    return json.dumps({"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]})
