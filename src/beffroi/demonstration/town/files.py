"""Writes files as business applications of town halls export them: their encodings, separators and title rows.

In: rows of text. Out: bytes that are the same for the same rows, on any day.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from beffroi.text import format_number

type TextRow = Sequence[str]


def csv_bytes(
    header: TextRow,
    rows: Iterable[TextRow],
    *,
    encoding: str = "utf-8",
    separator: str = ";",
    quoted: bool = False,
    title: str = "",
    total: TextRow | None = None,
) -> bytes:
    """A French CSV: CRLF, the title alone on the first row, the total on the last."""
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=separator,
        lineterminator="\r\n",
        quoting=csv.QUOTE_NONNUMERIC if quoted else csv.QUOTE_MINIMAL,
    )
    if title:
        writer.writerow([title, *[""] * (len(header) - 1)])
    writer.writerow(header)
    writer.writerows(rows)
    if total:
        writer.writerow(total)
    return text.getvalue().encode(encoding)


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """An archive whose members bear no date of writing, so that it is the same every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def write(folder: Path, path: Path, content: bytes) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def comma(number: float, decimals: int = 2, thousands: str = "") -> str:
    """12345.6 → « 12 345,60 » with a space between thousands."""
    return format_number(number, f",.{decimals}f", thousands)


def of(name: str) -> str:
    """« de Brumelle », « d'Orvanches »."""
    return f"d'{name}" if name[0] in "AEÉIOUY" else f"de {name}"
