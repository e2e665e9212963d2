"""Map layers and coordinates: every layer, every French projection brought to longitude and latitude, to the metre."""

import json
import math
import sqlite3

import duckdb
import pytest

from beffroi.lake.engine import connect
from beffroi.lake.readers.projections import PROJECTIONS, geojson_sql

# Place de la Comédie, Montpellier; Fort-de-France; Saint-Denis; Mamoudzou; Cayenne; Saint-Pierre.
MONTPELLIER = (3.8796, 43.6086)
OVERSEAS = {
    5490: (-61.0588, 14.6037), 2975: (55.4504, -20.8789), 4471: (45.2279, -12.7806), 2972: (-52.3260, 4.9372),
    4467: (-56.1773, 46.7811),
}  # fmt: skip
# Worked out by pyproj 3.8 (PROJ 9.8.1) from MONTPELLIER, apart from the engine under test.
BY_PYPROJ = {
    2154: (771032.404, 6279234.247), 3944: (1771005.745, 3156894.165), 27572: (724737.838, 1846411.261),
    27563: (724553.974, 146573.692), 3857: (431875.096, 5405070.576),
}  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    return connect(extensions=["spatial"])


def forward(engine: duckdb.DuckDBPyConnection, point: tuple[float, float], code: int) -> tuple[float, float]:
    (text,) = engine.execute(
        f"SELECT ST_AsGeoJSON(ST_Transform(ST_Point({point[0]}, {point[1]}), 'EPSG:4326', 'EPSG:{code}', true))"
    ).fetchone()
    return tuple(json.loads(text)["coordinates"])


def metres(found: tuple[float, float], wanted: tuple[float, float]) -> float:
    east = (found[0] - wanted[0]) * 111_320 * math.cos(math.radians(wanted[1]))
    return math.hypot(east, (found[1] - wanted[1]) * 110_574)


@pytest.mark.parametrize("code", sorted(BY_PYPROJ))
def test_a_known_point_comes_back_to_the_metre(engine, code):
    x, y = BY_PYPROJ[code]
    (text,) = engine.execute(f"SELECT {geojson_sql(f'ST_Point({x}, {y})', code)}").fetchone()
    assert metres(json.loads(text)["coordinates"], MONTPELLIER) < 1


def test_every_projection_of_the_table_is_known_to_the_engine(engine):
    for projection in PROJECTIONS:
        middle = OVERSEAS.get(projection.code, (2.5, 46.5))
        x, y = forward(engine, middle, projection.code)
        (text,) = engine.execute(f"SELECT {geojson_sql(f'ST_Point({x}, {y})', projection.code)}").fetchone()
        assert metres(json.loads(text)["coordinates"], middle) < 1, projection


def layer(engine, path, code: int, points, name="lieux", driver="ESRI Shapefile"):
    named = f", LAYER_NAME '{name}'" if driver == "GPKG" else ""
    rows = " UNION ALL ".join(
        f"SELECT 'École n° {n}' AS nom, '0100{n}' AS insee, ST_Point({x}, {y}) AS geom"
        for n, (x, y) in enumerate(points)
    )
    engine.execute(
        f"COPY ({rows}) TO '{path}' WITH (FORMAT gdal, DRIVER '{driver}', SRS 'EPSG:{code}'{named})"
    )


@pytest.mark.parametrize("code", [2154, 3944, 27572, 4326, 5490])
def test_projection_of_a_zipped_shapefile_is_reported(engine, tmp_path, make_zip, look_all, code):
    where = OVERSEAS.get(code, MONTPELLIER)
    (tmp_path / "couche").mkdir()
    layer(engine, tmp_path / "couche" / "lieux.shp", code, [forward(engine, where, code)] * 2)
    content = make_zip({file.name: file.read_bytes() for file in (tmp_path / "couche").iterdir()})
    tables, refused = look_all(content, "lieux.zip")
    assert not refused
    looked = tables["lieux.zip!lieux.shp"]
    assert looked.types["insee"] == "code"
    assert looked.rows[0]["nom"] == "École n° 0"
    assert metres(json.loads(looked.rows[0]["geom"])["coordinates"], where) < 1
    assert f"EPSG:{code}" in looked.guess("Coordonnées").value


