"""Tables written for a spreadsheet: a text, in a heading as in a cell, is shown there and never run as a formula.

Every table that leaves the site as CSV is written by `Writer`. In: rows of Python values. Out: lines; those of a French
spreadsheet are cut by « ; ».
"""

import csv
import re
from collections.abc import Iterable
from typing import Any, Protocol

# What a spreadsheet reads as the beginning of a formula, full-width forms included; « -12,5 » and « +33 2 » are numbers.
_FORMULA = re.compile(r"[=@\t\r\n＝＠＋－]|[+-](?![\d ,.]*\Z)")


class Writable(Protocol):
    def write(self, line: str, /) -> Any: ...


class Writer:
    """The csv module's writer, which keeps each text a text."""

    def __init__(self, file: Writable, *, delimiter: str = ";") -> None:
        self._writer = csv.writer(file, delimiter=delimiter)

    def writerow(self, cells: Iterable[Any]) -> Any:
        """What the file's `write` returns."""
        return self._writer.writerow(
            [escape_formula(cell) if isinstance(cell, str) else cell for cell in cells]
        )

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        for row in rows:
            self.writerow(row)


def escape_formula(text: str) -> str:
    """A text that a spreadsheet shows as it was typed: one that it would run begins with an apostrophe."""
    return f"'{text}" if _FORMULA.match(text) else text
