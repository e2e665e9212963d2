"""PostgreSQL and PostGIS as sources, on the distribution's server, by a role that may read one table and nothing else."""

import datetime
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from beffroi.lake import sources
from beffroi.lake.readers import stage
from beffroi.lake.sources import AccessRefused, Network, NotThere, Secret, SourceDown, SourceError, TooMuch
from servers.postgis import PASSWORD, READER, Listening

SECRET = Secret(user=READER, password=PASSWORD)

EVERYTHING = """
CREATE TABLE tout (
    id bigint PRIMARY KEY, insee text, code char(5), montant numeric(12,2), libre numeric, taux float8, actif boolean,
    jour date, maj timestamp, vu timestamptz, heure time, fiche jsonb, etiquettes text[], cle uuid, adresse inet,
    photo bytea, place geometry(Point, 2154), lieu geography(Point, 4326), etat text
);
INSERT INTO tout VALUES
    (1, '01004', '00750', 1234.50, 0.123456789012345678, 0.5, true, '2024-02-29', '2024-03-01 12:34:56.789012',
     '2024-03-01 12:00:00+02', '08:30', '{"a": 1}', '{x,y}', '6f1f3f7e-0000-4000-8000-000000000001', '10.0.0.1',
     '\\x00ff', ST_SetSRID(ST_MakePoint(652381.23, 6862047.0), 2154), 'POINT(6.86 47.64)', 'oui'),
    (2, '2A004', '00000', -0.01, 12345678901234567890, 'NaN', false, 'infinity', NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, ''),
    (9007199254740993, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL);
"""


