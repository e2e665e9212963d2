"""Streaming reader of large JSON: its only list is walked element by element, in bounded memory.

In: a file above `LARGE`. Out: the same `Source` as `json_lists`, when the file has one list (GeoJSON, a list, lines
of objects, or an object with one list); otherwise a refusal that asks for another format.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import duckdb
import pyarrow as pa

from beffroi.hashing import file_sha256
from beffroi.lake.engine import load
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.encodings import as_utf8, scan
from beffroi.lake.readers.json_lists import (
    HEAVIEST as PARSED,
)
from beffroi.lake.readers.json_lists import (
    MALFORMED,
    NESTED,
    ElementList,
    feature_row,
    flat_row,
    parsed_weight,
    source_projection,
)
from beffroi.lake.readers.materialize import empty_file_error
from beffroi.lake.readers.projections import geojson_sql
from beffroi.lake.readers.refusals import WIDEST, too_wide_error
from beffroi.lake.readers.source import Source, trim_cell
from beffroi.lake.tables import Guess

LARGE, LARGEST = 48 << 20, 4 << 30
# The structure of the file is read from its head.
HEAD, CHUNK, BATCH = 1 << 20, 1 << 22, 5_000
# One element alone may not be as heavy as a file.
HEAVIEST = 32 << 20
# Rows wait to be written together: a few heavy ones are enough.
TOGETHER = 16 << 20
# Elements without any value, beyond which they must not outnumber the others.
MAX_BLANK = 500_000
_BLANK = (
    "La plupart des éléments de ce fichier JSON sont vides : il n'est pas repris. Le fichier d'origine est intact. "
    "Vérifiez l'export dans le logiciel d'origine, puis redéposez-le."
)
_LIST = re.compile(r'"([^"\\]{1,80})"\s*:\s*\[\s*(?=\{)')
_CRS = re.compile(r'"crs"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})')
_HEAVY = (
    "Ce fichier JSON est trop lourd pour être lu d'un bloc, et ne contient pas une seule liste d'objets. "
    "Exportez les mêmes données en CSV ou en Parquet."
)


class _Walk:
    """Iterator over the elements of the list, each released before the next is read."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.text, self.at = file, file.read(HEAD).lstrip(), 0
        self.crs = ""
        self.format_label, self.closing = self._enter()

    def more(self) -> bool:
        # As much again: an element that is longer is begun anew at each turn.
        chunk = self.file.read(max(CHUNK, len(self.text) - self.at))
        self.text, self.at = self.text[self.at :] + chunk, 0
        return bool(chunk)

    def _enter(self) -> tuple[str, str]:
        if self.text.startswith("["):
            self.at = 1
            return "JSON (liste)", "]"
        first, _, rest = self.text.partition("\n")
        try:
            whole = isinstance(json.loads(first), dict) and bool(rest)
        except (ValueError, RecursionError):
            whole = False
        if whole:
            return "JSON, un élément par ligne", ""
        found = _LIST.search(self.text)
        if not found:
            raise UnreadableFile(_HEAVY)
        crs = _CRS.search(self.text[: found.start()])
        if crs:
            self.crs = str((json.loads(crs[1]).get("properties") or {}).get("name", ""))
        self.at = found.end()
        return "GeoJSON" if found[1] == "features" else f"JSON (liste « {found[1]} »)", "]"

    def __iter__(self) -> Iterator[Any]:
        decoder = json.JSONDecoder()
        while True:
            while self.at < len(self.text) and self.text[self.at] in " \t\r\n,":
                self.at += 1
            if self.at >= len(self.text):
                if self.more():
                    continue
                if self.closing:
                    raise UnreadableFile(MALFORMED)
                return
            if self.closing and self.text[self.at] == self.closing:
                self._leave()
                return
            try:
                value, self.at = decoder.raw_decode(self.text, self.at)
            except RecursionError as error:
                raise UnreadableFile(NESTED) from error
            except ValueError as error:
                left = len(self.text) - self.at
                if left > HEAVIEST or (left > CHUNK and parsed_weight(self.text) > PARSED):
                    raise UnreadableFile(_HEAVY) from error
                if not self.more():
                    raise UnreadableFile(MALFORMED) from error
                continue
            yield value

    def _leave(self) -> None:
        """Check that nothing after the list is another list: it would be lost."""
        while True:
            if re.search(r"[\[{]\s*\{", self.text[self.at :]):
                raise UnreadableFile(_HEAVY)
            self.at = max(self.at, len(self.text) - 100)
            if not self.more():
                return


