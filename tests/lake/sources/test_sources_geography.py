"""OGC API Features on pygeoapi, and WFS 2.0: every page, in longitude and latitude, no duplicate, no XML entity."""

import json
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake import sources
from beffroi.lake.readers import stage
from beffroi.lake.sources import Network, NotThere, Secret, SourceError
from servers import web, wfs
from servers.web import Reply
from servers.wfs import Settings

NOBODY = Secret()
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE x SYSTEM "file:///etc/passwd">'


def features_of(fetched: sources.Fetched) -> list[dict[str, Any]]:
    return list(json.loads(fetched.files[0].read_text())["features"])


def test_the_layers_of_a_service_are_offered(schools: int) -> None:
    spec = sources.parse({"kind": "ogc_features", "url": f"http://127.0.0.1:{schools}"})
    network = Network((f"127.0.0.1:{schools}",))
    offer = sources.list_offers(spec, NOBODY, network)[0]
    assert (offer.name, offer.kind) == ("Les écoles", "layer")
    assert sources.choose(spec, offer).collection == "ecoles"  # type: ignore[union-attr]
    assert "1 couche" in sources.check(spec, NOBODY, network)


@pytest.mark.requirement("R94")
def test_every_page_of_a_layer_comes(schools: int, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{schools}"
    spec = sources.parse({"kind": "ogc_features", "url": url, "collection": "ecoles"})
    fetched = sources.fetch(spec, NOBODY, Network((f"127.0.0.1:{schools}",)), tmp_path)
    features = features_of(fetched)
    assert sorted(feature["properties"]["insee"] for feature in features) == [f"{n:05}" for n in range(1, 26)]
    assert fetched.rows == 25 and fetched.notes == ()
    tables, refused = stage(fetched.files[0], tmp_path / "staging")
    types = {column.name: column.type for column in tables[0].columns}
    assert refused == [] and types["geometry"] == "geometry" and types["insee"] == "code"


def test_missing_layer_is_reported(schools: int, tmp_path: Path) -> None:
    spec = sources.parse(
        {"kind": "ogc_features", "url": f"http://127.0.0.1:{schools}", "collection": "parti"}
    )
    with pytest.raises(NotThere, match="n'est pas ou plus"):
        sources.fetch(spec, NOBODY, Network((f"127.0.0.1:{schools}",)), tmp_path)


def test_a_service_whose_latitude_comes_first_is_refused(tmp_path: Path) -> None:
    def answer(request: web.Asked) -> Reply:
        if request.path.endswith("/items"):
            crs = "<http://www.opengis.net/def/crs/EPSG/0/4326>"
            return Reply({"type": "FeatureCollection", "features": []}, headers={"Content-Crs": crs})
        return Reply({"collections": [{"id": "x"}], "links": []})

    with web.serving(answer) as served, pytest.raises(SourceError, match="longitude et latitude"):
        spec = sources.parse({"kind": "ogc_features", "url": served.url(), "collection": "x"})
        sources.fetch(spec, NOBODY, Network((served.host,)), tmp_path)


def fetched_by_wfs(settings: Settings, into: Path, layer: str = "ville:ecoles") -> sources.Fetched:
    with web.serving(wfs.answering(settings)) as served:
        spec = sources.parse({"kind": "wfs", "url": served.url("/ows?map=ville"), "layer": layer})
        return sources.fetch(spec, NOBODY, Network((served.host,)), into)


def test_wfs_is_fetched_page_by_page_in_geojson(tmp_path: Path) -> None:
    features = features_of(fetched_by_wfs(Settings(), tmp_path))
    assert [feature["id"] for feature in features] == [f"ecoles.{n}" for n in range(1, 26)]


def test_gml_of_a_wfs_is_converted_to_longitude_and_latitude(tmp_path: Path) -> None:
    fetched = fetched_by_wfs(Settings(json=False), tmp_path)
    features = features_of(fetched)
    assert [feature["properties"]["insee"] for feature in features] == [f"{n:05}" for n in range(1, 26)]
    longitude, latitude = features[0]["geometry"]["coordinates"]
    assert abs(longitude - 2.35) < 0.01 and abs(latitude - 48.857) < 0.01
    assert [file.name for file in tmp_path.iterdir()] == ["ville_ecoles.geojson"]


def test_the_layers_of_a_wfs_are_offered() -> None:
    with web.serving(wfs.answering(Settings())) as served:
        spec = sources.parse({"kind": "wfs", "url": served.url("/ows")})
        offers = sources.list_offers(spec, NOBODY, Network((served.host,)))
    assert [(offer.name, dict(offer.fields)) for offer in offers] == [
        ("Les écoles", {"layer": "ville:ecoles"})
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(overlap=3), "se chevauchent"),
        (Settings(crs="urn:ogc:def:crs:EPSG::2154"), "autre projection"),
        (Settings(entity=BOMB), "entités"),
        (Settings(entity=OUTSIDE), "entités"),
    ],
)
def test_a_wfs_that_misbehaves_is_refused_and_leaves_nothing(
    settings: Settings, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=message):
        fetched_by_wfs(settings, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_page_of_gml_with_entities_is_refused(tmp_path: Path) -> None:
    def answer(request: web.Asked) -> Reply:
        first = request.query["request"] == "GetCapabilities"
        return wfs.answering(Settings(json=False, entity="" if first else BOMB))(request)

    with web.serving(answer) as served, pytest.raises(SourceError, match="entités"):
        spec = sources.parse({"kind": "wfs", "url": served.url(), "layer": "ville:ecoles"})
        sources.fetch(spec, NOBODY, Network((served.host,)), tmp_path)


def test_unknown_wfs_layer_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="n'est pas ou plus"):
        fetched_by_wfs(Settings(), tmp_path, layer="ville:parcs")
