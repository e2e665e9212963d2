"""A long text read in one pass gives what the thorough reading gives; the first surprise sends it there, without loss."""

import logging
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rings
from beffroi.lake.readers import (
    delimited,
    encodings,
    line_ranges,
    parquet_parts,
    single_pass,
    stage,
    subtotals,
    text_pieces,
)
from beffroi.lake.tables import StagedTable
from rings import representatives

HEADER = "Identifiant;Commune;Date relevé;Montant;Quantité;Taux;Payé;Remarque;Heure"
ROWS = 12_000 if rings.LONG else 1_500  # more than the head and the stretches that are sampled


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the quick ring files are an eighth as long, and so is what is sampled of them."""
    if not rings.LONG:
        monkeypatch.setattr(single_pass, "HEAD_ROWS", single_pass.HEAD_ROWS // 8)
        monkeypatch.setattr(single_pass, "STRETCH", single_pass.STRETCH // 64)


def row(number: int, header: str = HEADER, **other: str) -> str:
    cells = {
        "Identifiant": f"{number:08}",
        "Commune": ("Aulnoy", "Pré-l'Évêque", "La Chênaie")[number % 3],
        "Date relevé": f"{number % 28 + 1:02}/{number % 12 + 1:02}/2023",
        "Montant": f"{number % 900 + 1},{number % 100:02}",
        "Quantité": str(number % 50),
        "Taux": f"0,{number % 1_000_000:06}",
        "Payé": "oui" if number % 2 else "non",
        "Remarque": "",
        "Heure": f"2023-01-{number % 28 + 1:02} {number % 24:02}:30:00",
    }
    cells |= {name.replace("_", " "): value for name, value in other.items()}
    return ";".join(cells[name] for name in header.split(";"))


def regular(header: str = HEADER, **last: str) -> list[str]:
    return [
        header,
        *(row(number, header) for number in range(ROWS - 1)),
        row(ROWS - 1, header, **last),
    ]


def around(surprise: dict[str, str]) -> str:
    """The header of a file for a surprise: in the quick ring, an identifier, a text and the columns in question."""
    requested = {"Identifiant", "Commune", *(name.replace("_", " ") for name in surprise)}
    return HEADER if rings.LONG else ";".join(name for name in HEADER.split(";") if name in requested)


Both = tuple[StagedTable, StagedTable, bool]


@pytest.fixture
def both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Callable[..., Both]:
    """The same bytes by both roads, and whether one pass was enough."""

    def _both(lines: list[str], encoding: str = "utf-8", end: str = "\r\n") -> Both:
        path = tmp_path / "fichier.csv"
        path.write_bytes((end.join(lines) + end).encode(encoding, "surrogateescape"))
        caplog.clear()
        with caplog.at_level(logging.INFO, logger=single_pass.__name__):
            monkeypatch.setattr(single_pass, "MIN_SIZE", 0)
            one = staged(path, tmp_path)
            monkeypatch.setattr(single_pass, "MIN_SIZE", 1 << 60)
            other = staged(path, tmp_path)
        return one, other, "the thorough way" not in caplog.text

    return _both


def staged(path: Path, folder: Path) -> StagedTable:
    tables, refused = stage(path, folder / "staging")
    assert not refused
    (table,) = tables
    assert table.rows_read == table.rows_kept + table.rows_quarantined
    return table


def content(table: StagedTable) -> list[Any]:
    relation = duckdb.sql(f"FROM '{table.parquet}' ORDER BY _line")
    quarantined = duckdb.sql(f"FROM '{table.quarantine}' ORDER BY line, raw")
    return [
        *(relation.columns, list(map(str, relation.types)), relation.fetchall(), quarantined.fetchall()),
        *(table.columns, table.guesses, table.rows_read, table.rows_kept, table.rows_quarantined),
        *(table.name, table.origin, table.file_sha256),
    ]


@pytest.mark.parametrize(
    ("encoding", "end"),
    representatives(
        product(["utf-8", "utf-8-sig", "cp1252", "utf-16"], ["\n", "\r\n"]),
        [("utf-8", "\n"), ("cp1252", "\r\n"), ("utf-16", "\r\n")],
    ),
)
def test_a_regular_file_is_read_in_one_pass_and_gives_the_same_table(
    both: Callable[..., Both], encoding: str, end: str
) -> None:
    one, other, straight_away = both(regular(), encoding, end)
    assert straight_away
    assert content(one) == content(other)
    assert one.rows_kept == ROWS
    types = {column.name: column.type for column in one.columns}
    assert types == {
        "identifiant": "code",
        "commune": "text",
        "date_releve": "date",
        "montant": "decimal",
        "quantite": "integer",
        "taux": "number",
        "paye": "boolean",
        "remarque": "text",
        "heure": "datetime",
    }


def test_titles_above_and_blank_lines_below_are_followed_in_one_pass(both: Callable[..., Both]) -> None:
    one, other, straight_away = both(["Relevés 2023;;;;;;;;", *regular(), "", ""])
    assert straight_away
    assert content(one) == content(other)
    assert one.rows_quarantined == 1


@pytest.mark.parametrize(("last", "whole"), [({}, True), ({"Montant": "gratuit"}, False)])
def test_every_core_writes_pieces_that_make_the_same_table(
    both: Callable[..., Both], monkeypatch: pytest.MonkeyPatch, last: dict[str, str], whole: bool
) -> None:
    monkeypatch.setattr(line_ranges, "free_cores", lambda: 2)
    monkeypatch.setattr(line_ranges, "MIN_SHARE", 1 << 10)
    monkeypatch.setattr(text_pieces, "MAX_PIECE", 1 << 14)
    one, other, straight_away = both(["Relevés 2023;;;;;;;;", *regular(**last), "", ""])
    assert straight_away is whole
    assert content(one) == content(other)
    in_file = [line for (line,) in duckdb.sql(f"SELECT _line FROM '{one.parquet}'").fetchall()]
    assert in_file == sorted(in_file)


@pytest.fixture
def judged_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this size are scanned as long ones: no further than some lines."""
    for module in (delimited, single_pass, subtotals):
        monkeypatch.setattr(module, "MAX_ROWS", 50)
    monkeypatch.setattr(delimited, "MARGIN", 0)
    monkeypatch.setattr(encodings, "_PREFIX", 1 << 10)
    monkeypatch.setattr(encodings, "_PIECE", 1 << 10)


