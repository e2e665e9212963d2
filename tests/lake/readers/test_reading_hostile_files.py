"""Hostile files, each read in a process of its own: it ends soon, in little memory, with a word in French or a table."""

import contextlib
import os
import re
import signal
import sqlite3
import threading
import time
from dataclasses import replace

import pytest

import rings
from beffroi.lake import readers
from beffroi.lake.processes import Limits
from beffroi.lake.readers import infer, stage
from beffroi.lake.readers.delimited import read_delimited
from beffroi.lake.readers.infer import missing_marks, sample, sample_all
from beffroi.lake.readers.isolated import ReadingServer, limits_of
from beffroi.lake.readers.source import workspace
from beffroi.lake.tables import Refused, StagedTable
from hostile import MAKERS, STOPPED, make

CPU, MEMORY = 20.0, 1 << 20  # seconds, KiB
STOP = "La lecture de ce fichier a été arrêtée"
WHAT_TO_DO = re.compile(r"export|redépos|dépos|refai|découpe|enregistr|vérifiez|rien à faire", re.IGNORECASE)
# One a form and a kind of trap; the others are in the long ring.
QUICK = (
    "csv-arobase-points.csv",
    "csv-espaces-dans-un-nombre.csv",
    "csv-guillemet-jamais-ferme.csv",
    "gpkg-vue-hex.gpkg",
    "gpkg-vue-recursive.gpkg",
    "json-element-de-listes.json",
    "json-profond.json",
    "ods-cent-mille-feuilles.ods",
    "ods-espaces.ods",
    "ods-textes-repetes.ods",
    "parquet-blobs.parquet",
    "parquet-dictionnaire-dans-structure.parquet",
    "shp-points-annonces.zip",
    "xls-chaine-sans-fin.xls",
    "xls-dimensions.xls",
    "xlsx-cellule-cubique.xlsx",
    "xlsx-textes-partages-annonces.xlsx",
    "zip-poupees.zip",
)


@pytest.fixture(scope="module")
def server():
    server = ReadingServer()
    yield server
    server.close()


def test_there_are_enough_of_them():
    forms = {name.partition("-")[0] for name in MAKERS}
    assert len(MAKERS) >= 80
    assert {
        "csv",
        "dbf",
        "geojson",
        "gpkg",
        "gtfs",
        "gz",
        "json",
        "ods",
        "parquet",
        "shp",
        "xls",
        "xlsx",
        "zip",
    } <= forms
    assert set(MAKERS) >= STOPPED


@pytest.mark.parametrize("name", rings.representatives(MAKERS, QUICK))
def test_a_hostile_file_ends_soon_in_little_memory_with_a_word_or_a_table(server, tmp_path, name):
    reading = server.read(make(name, tmp_path), tmp_path / "staging")
    assert reading.cpu_s <= CPU
    assert reading.peak_kib <= MEMORY
    assert reading.outcomes
    refused = [outcome.reason for outcome in reading.outcomes if isinstance(outcome, Refused)]
    for reason in refused:
        assert reason[0].isupper() or reason[0].isdigit()
        assert "imprévue" not in reason
    if len(refused) == len(reading.outcomes) == 1:
        assert WHAT_TO_DO.search(refused[0]) or "pas repris comme données" in refused[0]
    assert any(reason.startswith(STOP) for reason in refused) == (name in STOPPED)
    # What is left in the folder is what the tables are made of.
    table_folders = {
        outcome.parquet.parent for outcome in reading.outcomes if isinstance(outcome, StagedTable)
    }
    left = {path for path in (tmp_path / "staging").glob("*") if path.name[0] != "."}
    assert left <= table_folders or name in STOPPED


def test_an_ordinary_file_is_read_as_in_the_process_itself(server, tmp_path):
    path = tmp_path / "agents.csv"
    path.write_bytes(
        "Nom;Courriel;Début;Montant\nAnne Été;a@example.org;01/02/2024;1 234,50\n".encode("cp1252") * 30
    )
    (apart,) = server.read(path, tmp_path / "apart").outcomes
    (tables, refused) = stage(path, tmp_path / "here")
    assert not refused
    assert isinstance(apart, StagedTable)
    assert apart.parquet.read_bytes() == tables[0].parquet.read_bytes()
    assert any(guess.examples for guess in apart.guesses)
    assert replace(apart, parquet=tables[0].parquet, quarantine=tables[0].quarantine) == tables[0]


def test_tables_read_before_the_timeout_stay_and_the_stop_is_reported(server, tmp_path):
    limits = Limits(memory_mb=896, cpu_seconds=2, wall_seconds=120, disk_mb=512)
    reading = server.read(make("zip-arbre.zip", tmp_path), tmp_path / "staging", limits=limits)
    *tables, refused = reading.outcomes
    assert tables
    assert all(table.parquet.is_file() for table in tables)
    assert refused.reason.startswith(f"{STOP} : elle demandait un temps démesuré.")
    assert "ce qui en avait été lu aussi" in refused.reason
    assert reading.cpu_s < 4


