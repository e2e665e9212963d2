"""Workbooks, Parquet, JSON, GeoJSON, shapefiles, archives and whole folders."""

import gzip
import json
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from beffroi.lake.engine import connect
from beffroi.lake.errors import LakeError
from beffroi.lake.readers import stage, stage_folder
from beffroi.lake.tables import Refused, StagedTable


@pytest.mark.requirement("R21")
def test_each_sheet_becomes_a_table_and_an_empty_one_is_refused(tmp_path, make_workbook):
    path = tmp_path / "budget.xlsx"
    path.write_bytes(
        make_workbook(
            {
                "Dépenses": [
                    ["Budget 2024"], [], ["code", "libellé", "montant"],
                    ["011", "Énergie", 12.5], ["012", "Paie", 30], ["", "Total", 42.5],
                ],
                "Écoles": [["nom", "élèves"], ["Ferry", 120], ["Moulin", 80]],
                "Feuille vide": [],
            }
        )
    )  # fmt: skip
    tables, refused = stage(path, tmp_path / "staging")
    assert [(table.name, table.origin) for table in tables] == [
        ("budget – Dépenses", "budget.xlsx#Dépenses"),
        ("budget – Écoles", "budget.xlsx#Écoles"),
    ]
    assert [line.file for line in refused] == ["budget.xlsx#Feuille vide"]
    rows = duckdb.sql(f"SELECT * FROM '{tables[0].parquet}' ORDER BY _line").fetchall()
    assert rows == [("011", "Énergie", Decimal("12.5"), 4), ("012", "Paie", Decimal("30"), 5)]
    kinds = duckdb.sql(f"SELECT line, kind FROM '{tables[0].quarantine}' ORDER BY line").fetchall()
    assert kinds[0] == (1, "titre")
    assert kinds[-1] == (6, "total")


def test_a_sheet_that_starts_lower_down_keeps_its_row_numbers(tmp_path, make_workbook):
    path = tmp_path / "bas.xlsx"
    path.write_bytes(make_workbook({"F": [[], [], [], [None, "nom", "n"], [None, "a", 1], [None, "b", 2]]}))
    (table,), _ = stage(path, tmp_path / "staging")
    assert duckdb.sql(f"SELECT nom, n, _line FROM '{table.parquet}' ORDER BY _line").fetchall() == [
        ("a", 1, 5),
        ("b", 2, 6),
    ]


def test_a_siret_typed_as_a_number_in_a_workbook_is_an_identifier(tmp_path, make_workbook):
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        make_workbook({"F": [["siret", "nom"], [21440109300015, "Nantes"], [21440143200010, "Rezé"]]})
    )
    (table,), _ = stage(path, tmp_path / "staging")
    assert table.columns[0].type == "code"
    assert duckdb.sql(f"SELECT siret FROM '{table.parquet}' ORDER BY _line").fetchall() == [
        ("21440109300015",),
        ("21440143200010",),
    ]


@pytest.mark.requirement("R21")
def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "a.parquet"
    duckdb.sql(
        "SELECT '00' || i AS code, i::DOUBLE / 3 AS part, DATE '2024-01-01' + i::INT AS jour, [i, 2] AS liste, "
        "i % 2 = 0 AS pair, 21440109300015 + i AS siret FROM range(5) t(i)"
    ).write_parquet(str(path))
    (table,), _ = stage(path, tmp_path / "staging")
    assert {column.name: column.type for column in table.columns} == {
        "code": "code", "part": "number", "jour": "date", "liste": "text", "pair": "boolean", "siret": "code",
    }  # fmt: skip
    rows = duckdb.sql(f"SELECT code, part, jour, siret FROM '{table.parquet}' ORDER BY _line").fetchall()
    assert rows[1] == ("001", 1 / 3, date(2024, 1, 2), "21440109300016")


@pytest.mark.parametrize("shape", ["list", "lines", "wrapped"])
def test_lists_of_objects_in_json_are_tables(tmp_path, shape):
    rows = [{"nom": "école", "cp": "01000", "lieu": {"lat": 46.2, "lon": 5.2}}, {"nom": "mairie", "n": 3}]
    text = {
        "list": json.dumps(rows, ensure_ascii=False),
        "lines": "\n".join(json.dumps(row) for row in rows),
        "wrapped": json.dumps({"total_count": 2, "results": rows}),
    }[shape]
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    (table,), refused = stage(path, tmp_path / "staging")
    assert not refused
    assert [column.name for column in table.columns] == ["nom", "cp", "lieu_lat", "lieu_lon", "n"]
    assert duckdb.sql(f"SELECT nom, cp, n FROM '{table.parquet}' ORDER BY _line").fetchall() == [
        ("école", "01000", None),
        ("mairie", None, 3),
    ]


