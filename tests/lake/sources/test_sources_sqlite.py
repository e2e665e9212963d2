"""SQLite files as sources: types that may be anything, old encodings, folders that the operator listed."""

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from beffroi.lake import sources
from beffroi.lake.readers import stage
from beffroi.lake.sources import AddressRefused, Network, NotThere, Secret, SourceError

NOBODY = Secret()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "ouvert"
    folder.mkdir()
    return folder / "metier.sqlite"


def made(base: Path, *statements: str) -> None:
    with sqlite3.connect(base) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def spec(base: Path, table: str = "tout", **more: Any) -> sources.Spec:
    return sources.parse({"kind": "sqlite", "path": str(base), "table": table, **more})


def rows(base: Path, into: Path, **more: Any) -> tuple[list[dict[str, Any]], sources.Fetched]:
    fetched = sources.fetch(spec(base, **more), NOBODY, Network(folders=(base.parent,)), into)
    return pq.read_table(fetched.files[0]).to_pylist(), fetched


def test_values_come_as_they_are_whatever_was_declared(base: Path, tmp_path: Path) -> None:
    made(
        base,
        "CREATE TABLE tout (id INTEGER PRIMARY KEY, insee TEXT, montant DECIMAL(10,2), actif BOOLEAN, mele INTEGER, "
        "jour DATE, photo BLOB, taux REAL, fin DECIMAL(10,2))",
        "INSERT INTO tout VALUES (1, '01004', 1234.5, 1, 12, '2024-02-29', x'00', 0.25, 1.005)",
        "INSERT INTO tout VALUES (2, '00750', 0.1, 0, 'douze', '2024-03-01', NULL, 1, 2)",
    )
    found, fetched = rows(base, tmp_path / "out")
    assert found[0]["insee"] == "01004" and found[0]["actif"] is True and found[0]["taux"] == 0.25
    assert (found[0]["montant"], found[1]["montant"]) == (Decimal("1234.50"), Decimal("0.10"))
    assert [row["mele"] for row in found] == ["12", "douze"] and found[0]["fin"] == 1.005
    assert "photo" not in found[0] and fetched.rows == 2
    assert any("mêle" in note for note in fetched.notes)
    tables, _ = stage(fetched.files[0], tmp_path / "staging")
    types = {column.name: column.type for column in tables[0].columns}
    assert types["jour"] == "date" and types["insee"] == "code" and types["montant"] in ("decimal", "number")


def test_texts_of_an_old_windows_are_read(base: Path, tmp_path: Path) -> None:
    made(
        base,
        "CREATE TABLE tout (mot TEXT)",
        "INSERT INTO tout VALUES (CAST(x'e9cole' AS TEXT))".replace("cole", "636f6c65"),
    )
    found, _ = rows(base, tmp_path / "out")
    assert found == [{"mot": "école"}]


def test_what_is_new_comes_by_its_number(base: Path, tmp_path: Path) -> None:
    made(base, "CREATE TABLE tout (id INTEGER, mot TEXT)", "INSERT INTO tout VALUES (1, 'a'), (2, 'b')")
    network = Network(folders=(base.parent,))
    first = sources.fetch(spec(base, cursor="id"), NOBODY, network, tmp_path / "1")
    made(base, "INSERT INTO tout VALUES (3, 'c')")
    second = sources.fetch(spec(base, cursor="id"), NOBODY, network, tmp_path / "2", since=first.cursor)
    assert pq.read_table(second.files[0]).column("id").to_pylist() == [2, 3]


@pytest.mark.parametrize(
    ("declared", "values", "new"),
    [
        ("DATE", ["2024-01-01", "2024-02-01"], "2024-03-01"),
        ("DATETIME", ["2024-01-01 10:00:00", "2024-02-01 10:00:00"], "2024-02-01 10:00:00"),
        ("DECIMAL(10,2)", [1.5, 2.25], 3.75),
        ("TEXT", ["a", "b"], "c"),
        ("REAL", [1.5, 2.5], 3.5),
    ],
)
def test_what_is_new_comes_by_a_column_of_any_kind(
    declared: str, values: list[Any], new: Any, base: Path, tmp_path: Path
) -> None:
    made(base, f"CREATE TABLE tout (n INTEGER, maj {declared})")
    with sqlite3.connect(base) as connection:
        connection.executemany("INSERT INTO tout VALUES (?, ?)", [(1, values[0]), (2, values[1])])
        network = Network(folders=(base.parent,))
        connection.commit()
        first = sources.fetch(spec(base, cursor="maj"), NOBODY, network, tmp_path / "1")
        connection.execute("INSERT INTO tout VALUES (3, ?)", [new])
        connection.commit()
        second = sources.fetch(spec(base, cursor="maj"), NOBODY, network, tmp_path / "2", since=first.cursor)
    assert pq.read_table(second.files[0]).column("n").to_pylist() == [2, 3] and second.incremental


def test_a_file_outside_the_open_folders_is_refused_a_link_to_it_too(base: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "ferme.sqlite"
    made(hidden, "CREATE TABLE tout (id INTEGER)")
    base.symlink_to(hidden)
    for path in (hidden, base, base.parent / ".." / "ferme.sqlite"):
        with pytest.raises(AddressRefused, match="ouvert"):
            sources.check(spec(path), NOBODY, Network(folders=(base.parent,)))


def test_file_that_is_no_database_or_is_missing_is_reported(base: Path) -> None:
    with pytest.raises(NotThere):
        sources.check(spec(base), NOBODY, Network(folders=(base.parent,)))
    base.write_text("a;b\n1;2\n")
    with pytest.raises(SourceError, match="SQLite"):
        sources.check(spec(base), NOBODY, Network(folders=(base.parent,)))


def test_tables_are_offered_and_read_in_place(base: Path) -> None:
    made(
        base,
        "CREATE TABLE tout (id INTEGER PRIMARY KEY, mot TEXT)",
        "INSERT INTO tout VALUES (1, 'a'), (2, 'b')",
    )
    network = Network(folders=(base.parent,))
    offers = sources.list_offers(spec(base, ""), NOBODY, network)
    assert [(offer.name, offer.key) for offer in offers] == [("tout", ("id",))]
    with sources.in_place(spec(base), NOBODY, network) as table:
        assert table.filter(table.id == 2).to_pyarrow().to_pylist() == [{"id": 2, "mot": "b"}]
