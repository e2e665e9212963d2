"""WFS 2.0: feature types and their features, in GeoJSON when the service supports it, otherwise in GML.

In: the URL of the service. Out: one GeoJSON file, in longitude and latitude.
"""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from beffroi.lake.engine import connect
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.sources import documents, markup
from beffroi.lake.sources.errors import NotThere, SourceError
from beffroi.lake.sources.feature_pages import FeaturePages, fetch_features
from beffroi.lake.sources.http import Client
from beffroi.lake.sources.names import file_name
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.offers import Fetched, Offer, ProgressCallback
from beffroi.lake.sources.page_writer import PageWriter
from beffroi.lake.sources.specs import Secret, Wfs

_WGS84 = re.compile(r"(EPSG:{1,2}4326|CRS:?84|EPSG/0/4326)$", re.IGNORECASE)
_JSON = ("application/json", "application/geo+json", "application/json; subtype=geojson", "geojson", "json")


def check(spec: Wfs, secret: Secret, egress: Egress) -> str:
    found = list_offers(spec, secret, egress)
    return f"Le service répond : {len(found)} couche{'s' if len(found) > 1 else ''}."


def list_offers(spec: Wfs, secret: Secret, egress: Egress) -> list[Offer]:
    capabilities = _capabilities(spec, _client(spec, secret, egress))
    return [
        Offer(_text(kind, "Title") or _text(kind, "Name"), "layer", {"layer": _text(kind, "Name")})
        for kind in _types(capabilities)
    ]


def fetch(
    spec: Wfs, secret: Secret, egress: Egress, into: Path, since: str | None, on_progress: ProgressCallback
) -> Fetched:
    client = _client(spec, secret, egress)
    capabilities = _capabilities(spec, client)
    if spec.layer not in {_text(kind, "Name") for kind in _types(capabilities)}:
        raise NotThere(
            f"La couche « {spec.layer} » n'est pas ou plus dans ce service. Ce que vous avez déjà est gardé. Choisissez-en une."
        )
    output = _output(capabilities)
    return fetch_features(
        into / f"{file_name(spec.layer.replace(':', '_'))}.geojson",
        lambda writer: (
            _as_json(spec, client, writer, output) if output else _as_gml(spec, client, writer, into)
        ),
        on_progress,
        advice="Demandez des pages plus longues.",
    )


def _client(spec: Wfs, secret: Secret, egress: Egress) -> Client:
    return Client(egress, secret, spec.url, header=spec.header)


def _capabilities(spec: Wfs, client: Client) -> Element:
    url = documents.with_parameters(
        spec.url,
        {"service": "WFS", "request": "GetCapabilities", "acceptVersions": "2.0.0", "version": "2.0.0"},
    )
    with client.request(url) as answer:
        root = markup.parse_xml(answer.body())
    if root.tag != "WFS_Capabilities" or not str(root.get("version", "")).startswith("2."):
        raise SourceError(
            "Cette adresse n'est pas celle d'un service WFS 2.0. Vérifiez-la avec l'éditeur du service."
        )
    return root


def _types(capabilities: Element) -> list[Element]:
    return [kind for kind in capabilities.iter("FeatureType") if _text(kind, "Name")]


def _text(element: Element, name: str) -> str:
    found = element.find(name)
    return (found.text or "").strip() if found is not None else ""


def _output(capabilities: Element) -> str:
    """Name of GeoJSON among the service's output formats, empty when it only supports GML."""
    for operation in capabilities.iter("Operation"):
        if operation.get("name") == "GetFeature":
            for parameter in operation.iter("Parameter"):
                if parameter.get("name") == "outputFormat":
                    formats = [(value.text or "").strip() for value in parameter.iter("Value")]
                    return next(
                        (value for wanted in _JSON for value in formats if value.lower() == wanted), ""
                    )
    return ""


def _page(spec: Wfs, start: int, **more: str) -> str:
    parameters = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": spec.layer,
        "count": spec.size,
        "startIndex": start,
        **more,
    }
    return documents.with_parameters(spec.url, parameters)