def test_shapefile_and_its_companions_in_a_folder_are_one_table(engine, tmp_path):
    from beffroi.lake.readers import stage_folder

    folder = tmp_path / "dépôt"
    folder.mkdir()
    layer(engine, folder / "lieux.shp", 2154, [BY_PYPROJ[2154]] * 3)
    (table,) = stage_folder(folder, tmp_path / "staging")
    assert (table.origin, table.rows_kept) == ("lieux.shp", 3)


def test_shapefile_without_prj_stays_unprojected_and_reports_it(engine, tmp_path, make_zip, look_all):
    (tmp_path / "couche").mkdir()
    layer(engine, tmp_path / "couche" / "lieux.shp", 2154, [BY_PYPROJ[2154]] * 2)
    content = make_zip(
        {file.name: file.read_bytes() for file in (tmp_path / "couche").iterdir() if file.suffix != ".prj"}
    )
    tables, _ = look_all(content, "lieux.zip")
    looked = tables["lieux.zip!lieux.shp"]
    assert json.loads(looked.rows[0]["geom"])["coordinates"] == pytest.approx(BY_PYPROJ[2154])
    assert not looked.guess("Coordonnées").certain


def test_every_layer_of_a_geopackage_is_a_table(engine, tmp_path, look_all):
    path = tmp_path / "atlas.gpkg"
    layer(engine, path, 2154, [BY_PYPROJ[2154]] * 2, "écoles", "GPKG")
    layer(engine, tmp_path / "autre.gpkg", 3944, [BY_PYPROJ[3944]] * 3, "parcs", "GPKG")
    with sqlite3.connect(path) as atlas:
        atlas.execute("CREATE TABLE agents (fid INTEGER PRIMARY KEY, nom TEXT, siret TEXT)")
        atlas.executemany(
            "INSERT INTO agents (nom, siret) VALUES (?, ?)",
            [("a", "21440109300015"), ("b", "21440109300023")],
        )
        atlas.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('agents', 'attributes', 'agents')"
        )
    tables, refused = look_all(path.read_bytes(), "copie.gpkg")
    assert not refused
    assert set(tables) == {"copie.gpkg#écoles", "copie.gpkg#agents"}
    schools = tables["copie.gpkg#écoles"]
    assert metres(json.loads(schools.rows[1]["geom"])["coordinates"], MONTPELLIER) < 1
    assert "Lambert 93 (EPSG:2154)" in schools.guess("Coordonnées").value
    assert tables["copie.gpkg#agents"].types["siret"] == "code"
    single, _ = look_all((tmp_path / "autre.gpkg").read_bytes(), "parcs.gpkg")
    assert len(single["parcs.gpkg"].rows) == 3


def test_a_geopackage_inside_a_zip_is_read(engine, tmp_path, make_zip, look_all):
    layer(engine, tmp_path / "a.gpkg", 2154, [BY_PYPROJ[2154]] * 2, "a", "GPKG")
    tables, _ = look_all(make_zip({"d/a.gpkg": (tmp_path / "a.gpkg").read_bytes()}), "lot.zip")
    assert list(tables) == ["lot.zip!d/a.gpkg"]


@pytest.mark.parametrize("name", ["piege.shp", "piege.dbf", "piege.gpkg"])
def test_a_file_that_points_to_another_one_opens_nothing(engine, tmp_path, make_zip, look_all, name):
    """GDAL's virtual format, under the name of a layer, would read any file of the machine."""
    layer(engine, tmp_path / "secret.gpkg", 2154, [BY_PYPROJ[2154]], "secret", "GPKG")
    trap = (
        f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{tmp_path}/secret.gpkg</SrcDataSource>'
        "<SrcLayer>secret</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
    ).encode()
    tables, refused = look_all(make_zip({name: trap, "piege.dbf": trap}), "piege.zip")
    assert not tables
    assert all("École" not in one.reason for one in refused)


