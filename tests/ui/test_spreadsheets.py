"""Tables for a spreadsheet: no text of theirs is run as a formula, in a heading or in a cell."""

import io
from pathlib import Path

import pytest

import beffroi.web
from beffroi.web.ui.spreadsheets import Writer, escape_formula

WEB = Path(beffroi.web.__file__).parent


def written(*rows: list[object], **options: str) -> list[str]:
    out = io.StringIO()
    Writer(out, **options).writerows(rows)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("=1+1", "'=1+1"),
        ("@somme", "'@somme"),
        ("+oui()", "'+oui()"),
        ("-oui()", "'-oui()"),
        ("\t=1+1", "'\t=1+1"),
        ("\n=1+1", "'\n=1+1"),
        ("＝1+1", "'＝1+1"),
        ("-12,5", "-12,5"),
        ("- ", "- "),
        ("+33 1 23 45 67 89", "+33 1 23 45 67 89"),
        ("Île=mer", "Île=mer"),
        ("", ""),
    ],
)
def test_a_text_that_would_be_run_begins_with_an_apostrophe(text, escaped):
    assert escape_formula(text) == escaped


def test_headings_are_stored_texts_like_cells_and_numbers_stay_numbers():
    assert written(["=HYPERLINK(1)", "Lieu"], ["@somme", -2]) == ["'=HYPERLINK(1);Lieu", "'@somme;-2"]
    assert written(["a", "b"], delimiter=",") == ["a,b"]


def test_every_table_of_the_site_is_written_by_this_writer():
    by_hand = [path for path in WEB.rglob("*.py") if "csv.writer(" in path.read_text("utf-8")]
    assert by_hand == [WEB / "ui" / "spreadsheets.py"]
