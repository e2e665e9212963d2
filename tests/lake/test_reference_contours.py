"""Contours of places: imported from the operator's file with their source, never replaced by a bad file."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import rings
from beffroi.lake.reference import UnusableContours, commune_contours, find_place, import_contours
from reference_data import require_reference


@pytest.fixture(autouse=True, scope="module")
def _places() -> None:
    require_reference()


def collection(*codes: str, at: tuple[float, float] = (-1.5, 47.2), column: str = "insee") -> dict[str, Any]:
    lon, lat = at
    ring = [[lon, lat], [lon + 0.1, lat], [lon, lat + 0.1], [lon, lat]]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"rang": rank, column: code},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
            for rank, code in enumerate(codes)
        ],
    }


def write(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_without_an_imported_file_there_is_no_shape(tmp_path: Path) -> None:
    assert commune_contours(["44109"], tmp_path) is None


@pytest.fixture
def national_file(tmp_path: Path, real_data: Path) -> Path:
    """The communes of 2018; in the quick ring those of Nantes and one in two hundred of the others."""
    whole = real_data / "geography/communes2018_ign_simplifie.parquet"
    if rings.LONG:
        return whole
    members = set(find_place("Nantes Métropole").members)
    communes = pq.read_table(whole)
    few = [
        rank for rank, code in enumerate(communes["code"].to_pylist()) if code in members or rank % 200 == 0
    ]
    extract = tmp_path / "extrait" / whole.name
    extract.parent.mkdir()
    pq.write_table(communes.take(few), extract)
    return extract


def test_the_national_file_of_communes_gives_shapes_with_their_source_and_year(
    tmp_path: Path, national_file: Path
) -> None:
    imported = import_contours(national_file, tmp_path)
    assert imported.imported > (34_000 if rings.LONG else 170)
    assert imported.year == 2018
    assert imported.unknown, "communes that have merged since are counted, not hidden"
    nantes = find_place("Nantes Métropole")
    shapes = commune_contours(nantes.members, tmp_path)
    assert shapes is not None
    assert {feature["properties"]["code"] for feature in shapes["features"]} == set(nantes.members)
    assert shapes["sources"] == ["communes2018_ign_simplifie.parquet, 2018"]
    assert {feature["geometry"]["type"] for feature in shapes["features"]} <= {"Polygon", "MultiPolygon"}


@pytest.fixture
def groups_file(tmp_path: Path, real_data: Path) -> Path:
    """The intercommunalités; in the quick ring that of Nantes and one in twenty of the others."""
    whole = real_data / "geography/epci_leger.geojson"
    if rings.LONG:
        return whole
    content = json.loads(whole.read_text("utf-8"))
    content["features"] = [
        feature
        for rank, feature in enumerate(content["features"])
        if rank % 20 == 0 or "244400404" in feature["properties"].values()
    ]
    (tmp_path / "extrait").mkdir()
    return write(tmp_path / "extrait" / whole.name, content)


def test_shapes_of_intercommunalites_join_those_of_communes(tmp_path: Path, groups_file: Path) -> None:
    import_contours(write(tmp_path / "communes-2025.geojson", collection("44109")), tmp_path, source="IGN")
    imported = import_contours(groups_file, tmp_path, source="Etalab", year=2026)
    assert imported.imported > (1_200 if rings.LONG else 60)
    shapes = commune_contours(["44109", "244400404"], tmp_path)
    assert shapes is not None
    assert shapes["sources"] == ["Etalab, 2026", "IGN, 2025"]


def test_code_column_is_detected_by_its_values(tmp_path: Path) -> None:
    file = write(tmp_path / "formes.geojson", collection("44109", "44162", column="whatever"))
    imported = import_contours(file, tmp_path)
    assert imported.imported == 2
    assert imported.year is None
    shapes = commune_contours(["44162"], tmp_path)
    assert shapes is not None and shapes["features"][0]["properties"]["name"] == "Saint-Herblain"
    assert shapes["sources"] == ["formes.geojson, année inconnue"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("plan.geojson", collection("44109", at=(-900_000.0, 12.0)), "projection reconnue"),
        ("rues.geojson", collection("rue A", "rue B"), "codes INSEE"),
        ("vide.geojson", {"type": "FeatureCollection", "features": []}, "aucune forme"),
        ("autre.geojson", {"rien": 1}, "illisible"),
        ("plan.pdf", {}, ".pdf"),
    ],
)
def test_undrawable_file_is_refused_and_existing_contours_stay(
    tmp_path: Path, name: str, content: dict[str, Any], why: str
) -> None:
    import_contours(write(tmp_path / "bon.geojson", collection("44109")), tmp_path)
    before = commune_contours(["44109"], tmp_path)
    with pytest.raises(UnusableContours, match=why):
        import_contours(write(tmp_path / name, content), tmp_path)
    assert commune_contours(["44109"], tmp_path) == before


@pytest.mark.parametrize(
    ("at", "declared"),
    [
        ((355_577.0, 6_689_723.0), None),
        ((355_577.0, 6_689_723.0), "urn:ogc:def:crs:EPSG::2154"),
        ((1_355_577.0, 6_255_000.0), None),  # Lambert-93, zone CC47
        ((609_000.0, 5_230_000.0), "EPSG:32630"),
    ],
)
def test_projected_shapes_are_converted_to_longitude_and_latitude(
    tmp_path: Path, at: tuple[float, float], declared: str | None
) -> None:
    content = collection("44109", at=at)
    if declared:
        content["crs"] = {"type": "name", "properties": {"name": declared}}
    import_contours(write(tmp_path / "projete.geojson", content), tmp_path)
    shapes = commune_contours(["44109"], tmp_path)
    assert shapes is not None
    lon, lat = shapes["features"][0]["geometry"]["coordinates"][0][0]
    assert -2 < lon < -1 and 47 < lat < 47.7, (lon, lat)


def test_a_damaged_parquet_is_refused_in_french(tmp_path: Path) -> None:
    (tmp_path / "contours.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(UnusableContours, match="n'ont pas été importés"):
        import_contours(tmp_path / "contours.parquet", tmp_path)