@pytest.fixture
def server(postgresql: Listening) -> Any:
    """The server with an empty schema, and a way to make a spec for one of its tables."""
    postgresql.sql("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public")
    postgresql.sql("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
    postgresql.sql(f"GRANT USAGE ON SCHEMA public TO {READER}")
    return postgresql


def spec(server: Listening, table: str = "tout", **more: Any) -> sources.Spec:
    return sources.parse(
        {
            "kind": "postgresql",
            "host": "127.0.0.1",
            "port": server.port,
            "database": "metier",
            "tls": "none",
            "table": table,
            **more,
        }
    )


def network(server: Listening, **more: Any) -> Network:
    return Network((f"127.0.0.1:{server.port}",), **more)


def made(server: Listening, statement: str, table: str = "tout") -> None:
    server.sql(statement)
    server.sql(f"GRANT SELECT ON {table} TO {READER}")


def test_every_type_is_read_as_the_database_stores_it(server: Listening, tmp_path: Path) -> None:
    made(server, EVERYTHING)
    fetched = sources.fetch(spec(server), SECRET, network(server), tmp_path)
    rows = pq.read_table(fetched.files[0]).to_pylist()
    first, second, third = sorted(rows, key=lambda row: row["id"])
    assert fetched.rows == 3 and third["id"] == 9007199254740993
    assert (first["insee"], first["code"]) == ("01004", "00750")
    assert first["montant"] == Decimal("1234.50") and second["montant"] == Decimal("-0.01")
    assert first["libre"] == Decimal("0.123456789012345678") and second["libre"] == Decimal(
        "12345678901234567890"
    )
    assert first["actif"] is True and first["jour"] == datetime.date(2024, 2, 29)
    assert first["maj"] == datetime.datetime(2024, 3, 1, 12, 34, 56, 789012)
    assert first["vu"] == datetime.datetime(2024, 3, 1, 10, 0, tzinfo=datetime.UTC)
    assert (first["heure"], first["fiche"], first["etiquettes"]) == ("08:30:00", '{"a": 1}', '["x","y"]')
    assert first["cle"] == "6f1f3f7e-0000-4000-8000-000000000001" and first["adresse"].startswith("10.0.0.1")
    assert second["jour"] is None and second["etat"] == ""
    assert "photo" not in first
    assert any("photo" in note and "octets" in note for note in fetched.notes)
    assert any("jour" in note for note in fetched.notes)


def test_domains_lists_and_amounts_are_what_they_hold(server: Listening, tmp_path: Path) -> None:
    server.sql("CREATE DOMAIN rang AS integer CHECK (value > 0); CREATE TYPE etat AS ENUM ('ouvert', 'clos')")
    made(
        server,
        "CREATE TABLE tout AS SELECT 7::rang AS n, 'clos'::etat AS e, 12.5::numeric::money AS m, '1 day'::interval AS d",
    )
    fetched = sources.fetch(spec(server), SECRET, network(server), tmp_path)
    assert pq.read_table(fetched.files[0]).to_pylist() == [
        {"n": 7, "e": "clos", "m": Decimal("12.50"), "d": "1 day"}
    ]


def test_a_server_whose_certificate_is_not_vouched_for_is_refused(
    postgresql_tls: tuple[Listening, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encrypted without a check, then checked: unknown authority, known one under another name, known one under its name."""
    server, authority = postgresql_tls
    names = Network(
        (f"base.test:{server.port}", f"autre.test:{server.port}", f"127.0.0.1:{server.port}"),
        resolver=lambda h, p: ["127.0.0.1"],
    )
    made(server, "DROP TABLE IF EXISTS tout; CREATE TABLE tout AS SELECT 1 AS id")
    assert "répond" in sources.check(spec(server, host="base.test", tls="require"), SECRET, names)
    with pytest.raises(SourceDown, match="certificat"):
        sources.check(spec(server, host="base.test", tls="verify"), SECRET, names)
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    with pytest.raises(SourceDown, match="certificat"):
        sources.check(spec(server, host="autre.test", tls="verify"), SECRET, names)
    assert "répond" in sources.check(spec(server, host="base.test", tls="verify"), SECRET, names)


def test_shapes_come_in_longitude_and_latitude(server: Listening, tmp_path: Path) -> None:
    made(server, EVERYTHING)
    fetched = sources.fetch(spec(server), SECRET, network(server), tmp_path)
    row = next(row for row in pq.read_table(fetched.files[0]).to_pylist() if row["id"] == 1)
    assert '"Point"' in row["place"] and "[2.35" in row["place"] and "48.85" in row["place"]
    assert row["lieu"] == '{"type":"Point","coordinates":[6.86,47.64]}'


def test_the_readers_keep_the_texts_of_a_database_as_texts(server: Listening, tmp_path: Path) -> None:
    made(
        server,
        "CREATE TABLE tout AS SELECT i AS id, (1000 + i)::text AS dossier FROM generate_series(1, 300) i",
    )
    fetched = sources.fetch(spec(server), SECRET, network(server), tmp_path)
    tables, refused = stage(fetched.files[0], tmp_path / "staging")
    assert refused == [] and tables[0].rows_read == 300
    assert {column.name: column.type for column in tables[0].columns} == {"id": "integer", "dossier": "text"}


def test_only_the_tables_that_the_role_may_read_are_offered(server: Listening) -> None:
    made(server, EVERYTHING)
    server.sql("CREATE TABLE secrete (mot text)")
    offers = sources.list_offers(spec(server, table=""), SECRET, network(server))
    names = [offer.name for offer in offers]
    assert "tout" in names and "secrete" not in names
    offer = next(offer for offer in offers if offer.name == "tout")
    assert offer.key == ("id",)
    assert {column.name: column.type for column in offer.columns}["place"] == "geometry(Point,2154)"
    assert sources.choose(spec(server, table=""), offer).table == "tout"  # type: ignore[union-attr]


def test_what_is_new_by_a_growing_number_comes_with_the_last_one_again(
    server: Listening, tmp_path: Path
) -> None:
    made(
        server,
        "CREATE TABLE tout AS SELECT i::bigint AS id, 'ligne ' || i AS mot FROM generate_series(1, 1000) i",
    )
    source = spec(server, cursor="id")
    first = sources.fetch(source, SECRET, network(server), tmp_path / "1")
    server.sql("INSERT INTO tout SELECT i, 'neuve' FROM generate_series(1001, 1005) i")
    second = sources.fetch(source, SECRET, network(server), tmp_path / "2", since=first.cursor)
    assert (first.rows, first.cursor, first.incremental) == (1000, "1000", False)
    assert (second.rows, second.cursor, second.incremental) == (6, "1005", True)


def test_what_is_new_by_date_misses_no_row_of_the_same_moment(server: Listening, tmp_path: Path) -> None:
    made(server, "CREATE TABLE tout (id int, maj timestamptz)")
    server.sql("INSERT INTO tout VALUES (1, '2024-01-01 10:00+00'), (2, '2024-01-02 10:00+00'), (3, NULL)")
    source = spec(server, cursor="maj")
    first = sources.fetch(source, SECRET, network(server), tmp_path / "1")
    server.sql("INSERT INTO tout VALUES (4, '2024-01-02 10:00+00')")
    second = sources.fetch(source, SECRET, network(server), tmp_path / "2", since=first.cursor)
    assert sorted(pq.read_table(second.files[0]).column("id").to_pylist()) == [2, 4]
    assert any("1 ligne(s) n'ont rien dans « maj »" in note for note in first.notes)


def test_cursor_column_of_another_type_is_reported(server: Listening, tmp_path: Path) -> None:
    made(server, "CREATE TABLE tout AS SELECT '2024-01-01'::date AS maj")
    first = sources.fetch(spec(server, cursor="maj"), SECRET, network(server), tmp_path / "1")
    server.sql("ALTER TABLE tout ALTER maj TYPE int USING 3")
    with pytest.raises(SourceError, match="reprise entière"):
        sources.fetch(spec(server, cursor="maj"), SECRET, network(server), tmp_path / "2", since=first.cursor)


def test_wrong_password_is_reported_without_any_secret(
    server: Listening, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made(server, EVERYTHING)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(AccessRefused, match="mot de passe") as caught:
        sources.fetch(spec(server), Secret(READER, "faux-mot"), network(server), tmp_path)
    assert "faux-mot" not in f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert list(tmp_path.iterdir()) == []


def test_unreadable_or_missing_table_is_reported(server: Listening, tmp_path: Path) -> None:
    server.sql("CREATE TABLE fermee (a int)")
    with pytest.raises(AccessRefused, match="SELECT"):
        sources.fetch(spec(server, "fermee"), SECRET, network(server), tmp_path)
    with pytest.raises(NotThere, match="n'existe pas ou plus"):
        sources.fetch(spec(server, "partie"), SECRET, network(server), tmp_path)


def test_server_that_is_down_is_reported(tmp_path: Path) -> None:
    from servers import free_port

    port = free_port()
    down = sources.parse(
        {
            "kind": "postgresql",
            "host": "127.0.0.1",
            "port": port,
            "database": "metier",
            "tls": "none",
            "table": "t",
        }
    )
    with pytest.raises(SourceDown, match=r"127\.0\.0\.1"):
        sources.fetch(down, SECRET, Network((f"127.0.0.1:{port}",)), tmp_path)


def test_a_database_that_is_not_allowed_is_not_reached(server: Listening) -> None:
    with pytest.raises(sources.AddressRefused, match="pas autorisé"):
        sources.check(spec(server), SECRET, Network(("base.ville.fr",)))


def test_more_than_the_limit_is_refused_and_leaves_no_file(server: Listening, tmp_path: Path) -> None:
    made(
        server,
        "CREATE TABLE tout AS SELECT i AS id, repeat('x', 100) AS mot FROM generate_series(1, 50000) i",
    )
    with pytest.raises(TooMuch, match="limite"):
        sources.fetch(spec(server), SECRET, network(server, max_bytes=1 << 20), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_question_that_lasts_too_long_is_stopped(server: Listening, tmp_path: Path) -> None:
    server.sql("CREATE VIEW lente AS SELECT 1 AS id FROM pg_sleep(60)")
    server.sql(f"GRANT SELECT ON lente TO {READER}")
    with pytest.raises(TooMuch, match="temps permis"):
        sources.fetch(spec(server, "lente"), SECRET, network(server, seconds=2), tmp_path)


def test_a_line_cut_in_the_middle_leaves_nothing(server: Listening, tmp_path: Path) -> None:
    made(
        server,
        "CREATE TABLE tout AS SELECT i AS id, repeat('x', 200) AS mot FROM generate_series(1, 200000) i",
    )

    def cut(_: str) -> None:
        server.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Beffroi'"
        )

    with pytest.raises(SourceDown, match="coupé"):
        sources.fetch(spec(server), SECRET, network(server), tmp_path, on_progress=cut)
    assert list(tmp_path.iterdir()) == []


def test_a_session_of_a_source_may_write_nothing(server: Listening) -> None:
    from beffroi.lake.sources.databases.sessions import session

    server.sql(f"CREATE TABLE tout (id int); GRANT ALL ON tout TO {READER}")
    with (
        network(server).egress() as egress,
        pytest.raises(SourceError),
        session(spec(server), SECRET, egress) as connection,  # type: ignore[arg-type]
    ):
        connection.exec_driver_sql("INSERT INTO tout VALUES (1)")
    assert server.sql("SELECT count(*) FROM tout") == "0"


def test_rows_that_arrive_during_the_reading_are_not_half_seen(server: Listening, tmp_path: Path) -> None:
    made(server, "CREATE TABLE tout AS SELECT i AS id FROM generate_series(1, 30000) i")
    added = []

    def meanwhile(_: str) -> None:
        if not added:
            added.append(server.sql("INSERT INTO tout SELECT 0 FROM generate_series(1, 1000)"))

    fetched = sources.fetch(
        spec(server, cursor="id"), SECRET, network(server), tmp_path, on_progress=meanwhile
    )
    assert added and (fetched.rows, fetched.cursor) == (30000, "30000")


def test_filters_go_down_to_a_table_that_is_read_in_place(server: Listening) -> None:
    """A division that fails for the second row: only a filter that the server itself applies leaves it out."""
    made(server, "CREATE TABLE tout AS SELECT i::bigint AS id FROM generate_series(1, 10) i")
    made(server, "CREATE VIEW fragile AS SELECT id, 10 / (id - 2) AS part FROM tout", "fragile")
    with sources.in_place(spec(server, "fragile"), SECRET, network(server)) as table:
        assert table.filter(table.id == 4).to_pyarrow().to_pylist() == [{"id": 4, "part": 5}]


def test_table_is_read_in_place_without_disclosing_the_password(server: Listening) -> None:
    made(server, EVERYTHING)
    with sources.in_place(spec(server), SECRET, network(server)) as table:
        assert "photo" not in table.columns and "insee" in table.columns
        found = table.filter(table.id == 1).select("insee", "montant").to_pyarrow().to_pylist()
        assert found == [{"insee": "01004", "montant": Decimal("1234.50")}]
        listing = str(table.get_backend().raw_sql("SELECT * FROM duckdb_databases()").fetchall())
        listing += str(table.get_backend().raw_sql("SELECT * FROM duckdb_secrets()").fetchall())
        assert PASSWORD not in listing


def test_names_that_look_like_sql_are_only_names(server: Listening, tmp_path: Path) -> None:
    server.sql('CREATE TABLE "l\'été; DROP TABLE x --" ("a ""b""" int, "100%" text)')
    server.sql(f'GRANT SELECT ON "l\'été; DROP TABLE x --" TO {READER}')
    server.sql("INSERT INTO \"l'été; DROP TABLE x --\" VALUES (1, '50 %')")
    source = spec(server, "l'été; DROP TABLE x --", cursor='a "b"')
    fetched = sources.fetch(source, SECRET, network(server), tmp_path / "1")
    assert pq.read_table(fetched.files[0]).to_pylist() == [{'a "b"': 1, "100%": "50 %"}]
    again = sources.fetch(source, SECRET, network(server), tmp_path / "2", since=fetched.cursor)
    assert again.rows == 1