def _as_json(spec: Wfs, client: Client, writer: PageWriter, output: str) -> FeaturePages:
    url: str | None = _page(spec, 0, outputFormat=output, srsName="EPSG:4326")
    got = 0
    while url:
        writer.register_url(url)
        with client.request(url) as answer:
            body = answer.body()
        page = _json_of(body)
        named = documents.value_at(page, "crs.properties.name")
        if named and not _WGS84.search(str(named)):
            raise SourceError(
                f"Ce service répond dans une autre projection ({str(named)[:80]}) que celle demandée. Rien n'en a été repris."
            )
        features = documents.rows_of(page, "features")
        got += len(features)
        total = documents.total_of(page, "numberMatched")
        yield features, total
        linked = documents.next_of(page, "", None, url) if documents.value_at(page, "links") else None
        more = bool(features) and (total is None or got < total)
        url = linked or (_page(spec, got, outputFormat=output, srsName="EPSG:4326") if more else None)


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _exception(body) from None


def _exception(body: bytes) -> SourceError:
    """Error with the service's own message (OWS ExceptionReport), if any."""
    message = ""
    if body.lstrip().startswith(b"<"):
        root = markup.parse_xml(body)
        message = " ".join(text.text or "" for text in root.iter("ExceptionText")).strip()[:300]
    why = f" Il répond : « {message} »." if message else ""
    return SourceError(
        f"Ce service WFS n'a pas donné d'objets.{why} Vérifiez la couche et le nombre d'objets par page."
    )


def _as_gml(spec: Wfs, client: Client, writer: PageWriter, into: Path) -> FeaturePages:
    got = 0
    while True:
        url = _page(spec, got)
        writer.register_url(url)
        saved = into / ".page.gml"
        with client.request(url) as answer:
            body = answer.body()
        # Entities are refused here, before any other library opens the page.
        root = markup.parse_xml(body)
        if root.tag != "FeatureCollection":
            raise _exception(body)
        saved.write_bytes(body)
        features = _read(root, saved)
        saved.unlink()
        got += len(features)
        matched = root.get("numberMatched", "")
        total = int(matched) if matched.isdigit() else None
        yield features, total
        if not features or (total is not None and got >= total):
            return


def _read(root: Element, path: Path) -> list[dict[str, Any]]:
    """GeoJSON features of a page of GML. Texts are read as written: GDAL would make numbers of codes."""
    found = [feature for member in root.iter("member") for feature in member]
    shapes = _shapes(path) if found else {}
    made = []
    for place, feature in enumerate(found):
        known = feature.get("id")
        shape = shapes.get(known or "", shapes.get(place))
        properties = {
            property_.tag: "".join(property_.itertext()).strip() or None
            for property_ in feature
            if not any("srsName" in inner.attrib for inner in property_.iter())
            and property_.tag != "boundedBy"
        }
        one = {"type": "Feature", "geometry": json.loads(shape) if shape else None, "properties": properties}
        made.append(one | ({"id": known} if known else {}))
    return made


def _shapes(path: Path) -> dict[str | int, str | None]:
    """Shapes of a page, by identifier or else by position, from the engine's spatial extension, which uses no network."""
    with connect(extensions=["spatial"]) as engine:
        file = quote_literal(str(path))
        described = engine.execute(f"DESCRIBE FROM ST_Read({file})").fetchall()
        names = [column[0] for column in described if column[1].startswith("GEOMETRY")]
        if not names:
            return {}
        shape = quote_identifier(names[0])
        source = _projection(path)
        if source and not _WGS84.search(source):
            shape = f"ST_Transform({shape}, {quote_literal(source)}, 'EPSG:4326', true)"
        known = "gml_id" if any(column[0] == "gml_id" for column in described) else "NULL"
        rows = engine.execute(f"SELECT {known}, ST_AsGeoJSON({shape}) FROM ST_Read({file})").fetchall()  # noqa: S608 - names are quoted
    return {known or place: shape for place, (known, shape) in enumerate(rows)}


def _projection(path: Path) -> str:
    """« EPSG:2154 » from the first srsName of a page."""
    with path.open("rb") as file:
        head = file.read(1 << 20).decode("utf-8", "replace")
    match = re.search(r"srsName=[\"'][^\"']*?(?:EPSG|epsg)[^\"']*?(\d{4,5})[\"']", head)
    return f"EPSG:{match[1]}" if match else ""
