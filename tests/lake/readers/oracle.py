"""Content of a file, counted without any of our readers: the csv module, openpyxl, xlrd, the XML of an ODS, json."""

import csv
import gzip
import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import xlrd

csv.field_size_limit(1 << 24)
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


@dataclass
class Text:
    """A separated file: `rows` pairs each record with its first line; blank lines are empty records."""

    rows: list[tuple[int, list[str]]]

    @property
    def header(self) -> list[str]:
        return self.rows[0][1]


def decoded(content: bytes) -> str:
    """Offices without UTF-8 write Windows-1252: read once by eye for each of these files."""
    for encoding in ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("unreachable")


def separated(content: bytes) -> Text:
    text = decoded(content)
    separator = max(";,\t|", key=lambda sign: steadiness(text, sign))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows, line = [], 1
    for record in reader:
        rows.append((line, record))
        line = reader.line_num + 1
    while rows and not any(cell.strip() for cell in rows[-1][1]) and len(rows[-1][1]) < 2:
        rows.pop()
    return Text(rows)


def steadiness(text: str, separator: str) -> tuple[float, int]:
    records = csv.reader(io.StringIO("\n".join(text.splitlines()[:300])), delimiter=separator)
    widths = Counter(len(record) for record in records if record)
    width, count = widths.most_common(1)[0]
    return (count / sum(widths.values()) if width > 1 else 0.0, width)


def unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def sheets(path: Path) -> dict[str, int]:
    """Number of non-empty rows of each sheet."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        return {
            sheet.title: sum(
                any(value is not None and str(value).strip() for value in row)
                for row in sheet.iter_rows(values_only=True)
            )
            for sheet in book.worksheets
        }
    if path.suffix == ".xls":
        return {
            sheet.name: sum(
                any(str(value).strip(" \0") for value in sheet.row_values(at)) for at in range(sheet.nrows)
            )
            for sheet in xlrd.open_workbook(path).sheets()
        }
    return _opendocument(path)


def _opendocument(path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    sheet = ""
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as content:
        for event, element in ElementTree.iterparse(content, events=("start", "end")):
            if event == "start" and element.tag == f"{OFFICE}table":
                sheet = element.get(f"{OFFICE}name") or ""
                counts[sheet] = 0
            elif event == "end" and element.tag == f"{OFFICE}table-row":
                if any("".join(text.itertext()).strip() for text in element.iter(f"{TEXT}p")):
                    counts[sheet] += int(element.get(f"{OFFICE}number-rows-repeated", "1"))
                element.clear()
    return counts


def elements(content: bytes) -> int | None:
    """Number of objects in the list of a JSON file; None without a single list."""
    data = json.loads(decoded(content))
    if isinstance(data, dict) and "features" in data:
        return len(data["features"])
    return len(data) if isinstance(data, list) else None


CODES = re.compile(r"0\d+|\d{14}|2[AB]\d{3}")
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
