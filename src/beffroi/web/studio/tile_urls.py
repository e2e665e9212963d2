"""Addresses of the map tiles, under `/cartes/`: without territory and without session."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import tile_views


class Digits(StringConverter):
    """A whole number as written: one address for one tile."""

    regex = "0|[1-9][0-9]*"


register_converter(Digits, "digits")

urlpatterns = [
    path(
        "<slug:version>/<slug:layer>/<digits:z>/<digits:x>/<digits:y>.mvt",
        tile_views.tile,
        name="map-tile",
    ),
    path("<slug:version>/<slug:layer>/lieux.json", tile_views.names, name="map-names"),
]