LATE: list[tuple[str, dict[str, str], bool]] = [
    ("utf-8", {}, True),
    ("cp1252", {"Quantité": "5", "Remarque": "5 €"}, True),
    ("utf-8", {"Commune": "Sous-total Aulnoy"}, True),
    ("utf-8", {"Montant": "gratuit"}, False),
    ("utf-8", {"Commune": "Aulnoy\udce9"}, False),
    ("utf-8", {"Identifiant": "\udce9"}, False),
    ("utf-8", {"Date_relevé": "\udce9"}, False),
    ("utf-8", {"Remarque": "\udcc3"}, False),
    ("utf-8", {"Commune": "Aul\0noy"}, False),
]


@pytest.mark.usefixtures("judged_by_its_beginning")
@pytest.mark.parametrize(
    ("encoding", "last", "whole"),
    representatives(
        LATE,
        [one for one in LATE if set(one[1]) & {"Commune", "Date_relevé"} or one[0] == "cp1252"],
    ),
)
def test_what_the_beginning_of_a_long_file_hid_is_found(
    both: Callable[..., Both],
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
    last: dict[str, str],
    whole: bool,
) -> None:
    monkeypatch.setattr(text_pieces, "MAX_PIECE", 1 << 14)
    first, *lines = regular(**last)
    one, other, straight_away = both(["Relevés 2023;;;;;;;;", first, *lines, "", ""], encoding)
    assert straight_away is whole
    assert content(one) == content(other)
    assert one.rows_read == ROWS + 1


