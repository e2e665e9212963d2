"""First rows of an open dataset as a citizen reads them: shapes on a map, French figures, never raw GeoJSON.

In: a page of rows. Out: the cells as text, and what the map island draws of the shapes.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from beffroi.web.catalogue.row_queries import Rows
from beffroi.web.studio.map_tiles import borders
from beffroi.web.ui import formats
from beffroi.web.workshop.presentation.maps import parse_shape

_WORDS: Final = {"Point": "position", "LineString": "tracé", "MultiLineString": "tracé"}
_OUTLINE: Final = "contour"
_DECIMALS: Final = 6


@dataclass(frozen=True)
class Cell:
    """Text of a cell; `is_figure` when it stands on the right."""

    text: str
    is_figure: bool


@dataclass(frozen=True)
class Preview:
    """Rows to show and, where they have shapes, the map of them."""

    headings: list[str]
    rows: list[list[Cell]]
    map: dict[str, Any] | None


def preview_of(rows: Rows) -> Preview:
    shapes = [n for n, column in enumerate(rows.columns) if column["type"] == "geometry"]
    cells = [
        [Cell(_shape_word(value), False) if n in shapes else _cell(value) for n, value in enumerate(row)]
        for row in rows.rows
    ]
    headings = [_heading(column) for column in rows.columns]
    return Preview(headings, cells, _map(rows, shapes[0]) if shapes else None)


def _heading(column: dict[str, Any]) -> str:
    """« Site type » for « site_type »; the file to download keeps its own names."""
    words = str(column["label"]).replace("_", " ").strip()
    return "Lieu" if column["type"] == "geometry" else words[:1].upper() + words[1:]


def _cell(value: Any) -> Cell:
    """A value in French; codes, years and texts stay what they are."""
    if value is None:
        return Cell("", False)
    if isinstance(value, bool):
        return Cell("oui" if value else "non", False)
    if isinstance(value, date):
        return Cell(f"{value:%d/%m/%Y %H:%M}" if isinstance(value, datetime) else f"{value:%d/%m/%Y}", False)
    if isinstance(value, Decimal | float):
        exact = Decimal(str(value)).normalize()
        decimals = -int(exact.as_tuple().exponent) if exact.is_finite() else 0
        return Cell(formats.number(value, min(max(decimals, 0), _DECIMALS)), True)
    return Cell(str(value), isinstance(value, int))


def _shape_word(value: Any) -> str:
    kind = _kind(value)
    return _WORDS.get(kind, _OUTLINE) if kind else ""


def _kind(value: Any) -> str:
    shape = parse_shape(value)
    return str(shape["type"]) if shape else ""


def _map(rows: Rows, place: int) -> dict[str, Any] | None:
    """A FeatureCollection of the shapes of most rows, named by their first text."""
    name = next((n for n, column in enumerate(rows.columns) if column["type"] == "text"), None)
    found = [(row, shape) for row in rows.rows if (shape := parse_shape(row[place]))]
    if not found:
        return None
    kind = _most(shape["type"] for _, shape in found)
    features = [
        {
            "type": "Feature",
            "geometry": shape,
            "properties": {
                "code": str(rank),
                "name": str(row[name]) if name is not None and row[name] else f"Ligne {rank}",
                "words": "",
                "class": None,
            },
        }
        for rank, (row, shape) in enumerate(found, 1)
        if _family(shape["type"]) == kind
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "legend": [],
        "cut": "",
        "layers": borders(),
        "beffroi": {"value": "words", "label": "name", "unit": "", "title": "Premières lignes"},
        **({"points": True, "sizes": []} if kind == "Point" else {}),
    }


def _family(kind: str) -> str:
    return kind.removeprefix("Multi")


def _most(kinds: Iterable[str]) -> str:
    return Counter(map(_family, kinds)).most_common(1)[0][0]
