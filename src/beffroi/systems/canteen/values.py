"""Parsing of table cells: « NA », « NULL » and empty text are missing values, a text of digits is a number.

Bound columns are typed already; raw tables of text are parsed all the same.
"""

from datetime import date, datetime

_NOTHING = frozenset({"", "NA", "N/A", "#N/A", "NAN", "NULL", "NONE", "ND", "-"})


def parse_text(cell: object) -> str:
    """The text of a cell, empty where nothing is known."""
    text = "" if cell is None else str(cell).strip()
    return "" if text.upper() in _NOTHING else text


def parse_number(cell: object) -> float | None:
    """The number of a cell, None where it is missing or no number."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, str):
        text = parse_text(cell).replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
        try:
            cell = float(text)
        except ValueError:
            return None
    value = float(cell)  # type: ignore[arg-type]
    return value if value == value and abs(value) != float("inf") else None


def parse_date(cell: object) -> date | None:
    """The day of a cell: a date, a moment, or their ISO text."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell)[:10])
    except ValueError:
        return None
