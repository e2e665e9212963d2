"""Workbooks: sheets written as XLSX or ODS. Texts stay texts: nothing in them runs as a formula.

In: sheets of headers and rows of Python values. Out: the bytes of the file.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter
from xlsxwriter.utility import xl_range_abs

from . import opendocument

MAX_WIDTH = 60
"""Characters: beyond, a column is not made wider."""


@dataclass(frozen=True)
class Sheet:
    """`lists`: what may be written in some cells, by row (from 0, under the headers) and column; XLSX offers them."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    lists: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)

    def widths(self) -> list[int]:
        """Characters that each column needs, its first two hundred rows looked at."""
        seen = [self.headers, *self.rows[:200]]
        return [min(MAX_WIDTH, max(len(_text(row[n])) for row in seen) + 2) for n in range(len(self.headers))]


def write(form: str, sheets: Sequence[Sheet]) -> bytes:
    """The workbook. `form`: xlsx or ods; any other raises KeyError."""
    return _WRITERS[form](sheets)


def _xlsx(sheets: Sequence[Sheet]) -> bytes:
    made = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(made, {**options, "nan_inf_to_errors": True})
    head = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    day, moment = (
        book.add_format({"num_format": "dd/mm/yyyy"}),
        book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
    )
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        for column, width in enumerate(sheet.widths()):
            page.set_column(column, column, width)
        page.write_row(0, 0, sheet.headers, head)
        for number, row in enumerate(sheet.rows, 1):
            for column, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, datetime):
                    page.write_datetime(number, column, value.replace(tzinfo=None), moment)
                elif isinstance(value, date):
                    page.write_datetime(number, column, value, day)
                elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
                    page.write_number(number, column, value)
                else:
                    page.write_string(number, column, _text(value), wrapped if sheet.lists else None)
        _offer_lists(book, page, sheet)
    book.close()
    return made.getvalue()


LISTS = "Choix"
"""The hidden sheet of what lists offer: a list written in its cell's rule holds 255 characters, and no comma in its words."""


def _offer_lists(book: xlsxwriter.Workbook, page: Any, sheet: Sheet) -> None:
    if not sheet.lists:
        return
    hidden = book.add_worksheet(LISTS)
    hidden.hide()
    columns = {words: at for at, words in enumerate(dict.fromkeys(sheet.lists.values()))}
    for words, at in columns.items():
        hidden.write_column(0, at, words)
    for (row, column), words in sheet.lists.items():
        cells = xl_range_abs(0, columns[words], len(words) - 1, columns[words])
        rule = {
            "validate": "list",
            "source": f"={LISTS}!{cells}",
            "error_title": "Réponse inconnue",
            "error_message": "Choisissez dans la liste.",
        }
        page.data_validation(row + 1, column, row + 1, column, rule)


def _ods(sheets: Sequence[Sheet]) -> bytes:
    return opendocument.package(opendocument.SHEET, {"content.xml": "".join(_ods_content(sheets))})


def _ods_content(sheets: Sequence[Sheet]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {opendocument.NAMES} office:version="1.2">'
    yield '<office:automatic-styles><style:style style:name="entete" style:family="table-cell">'
    yield '<style:text-properties fo:font-weight="bold"/></style:style>'
    for width in sorted({width for sheet in sheets for width in sheet.widths()}):
        yield f'<style:style style:name="large{width}" style:family="table-column">'
        yield f'<style:table-column-properties style:column-width="{width * 0.21:.2f}cm"/></style:style>'
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    for sheet in sheets:
        yield f"<table:table table:name={quoteattr(sheet.name)}>"
        yield from (f'<table:table-column table:style-name="large{width}"/>' for width in sheet.widths())
        yield from _ods_row(sheet.headers, ' table:style-name="entete"')
        for row in sheet.rows:
            yield from _ods_row(row)
        yield "</table:table>"
    yield "</office:spreadsheet></office:body></office:document-content>"


def _ods_row(values: Sequence[Any], style: str = "") -> Iterator[str]:
    yield "<table:table-row>"
    for value in values:
        if value is None:
            yield f"<table:table-cell{style}/>"
            continue
        if isinstance(value, datetime | date):
            kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
        elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            kind = f'office:value-type="float" office:value="{value}"'
        else:
            kind = 'office:value-type="string"'
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in _text(value).split("\n"))
        yield f"<table:table-cell{style} {kind}>{lines}</table:table-cell>"
    yield "</table:table-row>"


def _text(value: Any) -> str:
    """Text of a value, without the characters that a workbook refuses."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return opendocument.printable(str(value))[:32_767]


_WRITERS: dict[str, Callable[[Sequence[Sheet]], bytes]] = {"xlsx": _xlsx, "ods": _ods}
