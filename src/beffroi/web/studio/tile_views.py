"""Vector tiles and place names of the contours: reference data, immutable under a versioned address.

Public and without a session: they contain codes and names of places, no figure.
"""

import gzip

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from beffroi.lake.reference import tiles
from beffroi.web.platform.guards import public

CACHE_CONTROL = "public, max-age=31536000, immutable"
MAX_DIGITS = 5  # of the columns and rows of the last zoom


@require_safe
@public
def tile(request: HttpRequest, version: str, layer: str, z: str, x: str, y: str) -> HttpResponse:
    """One tile; empty where nothing is drawn, 404 outside the pyramid or of another version."""
    if max(map(len, (z, x, y))) > MAX_DIGITS:
        raise Http404
    content = tiles.tile(settings.HOME.path, version, layer, int(z), int(x), int(y))
    return _cached(request, content, "application/vnd.mapbox-vector-tile", f"{version}-{layer}-{z}-{x}-{y}")


@require_safe
@public
def names(request: HttpRequest, version: str, layer: str) -> HttpResponse:
    """The code, name and place of everything on a layer, for the list of a large map."""
    content = tiles.names(settings.HOME.path, version, layer)
    return _cached(request, content, "application/json", f"{version}-{layer}")


def _cached(request: HttpRequest, content: bytes | None, media: str, tag: str) -> HttpResponse:
    """Response with this content, gzipped as stored when the reader accepts it."""
    if content is None:
        raise Http404
    etag = f'"{tag}"'
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponse(status=304)
    elif content and "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(content, content_type=media)
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(gzip.decompress(content) if content else b"", content_type=media)
    response["Cache-Control"] = CACHE_CONTROL
    response["ETag"] = etag
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
