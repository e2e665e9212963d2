"""JSON too heavy to be read whole: the same rows, in bounded memory."""

import json
import subprocess
import sys

import duckdb
import pytest
from peak import PEAK

from beffroi.lake.readers import large_json, stage


@pytest.fixture
def everything_is_large(monkeypatch):
    monkeypatch.setattr(large_json, "LARGE", 0)
    monkeypatch.setattr(large_json, "HEAD", 200)
    monkeypatch.setattr(large_json, "CHUNK", 37)
    monkeypatch.setattr(large_json, "BATCH", 3)


ROWS = [{"nom": f"école {n}", "cp": f"0{n:04}", "lieu": {"x": n / 2}} for n in range(10)] + [
    {"nom": "mairie", "n": 3, "liste": [1, {"a": "]}"}]}
]


@pytest.mark.parametrize("shape", ["list", "lines", "wrapped"])
def test_the_same_rows_come_out_piece_by_piece(look, everything_is_large, shape):
    text = {
        "list": json.dumps(ROWS, ensure_ascii=False, indent=1),
        "lines": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS),
        "wrapped": json.dumps({"total_count": 2, "results": ROWS}),
    }[shape]
    looked = look(text, "a.json")
    assert looked.labels == ["nom", "cp", "lieu.x", "n", "liste"]
    assert looked.column("cp")[:2] == ["00000", "00001"]
    assert looked.column("nom")[-1] == "mairie"
    assert looked.rows[-1]["liste"] == '[1, {"a": "]}"}]'
    assert len(looked.rows) == 11
    assert looked.guess("Valeurs imbriquées").value == "liste"


def test_projected_geojson_is_converted_to_degrees_by_batches(look, everything_is_large):
    feature = {
        "type": "Feature",
        "properties": {"n": 1},
        "geometry": {"type": "Point", "coordinates": [771032.404, 6279234.247]},
    }
    data = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}},
        "features": [feature] * 8,
    }
    looked = look(json.dumps(data), "a.geojson")
    assert json.loads(looked.rows[7]["geometry"])["coordinates"] == pytest.approx([3.8796, 43.6086], abs=1e-5)
    assert looked.guess("Coordonnées").certain


@pytest.mark.parametrize(
    "text",
    ['[{"a": 1}, {"a": 2', '{"a": [{"b": 1}], "c": [{"d": 2}]}', '[{"a": 1}, 3]', '{"reglage": {"x": 1}}'],
)
def test_what_would_lose_something_is_refused(refuse, everything_is_large, text):
    assert "JSON" in refuse(text, "a.json")


@pytest.mark.long
def test_a_heavy_geojson_is_read_in_bounded_memory(tmp_path):
    path = tmp_path / "batiments.geojson"
    ring = [[round(3.8 + n / 1000, 6), round(43.6 + n / 1500, 6)] for n in range(60)]
    feature = json.dumps(
        {
            "type": "Feature",
            "properties": {"insee": "34172", "h": 12.5},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
    )
    count = 60_000
    with path.open("w") as out:
        out.write('{"type": "FeatureCollection", "features": [\n' + feature)
        for _ in range(count - 1):
            out.write(",\n" + feature)
        out.write("\n]}")
    assert path.stat().st_size > 70 << 20
    code = (
        "import sys; from pathlib import Path; from beffroi.lake.readers import stage; "
        "(table,), _ = stage(Path(sys.argv[1]), Path(sys.argv[2])); "
        f"print(table.rows_kept, {PEAK})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "s")],
        capture_output=True,
        text=True,
        check=True,
    )
    rows, peak = map(int, done.stdout.split())
    assert rows == count
    assert peak < 1_000_000  # kilobytes


def test_a_light_file_and_a_heavy_one_agree(tmp_path, everything_is_large, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS))
    (heavy,), _ = stage(path, tmp_path / "staging")
    monkeypatch.setattr(large_json, "LARGE", 1 << 30)
    (light,), _ = stage(path, tmp_path / "staging")
    assert heavy.columns == light.columns
    query = "SELECT * FROM '{}' ORDER BY _line"
    assert (
        duckdb.sql(query.format(heavy.parquet)).fetchall()
        == duckdb.sql(query.format(light.parquet)).fetchall()
    )
