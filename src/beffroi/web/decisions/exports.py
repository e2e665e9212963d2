"""Rows handed over as a file for a spreadsheet, line by line.

In come a name, headings and rows of text; out goes the answer. Invented data say so in the file's name.
"""

from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

from beffroi.web.platform.http.downloads import download
from beffroi.web.platform.models import Territory
from beffroi.web.ui.spreadsheets import Writer


class _Echo:
    """A file that hands each line over instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def comma(value: float | None) -> str:
    """The decimal comma; nothing for nothing."""
    return "" if value is None else str(value).replace(".", ",")


def nature(territory: Territory, simulated: bool) -> str:
    """What the first column says of each line."""
    return "données simulées" if territory.is_fictional or simulated else "réelle"


def spreadsheet(
    territory: Territory, name: str, headings: list[str], rows: Iterable[list[str]]
) -> StreamingHttpResponse:
    """UTF-8 with its mark, semicolons: what a French spreadsheet opens without a question."""
    writer = Writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        yield writer.writerow(headings)
        for row in rows:
            yield writer.writerow(row)

    file = f"{name}{'-donnees-simulees' if territory.is_fictional else ''}.csv"
    return download(lines(), file)
