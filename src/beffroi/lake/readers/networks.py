"""EPANET files (.inp), models of water networks: sections in square brackets, one line an element.

In: a file. Out: a `Source` of two text columns, `section` and `line`, in the order of the file, so that the text can
be rebuilt. Empty lines are dropped, comments preserved. Source: EPANET 2.2 user manual, « Input file format ».
"""

import re
from pathlib import Path

import duckdb
import pyarrow as pa

from beffroi.hashing import file_sha256
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.source import BLANKS, Source
from beffroi.lake.tables import Guess

_PART = re.compile(r"\[\s*([A-Za-z]+)\s*\]?")
_LARGEST = 200 << 20  # bytes: the largest real networks weigh a tenth of it
_MAX_LINES, _LONGEST_NAME = 2_000_000, 100
_NO_PIPES = (
    "Ce fichier .inp n'a ni partie [JUNCTIONS] ni partie [PIPES] : ce n'est pas un réseau EPANET. "
    "Exportez le réseau depuis EPANET (Fichier, Exporter, Réseau), puis redéposez-le."
)
_TOO_LARGE = (
    "Ce fichier .inp est démesuré : il est refusé par prudence. Retirez-en les chroniques, puis redéposez-le."
)


def read_network(
    path: Path, connection: duckdb.DuckDBPyConnection, work: Path, *, name: str, origin: str
) -> Source:
    """Source of a network. Raises `UnreadableFile` for a file that is not one."""
    if path.stat().st_size > _LARGEST:
        raise UnreadableFile(_TOO_LARGE)
    try:
        numbers, sections, lines = _lines(path, "utf-8-sig")
    except UnicodeDecodeError:
        numbers, sections, lines = _lines(path, "cp1252")
    # EPANET reads the first four letters of a part's name.
    if not {"JUNC", "PIPE"} & {section[:4] for section in sections}:
        raise UnreadableFile(_NO_PIPES)
    source = Source(
        connection, work, name, origin, file_sha256(path), ["section", "line"], hints={0: "text", 1: "text"}
    )
    table = pa.table({"_line": numbers, "c1": sections, "c2": lines})
    connection.register("_network_lines", table)
    connection.execute("CREATE TABLE cells AS SELECT _line, c1, c2 FROM _network_lines ORDER BY _line")
    connection.unregister("_network_lines")
    parts = len(set(sections))
    source.guesses.append(
        Guess("Format", "réseau EPANET", f"Le fichier a {parts} parties entre crochets.", True)
    )
    return source


def _lines(path: Path, encoding: str) -> tuple[list[int], list[str], list[str]]:
    numbers: list[int] = []
    sections: list[str] = []
    lines: list[str] = []
    section = ""
    with path.open(encoding=encoding, errors="strict" if encoding == "utf-8-sig" else "replace") as file:
        for number, line in enumerate(file, start=1):
            text = line.strip(BLANKS)
            part = _PART.match(text)
            if part:
                section = part[1].upper()[:_LONGEST_NAME]
            elif text and section:
                if len(lines) == _MAX_LINES:
                    raise UnreadableFile(_TOO_LARGE)
                numbers.append(number)
                sections.append(section)
                lines.append(text)
    return numbers, sections, lines