@pytest.mark.parametrize(
    ("suffix", "harm"),
    [
        (".dbf", lambda content: content[:-40]),
        (".dbf", lambda content: content[:20]),
        (".dbf", lambda content: content[:4] + (10_000).to_bytes(4, "little") + content[8:]),
        (".dbf", lambda content: content[:8] + (60_000).to_bytes(2, "little") + content[10:]),
        (".shp", lambda content: content[:-10]),
        (".shx", lambda content: content[:50]),
        (".shx", lambda content: content[:24] + (50_000).to_bytes(4, "big") + content[28:]),
        (".shx", lambda content: content[:-4] + (50_000).to_bytes(4, "big")),
    ],
)
@pytest.mark.parametrize("written", [str.lower, str.upper])
def test_what_lies_beyond_the_end_of_a_shapefile_is_not_read(
    engine, tmp_path, make_zip, look_all, suffix, harm, written
):
    """The engine would fill it from the memory of its process."""
    (tmp_path / "couche").mkdir()
    layer(engine, tmp_path / "couche" / "lieux.shp", 2154, [BY_PYPROJ[2154]] * 3)
    members = {
        file.stem + written(file.suffix): harm(file.read_bytes())
        if file.suffix == suffix
        else file.read_bytes()
        for file in (tmp_path / "couche").iterdir()
    }
    tables, (refused,) = look_all(make_zip(members), "lieux.zip")
    assert not tables and "abîmée ou incomplète" in refused.reason


def features(points, crs: str | None = None) -> str:
    collection: dict = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"nom": f"n{n}"}, "geometry": {"type": "Point", "coordinates": list(point)}}
            for n, point in enumerate(points)
        ],
    }  # fmt: skip
    if crs:
        collection["crs"] = {"type": "name", "properties": {"name": crs}}
    return json.dumps(collection)


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:EPSG::2154", "EPSG:2154", None])
def test_a_geojson_in_lambert_93_comes_to_longitude_and_latitude(look, crs):
    looked = look(features([BY_PYPROJ[2154]] * 3, crs), "lieux.geojson")
    assert metres(json.loads(looked.rows[0]["geometry"])["coordinates"], MONTPELLIER) < 1
    assert looked.guess("Coordonnées").certain == (crs is not None)


def test_a_geojson_in_degrees_keeps_its_very_text(look):
    looked = look(features([MONTPELLIER] * 2, "urn:ogc:def:crs:OGC:1.3:CRS84"), "lieux.geojson")
    assert json.loads(looked.rows[0]["geometry"])["coordinates"] == list(MONTPELLIER)
    assert looked.guess("Coordonnées").certain


