"""A water network in EPANET's format: one table of its lines, in order, and a French refusal of what is not one."""

from pathlib import Path

import pyarrow.parquet as pq

from beffroi.lake.readers import stage
from beffroi.lake.tables import StagedTable

NETWORK = """[TITLE]
Réseau d'essai

[JUNCTIONS]
;ID Elev
 n1 10 ;premier
 n2  12
[RESERVOIRS]
 r1 60
[pipes]
 p1 r1 n1 100 150 130
 p2 n1 n2 100 100 130

[END]
"""


def _read(path: Path, staging: Path) -> StagedTable:
    tables, refused = stage(path, staging)
    assert not refused, refused
    (table,) = tables
    return table


def test_the_lines_of_a_network_keep_their_part_and_their_order(tmp_path: Path) -> None:
    path = tmp_path / "reseau.inp"
    path.write_bytes(NETWORK.encode("cp1252"))
    table = pq.read_table(_read(path, tmp_path / "staging").parquet)
    assert table["section"].to_pylist() == [
        "TITLE", "JUNCTIONS", "JUNCTIONS", "JUNCTIONS", "RESERVOIRS", "PIPES", "PIPES",
    ]  # fmt: skip
    assert table["line"].to_pylist() == [
        "Réseau d'essai", ";ID Elev", "n1 10 ;premier", "n2  12", "r1 60", "p1 r1 n1 100 150 130", "p2 n1 n2 100 100 130",
    ]  # fmt: skip


def test_a_file_that_is_no_network_is_refused_in_french(tmp_path: Path) -> None:
    path = tmp_path / "autre.inp"
    path.write_text("[OPTIONS]\n solver fast\n", encoding="utf-8")
    tables, refused = stage(path, tmp_path / "staging")
    assert not tables
    assert "ce n'est pas un réseau EPANET" in refused[0].reason


def test_parts_named_by_their_first_letters_are_accepted_as_epanet_does(tmp_path: Path) -> None:
    path = tmp_path / "court.inp"
    path.write_bytes(b"[junc]\r\n n1\t10\r\n[PIPE]\r\n p1\tr1\tn1\t100 150 130\r\n")
    table = pq.read_table(_read(path, tmp_path / "staging").parquet)
    assert table["section"].to_pylist() == ["JUNC", "PIPE"]
    assert table["line"].to_pylist() == ["n1\t10", "p1\tr1\tn1\t100 150 130"]