@pytest.mark.requirement("R21")
def test_geojson_keeps_properties_and_geometry(tmp_path):
    point = {"type": "Point", "coordinates": [3.87, 43.61]}
    features = [
        {"type": "Feature", "properties": {"nom": "Été", "insee": "34172"}, "geometry": point},
        {"type": "Feature", "properties": {"nom": "Nord", "insee": "34172"}, "geometry": None},
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    (table,), _ = stage(path, tmp_path / "staging")
    assert {column.name: column.type for column in table.columns} == {
        "nom": "text", "insee": "code", "geometry": "geometry",
    }  # fmt: skip
    rows = duckdb.sql(f"SELECT geometry FROM '{table.parquet}' ORDER BY _line").fetchall()
    assert json.loads(rows[0][0]) == point
    assert rows[1][0] is None


def test_a_zipped_shapefile_is_one_table_in_longitude_and_latitude(tmp_path, make_zip):
    connection = connect(extensions=["spatial"])
    layer = tmp_path / "layer"
    layer.mkdir()
    connection.execute(
        "COPY (SELECT 'Montpellier' AS nom, '34172' AS insee, ST_Point(770000, 6279000) AS geom) "
        f"TO '{layer}/communes.shp' WITH (FORMAT gdal, DRIVER 'ESRI Shapefile', SRS 'EPSG:2154')"
    )
    path = tmp_path / "couche.zip"
    path.write_bytes(make_zip({f"dossier/{file.name}": file.read_bytes() for file in layer.iterdir()}))
    tables, refused = stage(path, tmp_path / "staging")
    assert not refused
    (table,) = tables
    assert table.origin == "couche.zip!dossier/communes.shp"
    (nom, insee, geometry, _line) = duckdb.sql(f"SELECT * FROM '{table.parquet}'").fetchall()[0]
    longitude, latitude = json.loads(geometry)["coordinates"]
    assert (nom, insee) == ("Montpellier", "34172")
    assert 3.8 < longitude < 3.9
    assert 43.5 < latitude < 43.7


@pytest.mark.requirement("R21")
def test_gtfs_is_a_zip_of_tables(tmp_path, make_zip):
    path = tmp_path / "gtfs.zip"
    path.write_bytes(
        make_zip(
            {
                "stops.txt": "\ufeffstop_id,stop_name,stop_lat,stop_lon\n01,Église,46.67,5.56\n02,Gare,46.68,5.55\n".encode(),
                "calendar_dates.txt": b"service_id,date,exception_type\n",
                "calendar.txt": b"service_id,monday,start_date,end_date\nA,1,20240701,20240707\nB,0,20240701,20240707\n",
            }
        )
    )
    tables, refused = stage(path, tmp_path / "staging")
    assert not refused
    assert [(table.name, table.rows_read) for table in tables] == [
        ("stops", 2),
        ("calendar_dates", 0),
        ("calendar", 2),
    ]
    assert tables[0].columns[0].type == "code"
    assert tables[2].columns[2].type == "date"


def test_a_gzipped_csv_is_read(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("nom;n\nécole;1\nmairie;2\n".encode()))
    (table,), _ = stage(path, tmp_path / "staging")
    assert (table.name, table.rows_kept) == ("a", 2)


def test_a_text_named_xls_is_read_for_what_it_is(tmp_path):
    path = tmp_path / "export.xls"
    path.write_bytes("nom\tn\nécole\t1\nmairie\t2\n".encode("cp1252"))
    (table,), _ = stage(path, tmp_path / "staging")
    assert table.rows_kept == 2


def test_no_file_of_a_folder_vanishes(tmp_path, make_zip):
    folder = tmp_path / "dépôt"
    (folder / "2024" / "mars").mkdir(parents=True)
    (folder / "a.csv").write_text("a;b\n1;2\n3;4\n")
    (folder / "2024" / "mars" / "b.csv").write_text("a;b\n1;2\n3;4\n")
    (folder / "2024" / "lot.zip").write_bytes(make_zip({"x/c.csv": b"a;b\n1;2\n", "lisez.pdf": b"%PDF"}))
    (folder / ".cache").write_bytes(b"")
    (folder / "lien.csv").symlink_to(folder / "a.csv")
    seen = []
    outcomes = list(stage_folder(folder, tmp_path / "staging", on_progress=lambda *step: seen.append(step)))
    tables = {outcome.origin for outcome in outcomes if isinstance(outcome, StagedTable)}
    refused = {outcome.file for outcome in outcomes if isinstance(outcome, Refused)}
    assert tables == {"a.csv", "2024/mars/b.csv", "2024/lot.zip!x/c.csv"}
    assert refused == {"2024/lot.zip!lisez.pdf", ".cache", "lien.csv"}
    assert seen[0][:2] == (0, 5)
    assert seen[-1] == (5, 5, "")
    assert not [left for left in (tmp_path / "staging").iterdir() if left.name.startswith(".")]


def test_missing_folder_is_reported(tmp_path):
    with pytest.raises(LakeError, match="n'existe pas"):
        list(stage_folder(tmp_path / "absent", tmp_path / "staging"))


def test_staged_tables_go_to_json_and_back(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("siret;date\n21440109300015;2024-01-01\n")
    (table,), _ = stage(path, tmp_path / "staging", origin="dossier/a.csv")
    assert table.origin == "dossier/a.csv"
    assert StagedTable.from_dict(json.loads(json.dumps(table.to_dict()))) == table
    refused = Refused("a", "b")
    assert Refused.from_dict(refused.to_dict()) == refused


def test_extensions_come_from_the_wheels_and_none_is_fetched():
    connection = connect(extensions=["ducklake", "sqlite_scanner", "spatial"])
    loaded = {
        row[0]
        for row in connection.execute(
            "SELECT extension_name FROM duckdb_extensions() WHERE loaded"
        ).fetchall()
    }
    assert {"ducklake", "sqlite_scanner", "spatial"} <= loaded
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM 'https://example.org/a.csv'")
    with pytest.raises(LakeError, match="absente"):
        connect(extensions=["inconnue"])
