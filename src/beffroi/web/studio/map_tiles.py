"""Map figure on the vector tiles of the imported contours: places drawn, their classes, the frames.

In: a figure's values by place and its territory. Out: what the map island needs besides the tiles, which are the same
for every reader and contain no value. None when the tiles have none of these places.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from beffroi.lake.reference import place_queries, tiles
from beffroi.lake.reference.tiles import Layer, Placed
from beffroi.recipes.text_folding import fold_place as fold
from beffroi.web.platform.models import Territory

MAX_INLINE = 2_000  # places whose names come with the map; beyond, they are fetched on demand
OVERSEAS = ("97", "98")
_MAINLAND = "France métropolitaine"
NAMES = {"epci": "Limites des intercommunalités", "departements": "Limites des départements"}


@dataclass(frozen=True)
class TiledMap:
    """Map on vector tiles: the places drawn, with a value or none, and the words of the table that are no place."""

    layer: Layer
    drawn: list[Placed]
    valued: dict[str, float | None]
    unmatched: list[str]

    @property
    def sources(self) -> list[str]:
        return sorted({place.source for place in self.drawn})


def match_tiles(values: Mapping[str, float | None], territory: Territory) -> TiledMap | None:
    """The communes of the values, or of the whole territory when they are its own; else EPCI or départements."""
    home = settings.HOME.path
    communes = tiles.layer(home, "communes")
    if communes is None:
        return None
    requested = [place for place in values if place in communes.places]
    own = list(territory.members) or [territory.code]
    if not requested:
        for name in ("epci", "departements"):
            larger = tiles.layer(home, name)
            if larger is not None and (found := [place for place in values if place in larger.places]):
                return _tiled(larger, found, values)
    codes = own if set(requested) <= set(own) else requested
    tiled = _tiled(communes, codes, values)
    return tiled if tiled.drawn else None


def _tiled(layer: Layer, codes: Iterable[str], values: Mapping[str, float | None]) -> TiledMap:
    drawn = [layer.places[code] for code in sorted(codes) if code in layer.places]
    within = {place.code for place in drawn}
    valued: dict[str, float | None] = {}
    unmatched = []
    by_name: dict[str, str] | None = None
    for place, value in values.items():
        code = place if place in within else None
        if code is None:
            if by_name is None:
                by_name = {fold(one.name): one.code for one in drawn}
            code = by_name.get(fold(place))
        if code is None:
            unmatched.append(place)
        else:
            valued[code] = value
    return TiledMap(layer, drawn, valued, unmatched)


def describe_tiles(tiled: TiledMap) -> dict[str, Any]:
    """Data of the map island: where tiles are, which places are painted, the frames."""
    layer = tiled.layer
    description: dict[str, Any] = {
        "tiles": _source(layer.version, layer.name),
        "codes": " ".join(place.code for place in tiled.drawn),
        "whole": len(tiled.drawn) == len(layer.places),
        "frames": _frames(tiled.drawn),
        "layers": [
            {"name": words, **_source(layer.version, name)}
            for name, words in NAMES.items()
            if name != layer.name and tiles.layer(settings.HOME.path, name).places  # type: ignore[union-attr]
        ],
    }
    if len(tiled.drawn) <= MAX_INLINE:
        description["places"] = [[one.code, one.name, *one.point] for one in tiled.drawn]
    else:
        description["places_at"] = reverse("map-names", args=[layer.version, layer.name])
    return description


def borders_source() -> str:
    """Where those lines come from, for under the map; empty when there is none."""
    layer = tiles.layer(settings.HOME.path, "communes")
    sources = sorted({place.source for place in layer.places.values()}) if layer is not None else []
    return f"Fond de carte, contours : {' ; '.join(sources)}." if sources else ""


def borders() -> list[dict[str, Any]]:
    """Lines under a map of points, for a reader to know where it is; none where no contours were imported."""
    offered = []
    for name, words in (("communes", "Limites des communes"), *NAMES.items()):
        layer = tiles.layer(settings.HOME.path, name)
        if layer is not None and layer.places:
            offered.append({"name": words, **_source(layer.version, name), "shown": name != "epci"})
    return offered


def _source(version: str, layer: str) -> dict[str, Any]:
    address = reverse("map-tile", args=[version, layer, 0, 0, 0]).removesuffix("0/0/0.mvt")
    return {
        "layer": layer,
        "address": address + "{z}/{x}/{y}.mvt",
        "first": tiles.FIRST_ZOOM,
        "last": tiles.LAST_ZOOM,
    }


def _frames(drawn: Iterable[Placed]) -> list[list[Any]]:
    """Where to look: mainland France first, then each land overseas, which no single frame could show with it."""
    groups: dict[str, list[tiles.Box]] = defaultdict(list)
    for place in drawn:
        groups[place.code[:3] if place.code[:2] in OVERSEAS else ""].append(place.box)
    named = {row[0]: row[1] for row in place_queries.by_codes([code for code in groups if code])}
    return [
        [named.get(code, code) if code else _MAINLAND, tiles.box_of(boxes)]
        for code, boxes in sorted(groups.items())
    ]
