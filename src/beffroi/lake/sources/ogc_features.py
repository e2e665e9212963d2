"""OGC API Features (part 1: core): collections and their items, in longitude and latitude, page by page.

In: the URL of the landing page. Out: one GeoJSON file.
"""

from pathlib import Path
from typing import Any

from beffroi.lake.sources import documents
from beffroi.lake.sources.errors import NotThere, SourceError
from beffroi.lake.sources.feature_pages import FeaturePages, fetch_features
from beffroi.lake.sources.http import Client
from beffroi.lake.sources.names import file_name
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.offers import Fetched, Offer, ProgressCallback
from beffroi.lake.sources.page_writer import PageWriter
from beffroi.lake.sources.specs import OgcFeatures, Secret

_GEOJSON = {"Accept": "application/geo+json, application/json;q=0.9"}
# Longitude then latitude, the default projection of a service.
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_HEIGHT = "http://www.opengis.net/def/crs/OGC/0/CRS84h"


def check(spec: OgcFeatures, secret: Secret, egress: Egress) -> str:
    found = list_offers(spec, secret, egress)
    return f"Le service répond : {len(found)} couche{'s' if len(found) > 1 else ''}."


def list_offers(spec: OgcFeatures, secret: Secret, egress: Egress) -> list[Offer]:
    client = _client(spec, secret, egress)
    return [
        Offer(
            str(collection.get("title") or collection["id"]), "layer", {"collection": str(collection["id"])}
        )
        for collection in _collections(spec, client)
    ]


def fetch(
    spec: OgcFeatures,
    secret: Secret,
    egress: Egress,
    into: Path,
    since: str | None,
    on_progress: ProgressCallback,
) -> Fetched:
    client = _client(spec, secret, egress)
    url = documents.with_parameters(_items(spec, client), {"limit": spec.size, "f": "json"})
    return fetch_features(
        into / f"{file_name(spec.collection)}.geojson",
        lambda writer: _pages(client, url, writer),
        on_progress,
        advice="Recommencez, ou demandez des pages plus longues.",
    )


def _pages(client: Client, url: str | None, writer: PageWriter) -> FeaturePages:
    while url:
        writer.register_url(url)
        with client.request(url, headers=_GEOJSON) as answer:
            page = answer.json()
            _longitude_first(answer.headers.get("Content-Crs"))
        yield documents.rows_of(page, "features"), documents.total_of(page, "numberMatched")
        url = _next(page, url)


def _client(spec: OgcFeatures, secret: Secret, egress: Egress) -> Client:
    return Client(egress, secret, spec.url, header=spec.header)


def _collections(spec: OgcFeatures, client: Client) -> list[dict[str, Any]]:
    landing = client.json(documents.with_parameters(spec.url, {"f": "json"}))
    url = _link(landing, ("data", "http://www.opengis.net/def/rel/ogc/1.0/data"), spec.url)
    if url is None:
        url = f"{spec.url.partition('?')[0].rstrip('/')}/collections"
    found = documents.value_at(client.json(documents.with_parameters(url, {"f": "json"})), "collections")
    if not isinstance(found, list):
        raise SourceError(
            "Cette adresse n'est pas celle d'un service OGC API Features : elle ne donne aucune liste de couches."
        )
    return [collection for collection in found if isinstance(collection, dict) and collection.get("id")]


def _items(spec: OgcFeatures, client: Client) -> str:
    for collection in _collections(spec, client):
        if str(collection["id"]) == spec.collection:
            linked = _link(collection, ("items",), spec.url)
            base = spec.url.partition("?")[0].rstrip("/")
            return linked or f"{base}/collections/{spec.collection}/items"
    raise NotThere(
        f"La couche « {spec.collection} » n'est pas ou plus dans ce service. Ce que vous avez déjà est gardé. Choisissez-en une."
    )


def _link(document: Any, relations: tuple[str, ...], here: str) -> str | None:
    """URL of a relation, the JSON one when several types are listed."""
    links = documents.value_at(document, "links")
    found = [
        link
        for link in (links if isinstance(links, list) else [])
        if isinstance(link, dict) and link.get("rel") in relations and isinstance(link.get("href"), str)
    ]
    found.sort(key=lambda link: "json" not in str(link.get("type", "")))
    return documents.next_of({"next": found[0]["href"]}, "next", None, here) if found else None


def _next(page: Any, here: str) -> str | None:
    return _link(page, ("next",), here)


def _longitude_first(header: str | None) -> None:
    crs = (header or "").strip().strip("<>")
    if crs and crs not in (CRS84, _HEIGHT):
        raise SourceError(
            "Ce service ne donne pas ses coordonnées en longitude et latitude. Rien n'en a été repris. Prévenez son éditeur."
        )
