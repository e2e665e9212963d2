"""Workbooks: sheets written as XLSX or ODS. Texts stay texts: nothing in them runs as a formula.

In: sheets of headers and rows of Python values. Out: the bytes of the file.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import xlsxwriter
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableColumnProperties, TextProperties
from odf.table import Table, TableCell, TableColumn, TableRow
from odf.text import P

MAX_WIDTH = 60
"""Characters: beyond, a column is not made wider."""


@dataclass(frozen=True)
class Sheet:
    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]

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
                    page.write_string(number, column, _text(value))
    book.close()
    return made.getvalue()


def _ods(sheets: Sequence[Sheet]) -> bytes:
    book = OpenDocumentSpreadsheet()
    bold = Style(name="entete", family="table-cell")
    bold.addElement(TextProperties(fontweight="bold"))
    book.automaticstyles.addElement(bold)
    widths: dict[int, Any] = {}
    for sheet in sheets:
        page = Table(name=sheet.name)
        for width in sheet.widths():
            if width not in widths:
                widths[width] = Style(name=f"large{width}", family="table-column")
                widths[width].addElement(TableColumnProperties(columnwidth=f"{width * 0.21:.2f}cm"))
                book.automaticstyles.addElement(widths[width])
            page.addElement(TableColumn(stylename=widths[width]))
        page.addElement(_ods_row(sheet.headers, bold))
        for row in sheet.rows:
            page.addElement(_ods_row(row))
        book.spreadsheet.addElement(page)
    made = io.BytesIO()
    book.write(made)
    return made.getvalue()


def _ods_row(values: Sequence[Any], style: Any = None) -> Any:
    row = TableRow()
    for value in values:
        attributes: dict[str, Any] = {"stylename": style} if style else {}
        if isinstance(value, datetime | date):
            attributes |= {"valuetype": "date", "datevalue": value.isoformat()}
        elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            attributes |= {"valuetype": "float", "value": str(value)}
        elif value is not None:
            attributes |= {"valuetype": "string"}
        cell = TableCell(**attributes)
        if value is not None:
            cell.addElement(P(text=_text(value)))
        row.addElement(cell)
    return row


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
    return "".join(sign for sign in str(value) if sign >= " " or sign in "\t\n")[:32_767]


_WRITERS: dict[str, Callable[[Sequence[Sheet]], bytes]] = {"xlsx": _xlsx, "ods": _ods}
