"""The checks of a small table are made in two turns: they give what one turn gives, whatever the cells."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from beffroi.lake.readers import amounts, stage, two_pass_checks

# Each a column: what fits at once, and what only the second turn tells.
COLUMNS = {
    "entiers": ["0", "12", "-3", "900", "4", "57"],
    "entiers signés": ["0", "+12", "-3", "900", "4", "57"],
    "entiers et zéros": ["0", "012", "3", "900", "4", "57"],
    "entiers à virgule": ["1", "12", "3", "900,0", "4", "57"],
    "entiers longs": ["1", "1234567890123456789", "3", "900", "4", "57"],
    "entiers très longs": ["1", "999999999999999999", "3", "900", "4", "57"],
    "entiers absents": ["0", "NA", "3", "", "4", "57"],
    "entiers et mot": ["0", "deux", "3", "12", "4", "57"],
    "virgules": ["0,5", "12,25", "-3,10", "900", "4,1", "57,0"],
    "points": ["0.5", "12.25", "-3.10", "900", "4.1", "57.0"],
    "points zéro": ["1.0", "12.0", "3.0", "900.0", "4.0", "57.0"],
    "virgules et points": ["0.5", "12,25", "3,1", "900", "4,1", "57"],
    "longues décimales": ["0,123456", "12,25", "3,1", "900", "4,1", "57"],
    "mille ou un": ["1.234", "2.345", "3.456", "4.567", "5.678", "6.789"],
    "milliers": ["1 234,5", "2 345,6", "3 456", "4", "5", "6"],
    "euros": ["12 €", "3,5 €", "4 €", "5 €", "6 €", "7 €"],
    "parts": ["12 %", "3,5 %", "4 %", "5", "6 %", "7 %"],
    "négatifs": ["(12,5)", "3,5", "4-", "5", "6", "7"],
    "puissances": ["1e3", "2,5", "4", "5", "6", "7"],
    "virgule seule": ["12,", "3", "4", "5", "6", "7"],
    "dates": ["01/02/2026", "03/04/2026", "05/06/2026", "07/08/2026", "09/10/2026", "11/12/2026"],
    "dates sûres": ["01/02/2026", "13/04/2026", "05/06/2026", "07/08/2026", "09/10/2026", "ND"],
    "dates fausses": ["01/02/2026", "31/02/2026", "05/06/2026", "07/08/2026", "09/10/2026", "11/12/2026"],
    "heures": ["2026-01-02 10:30", "2026-01-02 00:00", "", "2026-01-03 00:00", "-", "2026-01-04 00:00"],
    "oui": ["oui", "non", "oui", "oui", "non", "oui"],
    "peut-être": ["oui", "non", "oui", "peut-être", "non", "ND"],
    "texte": ["a", "=A1", "b", "c", "d", "e"],
    "code postal": ["75001", "01004", "59300", "59000", "7500", "13001"],
    "siren": ["552100554.0", "552100554.0", "552100554.0", "552100554.0", "552100554.0", "552100554"],
}


def read(folder: Path, times: int) -> list[Any]:
    path = folder / "fichier.csv"
    rows = [list(COLUMNS), *(list(row) for row in zip(*COLUMNS.values(), strict=True) for _ in range(times))]
    path.write_text("\n".join(";".join(row) for row in rows) + "\n", "utf-8")
    (table,), refused = stage(path, folder / "staging")
    assert not refused
    relation = duckdb.sql(f"FROM '{table.parquet}'")
    quarantined = duckdb.sql(f"SELECT line, reason, raw FROM '{table.quarantine}'").fetchall()
    return [table.columns, table.guesses, list(map(str, relation.types)), relation.fetchall(), quarantined]


@pytest.mark.parametrize("times", [1, 40])
def test_two_passes_give_the_results_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Six rows each once, then each forty times: enough for a misfit to be quarantined."""
    in_two = read(tmp_path, times)
    monkeypatch.setattr(two_pass_checks, "MAX_ROWS", 0)
    assert read(tmp_path, times) == in_two


def test_simple_number_needs_three_checks_and_any_other_all_of_them() -> None:
    number = amounts.propose(["0", "12"])
    assert number
    checks = number.checks("c1")
    assert set(two_pass_checks.first_pass_checks(number, "c1", checks, ["0", "12"])) == {
        "values",
        "simple",
        "highest",
    }
    results = two_pass_checks.first_pass_results(checks, {"values": 2, "simple": 2, "highest": 12.0})
    assert results and results.keys() == checks.keys()
    assert (results["values"], results["fit"], results["whole"], results["zeros"], results["missing"]) == (
        2,
        2,
        2,
        0,
        None,
    )
    assert two_pass_checks.first_pass_results(checks, {"values": 2, "simple": 1, "highest": 12.0}) is None
    assert "simple" not in two_pass_checks.first_pass_checks(number, "c1", checks, ["0", "+12"])


def test_a_number_that_a_person_calls_an_absence_is_not_simple() -> None:
    number = amounts.propose(["0", "12"])
    assert number
    number = replace(number, marks=frozenset({"999"}))
    assert "simple" not in two_pass_checks.first_pass_checks(number, "c1", number.checks("c1"), ["0", "12"])