@pytest.mark.usefixtures("judged_by_its_beginning")
def test_a_long_file_whose_lines_end_cut_amounts_is_read_record_by_record(both: Callable[..., Both]) -> None:
    lines = ["Nom,Montant,Remarque", *(f"Écluse {number},{number},Bief" for number in range(ROWS))]
    one, other, _ = both([*lines, "Écluse,12,50,"])
    assert content(one) == content(other)


def test_parts_of_parquet_that_are_not_alike_are_not_made_one(tmp_path: Path) -> None:
    parts = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    for part, value in zip(parts, ("1", "'a'"), strict=True):
        duckdb.sql(f"COPY (SELECT {value} AS n) TO '{part}' (FORMAT parquet)")
    with pytest.raises(parquet_parts.NotAlike):
        parquet_parts.concatenate(parts, tmp_path / "both.parquet")


SURPRISES = {
    "a leading zero among whole numbers": {"Quantité": "007"},
    "a leading zero among decimals": {"Montant": "007,50"},
    "a leading zero among floating numbers": {"Taux": "00,5"},
    "more decimals than the type holds": {"Montant": "1,23456"},
    "decimals that end with zeros": {"Montant": "1,50000"},
    "a point among commas": {"Montant": "1.5"},
    "an exponent": {"Quantité": "1e3"},
    "an exponent among decimals": {"Montant": "1,5e1"},
    "a capital exponent among floating numbers": {"Taux": "1,5E-3"},
    "a whole number where most have a mark": {"Montant": "12"},
    "a whole number among floating numbers": {"Taux": "1"},
    "a mark without figures behind": {"Montant": "12,"},
    "a point among floating numbers": {"Taux": "0.25"},
    "a point among whole numbers": {"Quantité": "5.0"},
    "a negative number": {"Montant": "-0,50", "Quantité": "-3", "Taux": "-12,25"},
    "nothing, as a number": {"Montant": "0", "Quantité": "0", "Taux": "0"},
    "decimals among whole numbers": {"Quantité": "5,4"},
    "a mark of thousands": {"Quantité": "1_000"},
    "a mark of thousands among floating numbers": {"Taux": "1_000,5"},
    "a space of thousands": {"Montant": "1 000,50"},
    "a euro": {"Montant": "12,50 €"},
    "a number too long": {"Quantité": "12345678901234567890"},
    "a mark of absence among numbers": {"Quantité": "NA"},
    "a mark of absence among dates": {"Date_relevé": "N/A"},
    "a word among numbers": {"Montant": "gratuit"},
    "a day that is not": {"Date_relevé": "31/02/2023"},
    "a short year": {"Date_relevé": "1/2/23"},
    "a word among dates": {"Date_relevé": "epoch"},
    "another word among dates": {"Date_relevé": "infinity"},
    "the date that some software writes for none": {"Date_relevé": "01/01/1900"},
    "a day and a month of one figure": {"Date_relevé": "1/2/2023"},
    "a date between quotes": {"Date_relevé": '"02/02/2023"'},
    "no date between quotes": {"Date_relevé": '""'},
    "an instant with its zone": {"Heure": "2023-01-01 10:00:00+02:00"},
    "another word among booleans": {"Payé": "peut-être"},
    "a letter in an identifier": {"Identifiant": "A1"},
    "a padded text": {"Commune": " Aulnoy "},
    "a text padded by an unbreakable space": {"Commune": "Aulnoy\u00a0"},
    "a line break inside quotes": {"Commune": '"Aul\nnoy"'},
    "one cell too many": {"Heure": "2023-01-01 10:00:00;de trop"},
    "an unclosed quote": {"Commune": '"Aulnoy'},
    "the header again": dict(zip(HEADER.replace(" ", "_").split(";"), HEADER.split(";"), strict=True)),
    "a blank row": dict.fromkeys(HEADER.replace(" ", "_").split(";"), ""),
    "a total": {**dict.fromkeys(HEADER.replace(" ", "_").split(";"), ""), "Identifiant": "Total", "Montant": "9,00"},
    "a subtotal": {"Commune": "Sous-total Aulnoy"},
    "a formula": {"Commune": "=SOMME(A1:A9)"},
    "a percent": {"Taux": "5,25 %"},
    "an amount in brackets": {"Montant": "(12,50)"},
    "a minus sign behind": {"Montant": "12,50-"},
    "a true minus sign": {"Quantité": "−4"},
    "a note": {**dict.fromkeys(HEADER.replace(" ", "_").split(";"), ""), "Identifiant": "Source : mairie"},
}  # fmt: skip


