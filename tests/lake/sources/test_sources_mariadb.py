"""MariaDB as a source, on the distribution's server, by a user who may read one table and nothing else."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from beffroi.lake import sources
from beffroi.lake.sources import AccessRefused, Network, NotThere, Secret, SourceDown, SourceError
from servers.certificates import certified
from servers.mariadb import PASSWORD, READER, MariaDB

SECRET = Secret(user=READER, password=PASSWORD)

EVERYTHING = """
CREATE TABLE tout (
    id bigint unsigned PRIMARY KEY, insee varchar(5), montant decimal(12,2), taux double, actif boolean, niveau tinyint(1),
    jour date, maj datetime(6), vu timestamp NULL, heure time, fiche json, etat enum('ouvert','clos'), drapeau bit(1),
    annee year, photo blob, place point, mot text
) CHARACTER SET utf8mb4;
INSERT INTO tout VALUES
    (18446744073709551615, '01004', 1234.50, 0.5, true, 2, '2024-02-29', '2024-03-01 12:34:56.789012',
     '2024-03-01 10:00:00', '08:30:00', '{"a": 1}', 'clos', b'1', 2024, x'00ff', ST_GeomFromText('POINT(6.86 47.64)', 4326),
     'Été 🌞'),
    (2, '2A004', -0.01, NULL, false, 0, '0000-00-00', NULL, NULL, '-10:00:00', NULL, 'ouvert', b'0', NULL, NULL, NULL, '');
