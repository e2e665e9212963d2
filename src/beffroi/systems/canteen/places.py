"""Site geometries for the map: a point from longitude and latitude, or the shape of the table.

In comes the optional table `sites`; out goes the text of one GeoJSON geometry a site (WGS 84). A place out of the world,
or an invalid geometry, is rejected with a note.
"""

import json

from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.rows import site_key
from beffroi.systems.canteen.site_names import sites_by_key, unmatched_notes
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells

_KINDS = {"Point", "LineString", "Polygon", "GeometryCollection"}


def read_places(history: History, tables: Tables) -> tuple[dict[int, str], list[str]]:
    """Geometry by index of the site, and French notes."""
    table = tables.get("sites")
    if table is None or not table.num_rows:
        return {}, []
    if "geometry" not in table.column_names and not {"longitude", "latitude"} <= set(table.column_names):
        return {}, [
            "Coordonnées des lieux : ni longitude et latitude, ni forme. La carte n’est pas dessinée."
        ]
    known = sites_by_key(history)
    shapes: dict[int, str] = {}
    rejected = cells.Rejected.of(__package__, "sites")
    for row in cells.rows(tables, "sites"):
        text = _shape(cells.text(row.get("geometry"))) or _point(
            cells.number(row.get("longitude")), cells.number(row.get("latitude"))
        )
        if not text:
            rejected.add("sans place sur la carte", row["site"])
            continue
        for index in known.get(site_key(row["site"]), ()):
            shapes.setdefault(index, text)
    return shapes, [*unmatched_notes(history, tables, "sites", "Coordonnées des lieux"), *rejected.notes()]


def _shape(text: str) -> str:
    try:
        geometry = json.loads(text) if text else {}
    except ValueError:
        return ""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    known = isinstance(kind, str) and kind.removeprefix("Multi") in _KINDS
    return text if known and (geometry.get("coordinates") or geometry.get("geometries")) else ""


def _point(longitude: float | None, latitude: float | None) -> str:
    if longitude is None or latitude is None or not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return ""
    return json.dumps({"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]})
