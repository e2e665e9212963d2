"""Every real file is gathered without help, or refused for a good reason; counts and sums are checked independently."""

import csv
import io
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from beffroi.lake.readers import stage_folder
from beffroi.lake.tables import Refused, StagedTable
from rings import LONG

# Which encoding each file that is not UTF-8 is in, read once by eye.
ENCODINGS = {"montpellier-2014": "cp1252", "nantes-canteens": "cp1252"}
NOT_TABLES = (".md", ".pdf", ".txt", ".json")
# A third OpenDocument workbook, which takes a third of all the time: read in the long ring.
LEFT_OUT = () if LONG else ("VilleMTP_MTP_PointAdresse.ods",)


@pytest.fixture(scope="module")
def gathered(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[StagedTable | Refused]]:
    staging = tmp_path_factory.mktemp("staging")
    found = {}
    for name in ("nantes-canteens", "montpellier-2014"):
        folder = staging / "files" / name
        shutil.copytree(real_data / "open-data" / name, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        found[name] = list(stage_folder(folder, staging / name))
    return found


def tables(outcomes: list[StagedTable | Refused]) -> dict[str, StagedTable]:
    return {outcome.origin: outcome for outcome in outcomes if isinstance(outcome, StagedTable)}


@pytest.mark.parametrize("name", ["nantes-canteens", "montpellier-2014"])
def test_every_file_becomes_tables_or_a_reason(gathered, real_data, name):
    folder = real_data / "open-data" / name
    files = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in LEFT_OUT
    }
    reported = {
        (outcome.origin if isinstance(outcome, StagedTable) else outcome.file).split("!")[0].split("#")[0]
        for outcome in gathered[name]
    }
    assert reported == files
    for outcome in gathered[name]:
        if isinstance(outcome, Refused):
            assert outcome.file.endswith(NOT_TABLES)
            assert "imprévue" not in outcome.reason


@pytest.mark.parametrize("name", ["nantes-canteens", "montpellier-2014"])
def test_rows_are_those_that_the_csv_module_counts(gathered, real_data, name):
    checked = 0
    for origin, table in tables(gathered[name]).items():
        assert table.rows_read == table.rows_kept + table.rows_quarantined
        if not origin.endswith(".csv"):
            continue
        text = decoded(real_data / "open-data" / name / origin, ENCODINGS[name])
        separator = Counter(sign for sign in text.splitlines()[0] if sign in ";,").most_common(1)[0][0]
        if '"ID,N' in text or (";" in text.splitlines()[1] and text.splitlines()[1].count(";") > 3):
            separator = ";" if ";" in text.splitlines()[0] else ","
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
        assert table.rows_read == len(rows) - 1, origin
        assert len(table.columns) == len(rows[0]), origin
        checked += 1
    assert checked > 10


def decoded(path: Path, otherwise: str) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(otherwise)


@pytest.mark.parametrize("name", ["nantes-canteens", "montpellier-2014"])
def test_no_accent_is_lost(gathered, name):
    for origin, table in tables(gathered[name]).items():
        words = [column.name for column in table.columns if column.type in ("text", "code")]
        text = " ".join(column.label for column in table.columns)
        for word in words:
            found = duckdb.sql(
                f"SELECT string_agg(DISTINCT \"{word}\", ' ') FROM '{table.parquet}'"
            ).fetchone()
            text += " " + ((found and found[0]) or "")
        assert not [sign for sign in ("\ufffd", "Ã", "â€", "‚", "Š", "\x82", "\x8a") if sign in text], origin


def test_identifiers_of_montpellier_stay_text(gathered):
    found = tables(gathered["montpellier-2014"])

    def types(origin: str) -> dict[str, str]:
        return {column.name: column.type for column in found[origin].columns}

    assert types("VilleMTP_MTP_EffectifSco_2013.csv")["cdpost"] == "code"
    assert types("VilleMTP_MTP_EffectifSco_2013.csv")["rne"] == "code"
    assert types("VilleMTP_MTP_ListeAssoc_2011.csv")["code_postal"] == "code"
    assert types("VilleMTP_MTP_Batiments.csv")["codcomm"] == "code"
    assert types("VilleMTP_MTP_BudgetAnt.csv")["sous_fonction"] == "code"
    assert types("VilleMTP_MTP_Delibs.csv")["numero_de_deliberation"] == "code"
    assert types("VilleMTP_MTP_ArbresAlign.ods")["idarbre"] == "code"
    assert types("VilleMTP_MTP_ParkingOuv.csv")["datdc"] == "date"
    assert types("VilleMTP_MTP_Quartiers.geojson")["geometry"] == "geometry"


