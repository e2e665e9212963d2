"""Random tables written in random dialects come back whole; the quick road and the careful one agree."""

import csv
import io
import string
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.lake.readers import delimited, stage

# Each text begins with a letter that no number, date or boolean begins with, so that a column of them is text.
WORDS = st.just("") | st.text(
    alphabet=string.ascii_letters + "éèêàçùôîïÉÈÀ -'\"\n;,|\t", min_size=0, max_size=24
).map("Ç".__add__)
ROW = st.tuples(
    WORDS,
    st.integers(-(10**12), 10**12),
    st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False),
    st.dates(date(1970, 1, 1), date(2068, 12, 31)),
    st.from_regex(r"0[0-9]{4}", fullmatch=True),
)
BLANKS = " \t\r\n\u00a0"


def written(rows, separator, mark, quoting, ending, dates):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=ending)
    writer.writerow(["Libellé", "Quantité", "Prix", "Jour", "Code postal"])
    for words, whole, amount, day, code in rows:
        writer.writerow([words, str(whole), str(amount).replace(".", mark), day.strftime(dates), code])
    return out.getvalue()


@given(
    rows=st.lists(ROW, min_size=3, max_size=40),
    separator=st.sampled_from([";", ",", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    mark=st.sampled_from([",", "."]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    ending=st.sampled_from(["\n", "\r\n"]),
    dates=st.sampled_from(["%Y-%m-%d", "%d/%m/%Y"]),
)
def test_a_table_comes_back_whole(rows, separator, encoding, mark, quoting, ending, dates):
    # An accent in the header lets the encoding be told; a cell of blanks only is empty.
    text = written(rows, separator, mark, quoting, ending, dates)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(text.encode(encoding))
        tables, refused = stage(path, Path(folder) / "staging")
        assert not refused
        (table,) = tables
        assert table.rows_read == table.rows_kept == len(rows)
        assert [column.label for column in table.columns] == [
            "Libellé", "Quantité", "Prix", "Jour", "Code postal",
        ]  # fmt: skip
        import duckdb

        found = duckdb.sql(f"SELECT * EXCLUDE _line FROM '{table.parquet}' ORDER BY _line").fetchall()
    assert [row[3] for row in found] == [row[3] for row in rows]
    assert [row[4] for row in found] == [row[4] for row in rows]
    assert [row[1] for row in found] == [row[1] for row in rows]
    assert [Decimal(row[2]) for row in found] == [row[2] for row in rows]
    assert [row[0] for row in found] == [row[0].strip(BLANKS) or None for row in rows]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_quick_road_and_the_careful_one_agree(tmp_path, monkeypatch, ending):
    rows = [["ville", "code", "prix", "note"]]
    rows += [
        [f"Ville n° {n}", f"{n:05d}", f"{n},25", "" if n % 3 else 'dit "oui"; puis non'] for n in range(5000)
    ]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator=ending).writerows(rows)
    path = tmp_path / "villes.csv"
    path.write_bytes(out.getvalue().encode("cp1252"))
    taken = []
    quick = delimited._quick
    monkeypatch.setattr(delimited, "_quick", lambda *args: taken.append(quick(*args)) or taken[-1])
    (fast,), _ = stage(path, tmp_path / "quick")
    assert taken == [True]
    monkeypatch.setattr(delimited, "_quick", lambda *args: False)
    (slow,), _ = stage(path, tmp_path / "slow")
    import duckdb

    one, two = (
        duckdb.sql(f"SELECT * FROM '{table.parquet}' ORDER BY _line").fetchall() for table in (fast, slow)
    )
    assert one == two
    assert [column.to_dict() for column in fast.columns] == [column.to_dict() for column in slow.columns]
    assert one[0][-1] == 2
    assert one[-1][-1] == 5001