# What a number would lose without a word.
LOSSES = {name for name in SURPRISES if "zero" in name or "absence" in name or "decimals" in name}


@pytest.mark.parametrize("surprise", SURPRISES)
def test_a_surprise_in_the_very_last_row_loses_nothing(both: Callable[..., Both], surprise: str) -> None:
    cells = SURPRISES[surprise]
    one, other, straight_away = both(regular(around(cells), **cells))
    assert content(one) == content(other)
    assert one.rows_read == ROWS
    assert not (straight_away and surprise in LOSSES)


@pytest.mark.parametrize(
    ("surprise", "remark"),
    representatives(
        product(
            [
                "an exponent among decimals",
                "a mark of thousands",
                "a point among commas",
                "nothing, as a number",
            ],
            ["2e étage", '"dit ""le Vieux"""', "1_a"],
        ),
        [
            ("an exponent among decimals", "2e étage"),
            ("a mark of thousands", "1_a"),
            ("a point among commas", '"dit ""le Vieux"""'),
            ("nothing, as a number", "2e étage"),
        ],
    ),
)
def test_numbers_stay_safe_next_to_texts_where_figures_bear_letters(
    both: Callable[..., Both], surprise: str, remark: str
) -> None:
    cells = SURPRISES[surprise]
    header = around(cells | {"Remarque": ""})
    first, *lines = regular(header, **cells)
    one, other, _ = both([first, row(0, header, Remarque=remark), *lines[1:]])
    assert content(one) == content(other)


def test_marks_of_absence_that_the_sample_shows_are_no_surprise(both: Callable[..., Both]) -> None:
    lines = [
        HEADER,
        *(row(n, **({"Quantité": "NA", "Date_relevé": "ND"} if n % 7 == 0 else {})) for n in range(ROWS)),
    ]
    one, other, straight_away = both(lines)
    assert straight_away
    assert content(one) == content(other)
    assert ("Valeurs manquantes de « Quantité »", "NA") in [
        (guess.what, guess.value) for guess in one.guesses
    ]


def test_the_points_of_a_mark_of_absence_are_no_decimal_points_in_one_pass(both: Callable[..., Both]) -> None:
    lines = [HEADER, *(row(n, **({"Montant": "n.c."} if n % 7 == 0 else {})) for n in range(ROWS))]
    one, other, straight_away = both(lines)
    assert straight_away
    assert content(one) == content(other)
    assert ("Décimales de « Montant »", "virgule") in [(guess.what, guess.value) for guess in one.guesses]


