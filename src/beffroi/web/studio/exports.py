"""An answer as CSV, as a spreadsheet in French opens it: semicolons, decimal commas, byte order mark.

Invented data say so in the first column of every row and in the file's name.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.text import slugify

from .answers import Answer
from .presentation import columns_of

SIMULATED = "données simulées"


@dataclass(frozen=True)
class CsvFile:
    name: str
    content: bytes


def csv_of(found: Answer) -> CsvFile:
    """The columns of the figure with their French labels, and every row of the result."""
    figure, table = found.figure, found.released.table
    names = columns_of(figure, table)
    labels = figure.encodings.labels
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    first = [SIMULATED] if figure.simulated else []
    writer.writerow([*(["avertissement"] if first else []), *(labels.get(n, n) for n in names)])
    for row in table.select(names).to_pylist():
        writer.writerow([*first, *(_plain(row[name]) for name in names)])
    marked = " donnees simulees" if first else ""
    return CsvFile(f"{slugify(figure.title + marked)[:100]}.csv", text.getvalue().encode("utf-8-sig"))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float | Decimal):
        return f"{value:f}".rstrip("0").rstrip(".").replace(".", ",") if "." in f"{value:f}" else f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    written = str(value)
    # A spreadsheet would run a text that begins like a formula.
    return (
        f"'{written}"
        if isinstance(value, str) and written[:1] in ("=", "+", "-", "@", "\t", "\r")
        else written
    )
