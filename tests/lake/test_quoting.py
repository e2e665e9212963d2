"""Quoting of names and texts in SQL, against DuckDB itself."""

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from beffroi.lake.quoting import quote_identifier, quote_literal

# DuckDB refuses a zero byte inside a query; half of a surrogate pair is no text.
WRITTEN = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(name=WRITTEN, value=WRITTEN)
def test_the_engine_reads_back_a_quoted_name_and_a_quoted_text(name: str, value: str) -> None:
    found = duckdb.sql(f"SELECT {quote_literal(value)} AS {quote_identifier(name)}")
    assert found.columns == [name] and found.fetchall() == [(value,)]