def test_a_reader_is_stopped_by_the_clock_too(server, tmp_path):
    limits = Limits(memory_mb=896, cpu_seconds=60, wall_seconds=0.2, disk_mb=512)
    reading = server.read(make("zip-arbre.zip", tmp_path), tmp_path / "staging", limits=limits)
    assert "un temps démesuré" in reading.outcomes[-1].reason


@pytest.mark.parametrize(
    ("name", "why"),
    [("xls-chaine-sans-fin.xls", "une mémoire démesurée"), ("xls-dimensions.xls", "interrompu le lecteur")],
)
def test_reason_of_the_stop_is_reported(server, tmp_path, name, why):
    (refused,) = server.read(make(name, tmp_path), tmp_path / "staging").outcomes
    assert why in refused.reason
    assert "gardé tel quel" in refused.reason


def test_another_file_is_read_while_one_hangs(server, tmp_path):
    hanging = make("zip-arbre.zip", tmp_path)
    path = tmp_path / "autre.csv"
    path.write_text("a;b\n1;2\n")
    limits = Limits(memory_mb=896, cpu_seconds=2, wall_seconds=120, disk_mb=512)
    ended = threading.Event()

    def hang():
        server.read(hanging, tmp_path / "staging", limits=limits)
        ended.set()

    thread = threading.Thread(target=hang)
    thread.start()
    (table,) = server.read(path, tmp_path / "other").outcomes
    assert not ended.is_set()
    assert table.rows_kept == 1
    thread.join()


def test_a_server_that_was_killed_is_started_again(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1;2\n")
    server = ReadingServer()
    server.read(path, tmp_path / "one")
    process = server._forks._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (table,) = server.read(path, tmp_path / "two").outcomes
    assert table.rows_kept == 1
    server.close()


def test_reader_dies_with_its_parent_process(server, tmp_path):
    """Closing the server ends the readers at work: a worker that stops leaves nothing behind."""
    own = ReadingServer()
    hanging = make("zip-arbre.zip", tmp_path)
    readings = []
    thread = threading.Thread(target=lambda: readings.append(own.read(hanging, tmp_path / "staging")))
    thread.start()
    deadline = time.monotonic() + 60
    while not (list((tmp_path / "staging").glob(".zip-*")) if (tmp_path / "staging").exists() else []):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    own.close()
    thread.join(30)
    assert not thread.is_alive()


def test_a_large_file_may_use_more_than_a_small_one():
    small, large = limits_of(4_000), limits_of(500 << 20)
    assert small.cpu_seconds <= CPU
    assert small.memory_mb << 10 <= MEMORY
    assert large.cpu_seconds > 20 * small.cpu_seconds
    assert large.memory_mb == 4_096


def test_a_view_of_a_geopackage_is_refused_and_its_tables_are_read(tmp_path):
    path = make("gpkg-vue-recursive.gpkg", tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE bancs (id INTEGER PRIMARY KEY, nom TEXT)")
        connection.execute("INSERT INTO bancs (nom) VALUES ('Place de la mairie')")
        connection.execute(
            "INSERT INTO gpkg_contents SELECT 'bancs', data_type, 'bancs', '', last_change, 0, 0, 1, 1, 4326 FROM gpkg_contents"
        )
    (table,), (refused,) = stage(path, tmp_path / "staging")
    assert (table.origin, table.rows_kept) == (f"{path.name}#bancs", 1)
    assert refused.file == f"{path.name}#couche"
    assert "vue" in refused.reason


def test_an_archive_gives_as_many_tables_as_a_person_can_look_at(tmp_path, make_zip, monkeypatch):
    monkeypatch.setattr(readers, "MAX_TABLES", 3)
    path = tmp_path / "mairies.zip"
    path.write_bytes(make_zip({f"{n}.csv": b"a;b\n1;2\n" for n in range(6)}))
    tables, (refused,) = stage(path, tmp_path / "staging")
    assert [table.name for table in tables] == ["0", "1", "2"]
    assert "Découpez-le" in refused.reason
    assert len([folder for folder in (tmp_path / "staging").iterdir() if folder.is_dir()]) == 3


def test_the_sample_of_a_wide_table_is_that_of_its_columns_one_by_one(tmp_path):
    names = [f"c{n}" for n in range(infer._FEW + 1)]
    rows = [";".join(str(n * row) if (n + row) % 7 else "" for n in range(len(names))) for row in range(200)]
    path = tmp_path / "large.csv"
    path.write_text("\n".join([";".join(names), *rows]))
    with workspace(tmp_path / "staging") as (connection, work):
        source = read_delimited(path, connection, work, name="large", origin="large.csv", strict=False)
        source.text.fill()
        one_by_one = [sample(source, place, missing_marks(source, name)) for place, name in enumerate(names)]
        assert sample_all(source, names) == one_by_one