def test_a_column_filled_only_far_below_is_typed_all_the_same(both: Callable[..., Both]) -> None:
    lines = [
        HEADER,
        *(
            row(n, Remarque="12/05/2024" if n > ROWS * 3 // 4 and n % (ROWS // 24) == 0 else "")
            for n in range(ROWS)
        ),
    ]
    one, other, straight_away = both(lines)
    assert straight_away
    assert content(one) == content(other)
    assert {column.name: column.type for column in one.columns}["remarque"] == "date"


@pytest.mark.parametrize("late", ["12/12/2023", "13/12/2023"])
def test_a_day_above_twelve_far_below_settles_that_days_come_first(
    both: Callable[..., Both], late: str
) -> None:
    months = [f"01/{number % 12 + 1:02}/2023" for number in range(ROWS)]
    lines = [HEADER, *(row(number, Date_relevé=month) for number, month in enumerate(months))]
    one, other, straight_away = both([*lines, row(ROWS, Date_relevé=late)])
    assert straight_away is late.startswith("12")
    assert content(one) == content(other)


@pytest.mark.parametrize("late", ["12/2023", "13/2023"])
def test_a_month_that_is_none_far_below_makes_texts_of_all(both: Callable[..., Both], late: str) -> None:
    lines = [HEADER, *(row(number, Date_relevé=f"{number % 12 + 1:02}/2023") for number in range(ROWS))]
    one, other, straight_away = both([*lines, row(ROWS, Date_relevé=late)])
    assert straight_away is late.startswith("12")
    assert content(one) == content(other)
    types = {column.name: column.type for column in one.columns}
    assert types["date_releve"] == ("date" if straight_away else "text")


def test_columns_from_which_a_geometry_is_made_are_read_the_thorough_way(both: Callable[..., Both]) -> None:
    lines = ["nom;x;y", *(f"arbre {n};{700_000 + n};{6_300_000 + n}" for n in range(ROWS))]
    one, other, straight_away = both(lines)
    assert not straight_away
    assert content(one) == content(other)
    assert one.columns[-1].name == "geometry"


def test_longitudes_and_latitudes_are_recognised_in_one_pass(both: Callable[..., Both]) -> None:
    lines = ["nom;longitude;latitude", *(f"arbre {n};3.{n + 10_000};50.{n + 10_000}" for n in range(ROWS))]
    one, other, straight_away = both(lines)
    assert straight_away
    assert content(one) == content(other)
    assert any(guess.what.startswith("Coordonnées") for guess in one.guesses)


def test_formulas_that_the_sample_shows_are_counted_on_all_rows(both: Callable[..., Both]) -> None:
    lines = [
        HEADER,
        *(
            row(n, **({"Commune": "=A1"} if n % (ROWS // 12) == 7 or n == ROWS - 2 else {}))
            for n in range(ROWS)
        ),
    ]
    one, other, straight_away = both(lines)
    assert straight_away
    assert content(one) == content(other)
    assert ("Formules en texte dans « Commune »", "13 cellule(s)") in [
        (guess.what, guess.value) for guess in one.guesses
    ]


CELLS = st.sampled_from(
    ["0", "12", "-3", "+4", "007", "1,5", "1,50", "0,25", "12,3456", "1,23456", "1.5", "1 234", "1 234,56", "12 €", "3,10 €",
     "1e3", "NA", "-", "", "oui", "non", "Vrai", "01/02/2023", "1/2/2023", "31/02/2023", "2023-01-02", "2023-01-02 10:00",
     "2023-01-02 00:00", "2023-01-02T10:00:00Z", "10:30", "texte", "é", " bordé ", '"a;b"', '"a\nb"', '"dit ""oui"""', "75001",
     "01004", "5.0", "12345678901234567890", "Total", "12,", ",5", "20230102", "Sous-total nord", "=A1+1", "-cmd(1)", "5 %",
     "01/02/65", "20/11/99", "552 100 554", "552 100 554 00013", "55210055400013", "Moyenne", "44109", "44999", "20230103", "2",
     "(3)", "12,50-", "−4", "13/05/2023", "01/02/2023 10:00", "1.234", "1.234,50", "12,0", "45000", "6300000", "700000"]
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> list[str]:
    """Columns that mostly repeat one or two values, with a surprise now and then: what files are like."""
    height = draw(st.integers(2, 30))
    columns = []
    for _ in range(draw(st.integers(1, 4))):
        usual = draw(st.lists(CELLS, min_size=1, max_size=2))
        cells = [usual[n % len(usual)] for n in range(height)]
        if draw(st.booleans()):
            cells[draw(st.integers(0, height - 1))] = draw(CELLS)
        columns.append(cells)
    names = draw(st.permutations(["Nom", "Date", "Montant", "Code", "X", "Y", "COM", "SIRET", "Fin"]))[
        : len(columns)
    ]
    return [";".join(names), *(";".join(cells) for cells in zip(*columns, strict=True))]


@given(lines=tables(), head=st.sampled_from([1, 3, 5_000]))
def test_both_roads_agree_on_whatever_is_written(
    both: Callable[..., Both], monkeypatch: pytest.MonkeyPatch, lines: list[str], head: int
) -> None:
    monkeypatch.setattr(single_pass, "HEAD_ROWS", head)
    one, other, _ = both(lines)
    assert content(one) == content(other)