"""


@pytest.fixture
def server(maria: MariaDB) -> MariaDB:
    maria.sql("DROP DATABASE metier; CREATE DATABASE metier")
    return maria


def made(server: MariaDB, statement: str, table: str = "tout") -> None:
    server.sql(f"SET time_zone='+00:00', sql_mode=''; {statement}", "metier")
    server.sql(f"GRANT SELECT ON metier.{table} TO '{READER}'@'%'")


def spec(server: MariaDB, table: str = "tout", **more: Any) -> sources.Spec:
    settings = {
        "kind": "mariadb",
        "host": "127.0.0.1",
        "port": server.port,
        "database": "metier",
        "tls": "none",
    }
    return sources.parse({**settings, "table": table, **more})


def network(server: MariaDB, **more: Any) -> Network:
    return Network((f"127.0.0.1:{server.port}",), **more)


def test_every_type_is_read_as_the_database_stores_it(server: MariaDB, tmp_path: Path) -> None:
    made(server, EVERYTHING)
    fetched = sources.fetch(spec(server), SECRET, network(server), tmp_path)
    second, first = sorted(pq.read_table(fetched.files[0]).to_pylist(), key=lambda row: row["id"])
    assert first["id"] == Decimal(18446744073709551615) and first["insee"] == "01004"
    assert (first["montant"], second["montant"]) == (Decimal("1234.50"), Decimal("-0.01"))
    assert (first["actif"], second["actif"]) == (True, False) and (first["niveau"], second["niveau"]) == (
        2,
        0,
    )
    assert first["jour"] == datetime.date(2024, 2, 29) and second["jour"] is None
    assert first["maj"] == datetime.datetime(2024, 3, 1, 12, 34, 56, 789012)
    assert first["vu"] == datetime.datetime(2024, 3, 1, 10, 0, tzinfo=datetime.UTC)
    assert (first["heure"], second["heure"]) == ("08:30:00", "-10:00:00")
    assert (first["fiche"], first["etat"], first["drapeau"], first["annee"]) == (
        '{"a": 1}',
        "clos",
        True,
        2024,
    )
    assert first["mot"] == "Été 🌞" and second["mot"] == ""
    assert '"Point"' in first["place"] and "6.86" in first["place"]
    assert "photo" not in first and any("photo" in note for note in fetched.notes)
    assert any("1 valeur(s) de « jour »" in note for note in fetched.notes)


def test_only_the_tables_that_the_user_may_read_are_offered(server: MariaDB) -> None:
    made(server, EVERYTHING)
    server.sql("CREATE TABLE secrete (mot text)", "metier")
    offers = sources.list_offers(spec(server, ""), SECRET, network(server))
    assert [(offer.name, offer.key) for offer in offers] == [("tout", ("id",))]


def test_what_is_new_comes_with_the_last_value_again(server: MariaDB, tmp_path: Path) -> None:
    made(
        server,
        "CREATE TABLE tout (id int, maj datetime(6)); INSERT INTO tout VALUES (1, '2024-01-01'), (2, '2024-01-02 10:00:00.5')",
    )
    source = spec(server, cursor="maj")
    first = sources.fetch(source, SECRET, network(server), tmp_path / "1")
    server.sql("INSERT INTO tout VALUES (3, '2024-01-02 10:00:00.5'), (4, '2023-01-01')", "metier")
    second = sources.fetch(source, SECRET, network(server), tmp_path / "2", since=first.cursor)
    assert sorted(pq.read_table(second.files[0]).column("id").to_pylist()) == [2, 3]
    assert second.incremental and second.cursor == first.cursor


def test_errors_are_reported_in_french_without_any_secret(server: MariaDB, tmp_path: Path) -> None:
    made(server, "CREATE TABLE tout (id int)")
    with pytest.raises(AccessRefused, match="mot de passe") as caught:
        sources.check(spec(server), Secret(READER, "faux-mot"), network(server))
    assert "faux-mot" not in f"{caught.value!r}{caught.value.__cause__!r}"
    with pytest.raises((AccessRefused, NotThere)):
        sources.fetch(spec(server, "partie"), SECRET, network(server), tmp_path)
    with pytest.raises(SourceDown, match="chiffr"):
        sources.check(spec(server, tls="verify"), SECRET, network(server))
    assert list(tmp_path.iterdir()) == []


def test_a_line_cut_in_the_middle_leaves_nothing(server: MariaDB, tmp_path: Path) -> None:
    made(server, "CREATE TABLE tout AS SELECT seq AS id, repeat('x', 200) AS mot FROM seq_1_to_200000")

    def cut(_: str) -> None:
        for row in server.sql("SELECT id FROM information_schema.processlist WHERE user = 'lecteur'").split():
            server.sql(f"KILL {row}")

    with pytest.raises(SourceDown, match="coupé"):
        sources.fetch(spec(server), SECRET, network(server), tmp_path, on_progress=cut)
    assert list(tmp_path.iterdir()) == []


def test_a_session_of_a_source_may_write_nothing(server: MariaDB) -> None:
    from beffroi.lake.sources.databases.sessions import session

    made(server, "CREATE TABLE tout (id int)")
    server.sql(f"GRANT ALL ON metier.* TO '{READER}'@'%'")
    with (
        network(server).egress() as egress,
        pytest.raises(SourceError),
        session(spec(server), SECRET, egress) as connection,  # type: ignore[arg-type]
    ):
        connection.exec_driver_sql("INSERT INTO tout VALUES (1)")
    server.sql(f"REVOKE ALL ON metier.* FROM '{READER}'@'%'")
    assert server.sql("SELECT count(*) FROM metier.tout") == "0"


def test_table_is_read_in_place_without_disclosing_the_password(server: MariaDB) -> None:
    made(server, EVERYTHING)
    with sources.in_place(spec(server), SECRET, network(server)) as table:
        assert "photo" not in table.columns and "insee" in table.columns
        found = table.filter(table.insee == "01004").select("insee", "montant").to_pyarrow().to_pylist()
        assert found == [{"insee": "01004", "montant": Decimal("1234.50")}]
        listing = str(table.get_backend().raw_sql("SELECT * FROM duckdb_databases()").fetchall())
        listing += str(table.get_backend().raw_sql("SELECT * FROM duckdb_secrets()").fetchall())
        assert PASSWORD not in listing


def test_a_table_read_in_place_has_the_certificate_of_its_server_verified(
    server: MariaDB, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from beffroi.lake.sources.databases import scanners

    made(server, "CREATE TABLE tout AS SELECT 1 AS id")
    _, stranger = certified(tmp_path / "certificate", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", server.authority)
    source = spec(server, tls="verify")
    with sources.in_place(source, SECRET, network(server)) as table:
        assert table.select("id").to_pyarrow().to_pylist() == [{"id": 1}]
    monkeypatch.setattr(
        scanners, "certificate_authorities_file", lambda: stranger
    )  # of the scanner only: the first look is right
    with pytest.raises(SourceDown, match="sur place"), sources.in_place(source, SECRET, network(server)):
        pass