def test_a_geoparquet_in_lambert_93_comes_to_longitude_and_latitude(engine, tmp_path, look):
    path = tmp_path / "source.parquet"
    x, y = BY_PYPROJ[2154]
    engine.execute(
        f"COPY (SELECT n AS numero, ST_SetCRS(ST_Point({x}, {y}), 'EPSG:2154') AS geometry FROM range(3) t(n)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    looked = look(path.read_bytes(), "lieux.parquet")
    assert looked.types["geometry"] == "geometry"
    assert metres(json.loads(looked.rows[0]["geometry"])["coordinates"], MONTPELLIER) < 1
    assert "EPSG:2154" in looked.guess("Coordonnées").value


# --- columns X and Y


def table(x: str, y: str, points, **others: str) -> str:
    lines = [";".join(["nom", *others, x, y])]
    for n, point in enumerate(points):
        texts = [f"{coordinate:.3f}".replace(".", ",") for coordinate in point]
        lines.append(";".join([f"lieu {n}", *others.values(), *texts]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("names", "code", "certain"),
    [
        (("X", "Y"), 2154, True),
        (("x_l93", "y_l93"), 2154, True),
        (("coord_x", "coord_y"), 2154, True),
        (("CoordX", "CoordY"), 2154, True),
        (("X", "Y"), 3944, True),
        (("x_cc44", "y_cc44"), 3944, True),
        (("X", "Y"), 27572, True),
        (("x_lambert2", "y_lambert2"), 27572, True),
        (("x_lambert3", "y_lambert3"), 27563, True),
        (("X", "Y"), 2975, True),
    ],
)
def test_columns_x_and_y_keep_their_values_and_give_a_geometry(engine, look, names, code, certain):
    where = OVERSEAS.get(code, MONTPELLIER)
    x, y = forward(engine, where, code)
    looked = look(table(*names, [(x, y), (x + 100, y + 50), (x + 1000, y)]))
    value = looked.rows[0][list(looked.types)[1]]
    assert float(value) == pytest.approx(x, abs=0.001)
    assert looked.types["geometry"] == "geometry"
    assert metres(json.loads(looked.rows[0]["geometry"])["coordinates"], where) < 1
    guess = looked.guess("Coordonnées")
    assert f"EPSG:{code}" in guess.value
    assert guess.certain == certain


@pytest.mark.parametrize("zone", range(42, 51))
def test_each_conic_zone_is_distinguished_from_lambert_93(engine, look, zone):
    points = [forward(engine, (longitude, zone), 3900 + zone) for longitude in (-4.0, 1.0, 2.5, 6.5)]
    assert f"EPSG:{3900 + zone}" in look(table("X", "Y", points)).guess("Coordonnées").value


def test_postcodes_distinguish_the_antilles_from_the_south_of_france(engine, look):
    points = [forward(engine, (-61.5, 16.2), 5490), forward(engine, (-61.6, 16.3), 5490)]
    looked = look(table("X", "Y", points, code_postal="97110"))
    assert "EPSG:5490" in looked.guess("Coordonnées").value
    assert metres(json.loads(looked.rows[0]["geometry"])["coordinates"], (-61.5, 16.2)) < 1


def test_longitudes_and_latitudes_are_reported_and_unchanged(look):
    looked = look("nom;lon;lat\na;3,8796;43,6086\nb;3,9;43,7\n")
    assert list(looked.types) == ["nom", "lon", "lat"]
    assert (
        looked.guess("Coordonnées « lon » et « lat »").value == "WGS 84 (longitude et latitude) (EPSG:4326)"
    )


def test_pairs_of_latitude_and_longitude_are_reported(look):
    looked = look('nom;geo_point_2d\na;"43.6086,3.8796"\nb;"43.7, 3.9"\n')
    assert looked.column("geo_point_2d") == ["43.6086,3.8796", "43.7, 3.9"]
    assert "WGS 84" in looked.guess("Coordonnées « geo_point_2d »").value


@pytest.mark.parametrize("content", ["x;y\n1;2\n3;4\n5;6\n", "nom;prix_x;prix_y\na;12,5;3,5\nb;4,5;9,5\n"])
def test_columns_called_x_and_y_that_are_no_coordinates_are_ignored(look, content):
    looked = look(content)
    assert "geometry" not in looked.types
    assert not [guess for guess in looked.table.guesses if guess.what.startswith("Coordonnées")]


def test_a_point_out_of_the_territory_has_no_geometry_and_costs_no_row(look):
    x, y = BY_PYPROJ[2154]
    body = "".join(f"lieu {n};{x + n};{y + n}\n" for n in range(60))
    looked = look(f"nom;x;y\n{body}ailleurs;99999999;0\nnulle part;;\n")
    assert len(looked.rows) == 62
    assert looked.rows[60]["geometry"] is None
    assert looked.rows[61]["geometry"] is None