def test_sums_of_the_budget_are_exact(gathered, real_data):
    table = tables(gathered["montpellier-2014"])["VilleMTP_MTP_BudgetAnt.csv"]
    text = (real_data / "open-data/montpellier-2014/VilleMTP_MTP_BudgetAnt.csv").read_text(encoding="cp1252")
    expected: Counter[tuple[str, str]] = Counter()
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=";"):
        expected[row["Exercice"], row["D_R"]] += Decimal(row["Exécuté"].replace(",", "."))  # type: ignore[assignment]
    found = duckdb.sql(
        f"SELECT exercice::VARCHAR, d_r, sum(execute) FROM '{table.parquet}' GROUP BY ALL"
    ).fetchall()
    assert {(year, side): amount for year, side, amount in found} == dict(expected)


def test_contacts_of_the_associations_are_personal(gathered):
    table = tables(gathered["montpellier-2014"])["VilleMTP_MTP_ListeAssoc_2011.csv"]
    personal = {column.name: column.personal for column in table.columns if column.personal}
    assert personal["mail_asso"] == "email"
    assert personal["tel_asso"] == "phone"


def test_each_sheet_of_the_subsidies_is_read_without_its_totals(gathered):
    found = tables(gathered["montpellier-2014"])
    sheets = [origin for origin in found if origin.startswith("VilleMTP_MTP_AttribSub_2014.ods#")]
    assert len(sheets) == 4
    table = found["VilleMTP_MTP_AttribSub_2014.ods#Subventions"]
    types = {column.name: column.type for column in table.columns}
    assert types["montant"] == "integer"
    totals = duckdb.sql(f"SELECT raw FROM '{table.quarantine}' WHERE kind = 'total'").fetchall()
    # One below each theme: their sums prove them.
    assert len(totals) > 15
    assert any("1556280" in raw for (raw,) in totals)
    (words,) = duckdb.sql(
        f"SELECT count(*) FROM '{table.parquet}' WHERE lower(code) LIKE '%total%'"
    ).fetchone()
    assert words == 0
    theme = found["VilleMTP_MTP_AttribSub_2014.ods#Par thématique"]
    (summed,) = duckdb.sql(f"SELECT sum(total) FROM '{theme.parquet}'").fetchall()
    assert summed[0] == 3057674


def test_the_canteen_counts_of_nantes_are_typed(gathered):
    table = tables(gathered["nantes-canteens"])["raw/frequentation.csv"]
    assert {column.name: column.type for column in table.columns} == {
        "site_type": "text", "date": "date", "prevision": "integer", "reel": "integer", "site_nom": "text",
    }  # fmt: skip
    first, last, rows = duckdb.sql(
        f"SELECT min(date), max(date), count(*) FROM '{table.parquet}'"
    ).fetchall()[0]
    assert date(2011, 1, 1) <= first < last <= date(2020, 12, 31)
    assert rows == 83265
    strikes = tables(gathered["nantes-canteens"])["regressions/Journees_de_greve.csv"]
    assert strikes.columns[0].type == "date"


@pytest.mark.long
def test_all_other_real_files_account_for_their_rows(real_data, tmp_path):
    outcomes = [
        outcome
        for folder in ("bal", "bike-counters-nantes", "calendar-temperature", "gtfs", "ma-cantine")
        for outcome in stage_folder(real_data / "open-data" / folder, tmp_path)
    ]
    assert len(tables(outcomes)) > 70
    assert [outcome.file for outcome in outcomes if isinstance(outcome, Refused)] == ["LICENSE"]
    for table in tables(outcomes).values():
        assert table.rows_read == table.rows_kept + table.rows_quarantined
        for column in table.columns:
            if "siret" in column.name or "insee" in column.name or column.name == "code_postal":
                assert column.type in ("code", "text"), (table.origin, column)
