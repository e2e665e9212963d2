"""A small WFS 2.0 of the tests (OGC 09-025r2), since no server of it can be had as a package: capabilities, GetFeature with
count and startIndex, GeoJSON or GML 3.2, ExceptionReport. Out: an answer for `servers.web`."""

from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from servers.web import Asked, Reply

# A place in Lambert 93, the projection of most French services.
X0, Y0 = 652381.23, 6862047.0


@dataclass(frozen=True)
class Settings:
    rows: int = 25
    most: int = 10
    json: bool = True
    projection: str = "urn:ogc:def:crs:EPSG::2154"
    crs: str = "urn:ogc:def:crs:EPSG::4326"
    overlap: int = 0
    entity: str = ""


def answering(settings: Settings) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        query = {name.lower(): value for name, value in asked.query.items()}
        if query.get("service") != "WFS":
            return _exception("MissingParameterValue", "service")
        if query.get("request") == "GetCapabilities":
            return _xml(_capabilities(settings))
        if query.get("typenames") != "ville:ecoles":
            return _exception("InvalidParameterValue", "Unknown type name")
        start = max(
            0, int(query.get("startindex", 0)) - settings.overlap * bool(int(query.get("startindex", 0)))
        )
        numbers = range(start + 1, min(settings.rows, start + min(settings.most, int(query["count"]))) + 1)
        if "outputformat" in query:
            return _geojson(settings, numbers)
        return _xml(_gml(settings, numbers))

    return answer


def _geojson(settings: Settings, numbers: range) -> Reply:
    features = [
        {
            "type": "Feature",
            "id": f"ecoles.{number}",
            "geometry": {"type": "Point", "coordinates": [6.8 + number / 100, 47.6]},
            "properties": {"nom": f"École {number}", "insee": f"{number:05}"},
        }
        for number in numbers
    ]
    return Reply(
        {
            "type": "FeatureCollection",
            "features": features,
            "numberMatched": settings.rows,
            "numberReturned": len(features),
            "crs": {"type": "name", "properties": {"name": settings.crs}},
        },
        headers={"Content-Type": "application/json"},
    )


def _gml(settings: Settings, numbers: range) -> str:
    members = "".join(
        f'<wfs:member><ville:ecoles gml:id="ecoles.{number}"><ville:nom>{escape(f"École {number}")}</ville:nom>'
        f"<ville:insee>{number:05}</ville:insee><ville:lieu>"
        f'<gml:Point gml:id="p{number}" srsName="{settings.projection}"><gml:pos>{X0 + number} {Y0}</gml:pos></gml:Point>'
        "</ville:lieu></ville:ecoles></wfs:member>"
        for number in numbers
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{settings.entity}<wfs:FeatureCollection '
        'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" '
        f'xmlns:ville="http://ville.fr" numberMatched="{settings.rows}" numberReturned="{len(numbers)}" '
        f'timeStamp="2024-01-01T00:00:00Z">{members}</wfs:FeatureCollection>'
    )


def _capabilities(settings: Settings) -> str:
    formats = ["application/gml+xml; version=3.2", *(["application/json"] if settings.json else [])]
    values = "".join(f"<ows:Value>{name}</ows:Value>" for name in formats)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{settings.entity}<wfs:WFS_Capabilities version="2.0.0" '
        'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:ows="http://www.opengis.net/ows/1.1">'
        '<ows:OperationsMetadata><ows:Operation name="GetFeature"><ows:Parameter name="outputFormat">'
        f"<ows:AllowedValues>{values}</ows:AllowedValues></ows:Parameter></ows:Operation></ows:OperationsMetadata>"
        "<wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>ville:ecoles</wfs:Name><wfs:Title>Les écoles</wfs:Title>"
        f"<wfs:DefaultCRS>{settings.projection}</wfs:DefaultCRS></wfs:FeatureType></wfs:FeatureTypeList>"
        "</wfs:WFS_Capabilities>"
    )


def _exception(code: str, text: str) -> Reply:
    return _xml(
        '<ows:ExceptionReport version="2.0.0" xmlns:ows="http://www.opengis.net/ows/1.1">'
        f'<ows:Exception exceptionCode="{code}"><ows:ExceptionText>{text}</ows:ExceptionText></ows:Exception>'
        "</ows:ExceptionReport>",
        400,
    )


def _xml(text: str, status: int = 200) -> Reply:
    return Reply(text, status, {"Content-Type": "text/xml; charset=UTF-8"})
