"""Input tables from files of a folder, for the command line."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems import registry
from beffroi.systems.binding import BindingError
from beffroi.systems.table_files import read_folder
from commands import beffroi

CANTEEN = registry.get("canteen").manifest


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_declared_names_are_read_in_their_types(tmp_path: Path) -> None:
    write(
        tmp_path,
        attendance="site;date;meals;secret\nÉmile-Zola;2024-01-02;12;x\nÉmile-Zola;2024-01-03;NA;y\n",
        rolls='site,school_year,pupils\n"Zola, élémentaire",2023-2024,120\n',
    )
    parquet.write_table(pa.table({"date": [date(2024, 1, 9)]}), tmp_path / "strikes.parquet")
    found = read_folder(tmp_path, CANTEEN)
    assert sorted(found) == ["attendance", "rolls", "strikes"]
    assert found["attendance"].column_names == ["site", "date", "meals"]
    assert found["attendance"].to_pylist()[1] == {
        "site": "Émile-Zola",
        "date": date(2024, 1, 3),
        "meals": None,
    }
    assert found["rolls"].to_pylist() == [
        {"site": "Zola, élémentaire", "school_year": "2023-2024", "pupils": 120}
    ]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({}, "Aucune table dans ce dossier"),
        ({"rolls": "site;school_year;pupils\nZola;2023;12\n"}, "Repas servis"),
        ({"attendance": "site;date\nZola;2024-01-02\n"}, "Il manque la colonne « meals »"),
        ({"attendance": "site;date;meals\nZola;02/01/2024;12\n"}, "la ligne 1 contient « 02/01/2024 »"),
        ({"attendance": "site;date;meals\nZola;2024-01-02;12;13\n"}, "ne se lit pas"),
    ],
)
def test_unusable_files_are_reported(tmp_path: Path, texts: dict[str, str], message: str) -> None:
    with pytest.raises(BindingError, match=message):
        read_folder(write(tmp_path, **texts), CANTEEN)


def test_the_command_refuses_them_too(tmp_path: Path) -> None:
    done = beffroi(
        "check", "canteen", "--data", str(write(tmp_path, attendance="site;date\nZola;2024-01-02\n"))
    )
    assert done.returncode == 2 and "meals" in done.stderr
    done = beffroi("check", "--all", "--data", str(tmp_path))
    assert done.returncode == 2 and "d'un seul" in done.stderr


@given(st.binary(max_size=200))
def test_hostile_bytes_are_refused_or_read_never_a_breakdown(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "attendance.csv").write_bytes(b"site;date;meals\n" + raw)
    try:
        found = read_folder(folder, CANTEEN)
    except BindingError:
        return
    assert set(found) == {"attendance"}