def read_large(
    path: Path, connection: duckdb.DuckDBPyConnection, work: Path, *, name: str, origin: str
) -> Source:
    scanned = scan(path)
    if scanned.size > LARGEST:
        raise UnreadableFile(_HEAVY)
    utf8 = as_utf8(path, scanned, work)
    source = Source(connection, work, name, origin, file_sha256(path), [], unit="élément")
    with utf8.open(encoding="utf-8-sig") as file:
        walk = _Walk(file)
        found = ElementList(
            "", walk.format_label, [], geographic=walk.format_label == "GeoJSON", system=walk.crs
        )
        source.guesses += [
            scanned.guess(),
            Guess("Format", walk.format_label, "D'après la structure du fichier.", True),
        ]
        filling = _Filling(source, found)
        for rank, element in enumerate(walk, 1):
            filling.take(rank, element)
    filling.flush()
    if not source.labels:
        raise empty_file_error("Ce fichier JSON")
    filling.report_nested()
    return source


class _Filling:
    """Inserts rows by batches into `cells`, which widens when an element has a new name."""

    def __init__(self, source: Source, found: ElementList) -> None:
        self.source, self.found = source, found
        self.rows: list[tuple[int, dict[str, str | None]]] = []
        self.length = 0  # of the values of these rows
        self.blank = 0
        self.shapes: list[Any] = []
        self.nested: set[str] = set()
        self.system: int | None = None
        self.begun = False

    def take(self, rank: int, element: Any) -> None:
        if not isinstance(element, dict):
            raise UnreadableFile(_HEAVY)
        if self.found.geographic and not self.begun and len(self.shapes) < 500:
            self.shapes.append(element.get("geometry"))
        row = feature_row(element, self.nested) if self.found.geographic else flat_row(element, self.nested)
        self.blank += not row
        if self.blank > MAX_BLANK and 2 * self.blank > rank:
            raise UnreadableFile(_BLANK)
        self.rows.append((rank, row))
        self.length += sum(len(value) for value in row.values() if value)
        if len(self.rows) >= BATCH or self.length > TOGETHER:
            self.flush()

    def flush(self) -> None:
        if not self.rows:
            return
        run = self.source.connection.execute
        if not self.begun:
            run("CREATE TABLE cells (_line BIGINT)")
            if self.found.geographic:
                self.system = source_projection(self.source, self.found, self.shapes)
                load(self.source.connection, "spatial")
            self.begun = True
        known = set(self.source.labels)
        for label in dict.fromkeys(key for _, row in self.rows for key in row):
            if label not in known:
                self.source.labels.append(label)
                run(f"ALTER TABLE cells ADD COLUMN c{self.source.width} VARCHAR")
        if self.source.width > WIDEST:
            raise too_wide_error(self.source.width)
        names = [f"c{place}" for place in range(1, self.source.width + 1)]
        arrays = [
            pa.array([row.get(label) for _, row in self.rows], pa.string()) for label in self.source.labels
        ]
        ranks = pa.array([rank for rank, _ in self.rows], pa.int64())
        self.source.connection.register("_elements", pa.table([ranks, *arrays], ["_line", *names]))
        chosen = ", ".join(self._cell(place) for place in range(self.source.width))
        try:
            run(f"INSERT INTO cells SELECT _line, {chosen} FROM _elements")
        except duckdb.Error as error:
            raise UnreadableFile(MALFORMED) from error
        self.source.connection.unregister("_elements")
        self.rows, self.length = [], 0

    def _cell(self, place: int) -> str:
        cell = f"c{place + 1}"
        if not self.found.geographic or self.source.labels[place] != "geometry":
            return trim_cell(cell)
        self.source.hints[place] = "geometry"
        if self.system is None:
            return cell
        return (
            f"CASE WHEN {cell} IS NOT NULL THEN {geojson_sql(f'ST_GeomFromGeoJSON({cell})', self.system)} END"
        )

    def report_nested(self) -> None:
        if self.nested:
            why = "Leurs valeurs sont des listes ou des objets dans l'objet : elles sont gardées telles quelles, en texte JSON."
            self.source.guesses.append(
                Guess("Valeurs imbriquées", ", ".join(sorted(self.nested))[:300], why, True)
            )
