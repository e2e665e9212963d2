"""JSON as portals publish it: lists at any depth, lines, values inside values, and traps."""

import copy
import json
import subprocess
import sys
import zipfile

import pytest
from peak import PEAK


def test_a_list_two_objects_down_is_found(look):
    """Public contracts are published so (« données essentielles de la commande publique »)."""
    contracts = [
        {"id": f"2023{n:04}", "objet": "Voirie", "acheteur": {"id": "21440109300015"}, "montant": n}
        for n in range(3)
    ]
    looked = look(json.dumps({"marches": {"marche": contracts}}), "decp.json")
    assert (
        looked.types == {"id": "code", "objet": "text", "acheteur_id": "code", "montant": "integer"}
        or looked.types["acheteur_id"] == "code"
    )
    assert len(looked.rows) == 3


def test_several_lists_are_several_tables(look_all):
    data = {"marches": {"marche": [{"a": 1}, {"a": 2}], "contrat-concession": [{"b": "x"}]}, "version": "2.0"}
    tables, refused = look_all(json.dumps(data), "decp.json")
    assert not refused
    assert {origin: len(looked.rows) for origin, looked in tables.items()} == {
        "decp.json#marches.marche": 2,
        "decp.json#marches.contrat-concession": 1,
    }


def test_nested_values_are_stored_and_reported(look):
    rows = [{"nom": "a", "lieu": {"ville": "Rezé", "centre": {"x": 1}}, "horaires": ["lundi", "mardi"]}]
    looked = look(json.dumps(rows * 2, ensure_ascii=False), "a.json")
    assert looked.labels == ["nom", "lieu.ville", "lieu.centre", "horaires"]
    assert looked.rows[0]["horaires"] == '["lundi", "mardi"]'
    assert looked.guess("Valeurs imbriquées").value == "horaires, lieu.centre"


def test_two_names_that_would_become_one_lose_nothing(look):
    looked = look(json.dumps([{"a.b": 1, "a": {"b": 2}}, {"a.b": 3, "a": {"b": 4}}]), "a.json")
    assert looked.labels == ["a.b", "a"]
    assert looked.rows[1]["a_b"] == 3
    assert looked.rows[1]["a"] == '{"b": 4}'


def test_a_property_called_geometry_is_not_lost(look):
    feature = {
        "type": "Feature",
        "properties": {"geometry": "ponctuelle"},
        "geometry": {"type": "Point", "coordinates": [1.5, 43.6]},
    }
    looked = look(json.dumps({"type": "FeatureCollection", "features": [feature] * 2}), "a.geojson")
    assert looked.labels == ["geometry (attribut)", "geometry"]
    assert looked.rows[0]["geometry_attribut"] == "ponctuelle"


def test_bad_line_among_json_lines_is_quarantined(look):
    lines = [json.dumps({"n": n, "nom": "été"}) for n in range(20)]
    lines[7] = '{"n": 7, "nom": '
    looked = look("\n".join(lines) + "\n", "a.jsonl")
    assert looked.kinds() == [(8, "mal formée")]
    assert looked.column("_line")[6:8] == [7, 9]


def test_element_that_is_no_object_is_quarantined(look):
    looked = look(json.dumps([{"n": n} for n in range(20)] + [None]), "a.json")
    assert looked.kinds() == [(21, "mal formée")]


def test_rows_as_lists_lose_no_cell(look):
    looked = look(json.dumps([["nom", "n"], ["a", 1], ["b", 2, "de trop"]]), "a.json")
    assert looked.kinds() == [(2, "mal formée")]
    assert "de trop" in looked.quarantined[0]["raw"]


@pytest.mark.parametrize(
    "data",
    [
        {"$schema": "https://json-schema.org/draft-07/schema#", "items": [{"a": 1}]},
        {"name": "scdl", "fields": [{"name": "siret", "type": "string"}]},
        {"profile": "data-package", "resources": [{"path": "a.csv"}]},
    ],
)
def test_a_schema_is_not_data(refuse, data):
    assert "schéma" in refuse(json.dumps(data), "schema.json")


@pytest.mark.parametrize("signs", ["[]", '{"a":}'])
def test_values_nested_without_end_are_refused(refuse, signs):
    opening, closing = ("[", "]") if signs == "[]" else ('{"a":', "}")
    for content in (opening * 100_000 + "1" + closing * 100_000, opening * 100_000, f"[{opening * 100_000}"):
        reason = refuse(content, "profond.json")
        assert "profondeur" in reason or "mal formé" in reason


def test_a_million_keys_are_refused(refuse):
    assert "colonnes" in refuse(json.dumps([{f"k{n}": n for n in range(100_000)}]), "large.json")


# --- memory stays bounded: read by a process that may not take more than it is given


def staged_under(limit: int, path, staging) -> str:
    """Stages the file in a process whose memory is measured; gives the reason of the refusal."""
    code = (
        "import sys; from pathlib import Path; from beffroi.lake.readers import stage; "
        "tables, refused = stage(Path(sys.argv[1]), Path(sys.argv[2])); "
        f"print({PEAK} * 1024); "
        "print([(len(table.columns), table.rows_read) for table in tables]); print([one.reason for one in refused])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(staging)], capture_output=True, text=True, check=True
    )
    peak, _, reasons = done.stdout.splitlines()
    assert int(peak) < limit
    return reasons


def test_a_million_columns_are_refused_with_bounded_memory(tmp_path):
    path = tmp_path / "large.csv"
    path.write_text(";".join(f"c{n}" for n in range(1_000_000)) + "\n" + ";".join("1" * 1_000_000) + "\n")
    assert "colonnes" in staged_under(1 << 30, path, tmp_path / "staging")


def test_a_parquet_that_lies_about_its_sizes_is_refused_with_bounded_memory(tmp_path):
    import duckdb

    path = tmp_path / "menteur.parquet"
    duckdb.sql("SELECT range AS n, repeat('x', 50) AS t FROM range(10000)").write_parquet(
        str(path), compression="zstd"
    )
    content = bytearray(path.read_bytes())
    # The length of the footer, four bytes before the last four.
    content[-8:-4] = (0x7FFFFFFF).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    assert "Parquet" in staged_under(2 << 30, path, tmp_path / "staging")


def test_a_parquet_that_unfolds_beyond_memory_is_refused(tmp_path):
    import duckdb

    path = tmp_path / "bombe.parquet"
    duckdb.sql(
        "COPY (SELECT repeat('x', 1000000) AS t FROM range(2000)) "
        f"TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)"
    )
    assert path.stat().st_size < 50 << 20
    assert "démesuré" in staged_under(3 << 30, path, tmp_path / "staging")


def test_an_archive_whose_members_share_the_same_bytes_is_refused(tmp_path):
    """Each member stays under the limit; together, they would fill the disk."""
    path = tmp_path / "lot.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.csv", b"a;b\n" + b"0;0\n" * (7 << 20))
        for n in range(1, 60):
            again = copy.copy(archive.filelist[0])
            again.filename = f"{n}.csv"
            archive.filelist.append(again)
    assert path.stat().st_size < 1 << 20
    assert "démesuré" in staged_under(1 << 30, path, tmp_path / "staging")
