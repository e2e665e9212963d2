"""What an XLSX or ODS workbook says around its cells: merged cells, formulas, errors, hidden traps.

In: the workbook, before it is opened. Out: a `Survey` a sheet, from one pass over its XML with bounded memory; a
workbook whose cells would take the machine's memory (entities, repeated or far-away cells) is refused here.
"""

import os
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from beffroi.lake.errors import UnreadableFile

CHUNK = 4 << 20
# Deflate unfolds a thousand times at most: smaller parts cannot harm.
SMALL = 64 << 10
# The reader keeps every cell of the rectangle between the first and the last one: about 24 bytes each.
MOST_CELLS = 32_000_000
# A spreadsheet allows 32,767 signs a cell: more is not a spreadsheet's.
LONGEST_TEXT = 4 * 32_767
MOST_TEXT = 2 << 30
# Only the top of a sheet can hold headers.
TOP = 400

_TRAP = (
    "Ce classeur contient une construction XML dangereuse (des entités) qu'aucun tableur n'écrit : il est refusé "
    "par prudence. Ouvrez l'original dans votre tableur, enregistrez-le de nouveau, puis redéposez-le."
)
_GIANT = (
    "La feuille « {sheet} » s'étend sur {cells} cellules, presque toutes vides ou répétées : elle est refusée par "
    "prudence. Effacez les lignes et colonnes inutiles, ou exportez la feuille en CSV, puis redéposez-la."
)
_LIAR = (
    "Ce classeur ment sur la taille de ce qu'il contient et se décompresse en un volume démesuré : il est refusé par "
    "prudence. Ouvrez l'original dans votre tableur, enregistrez-le de nouveau, puis redéposez-le."
)
_LONG = (
    "Ce classeur contient des textes démesurés, plus longs qu'une cellule ne l'admet ou répétés sans fin : il est "
    "refusé par prudence. Exportez ses feuilles en CSV, puis redéposez-les."
)
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_UNCOMPUTED = re.compile(rb"</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>|</(?:\w+:)?c>)")
_TEXT = re.compile(rb"<(?:\w+:)?t\b[^>]*>([^<]*)")
_SHARED = re.compile(rb't="s"[^>]*>\s*<(?:\w+:)?v>(\d+)')
_ODS = re.compile(rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)(\s[^>]*?)?(/?)>")
_ROWS = re.compile(rb'table:number-rows-repeated="(\d+)"')
_COLUMNS = re.compile(rb'table:number-columns-repeated="(\d+)"')
_SPANNED = re.compile(rb'table:number-columns-spanned="(\d+)"')
_NAME = re.compile(rb'table:name="([^"]*)"')


@dataclass
class Survey:
    """`merged` holds (row, first column, last column) of cells merged sideways near the top, counted from 0."""

    merged: set[tuple[int, int, int]] = field(default_factory=set)
    formulas: int = 0
    uncomputed: int = 0


def survey(path: Path) -> dict[str, Survey]:
    """By sheet; empty for a kind of workbook that has no XML. Raises UnreadableFile for a trap."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            with path.open("rb") as file:
                for info in archive.infolist():
                    _refuse_liar(file, info)
            _refuse_entities(archive)
            if "content.xml" in names:
                return _opendocument(archive)
            if "xl/workbook.xml" in names:
                return _office(archive, names)
    except UnreadableFile:
        raise
    except (zipfile.BadZipFile, ElementTree.ParseError, zlib.error, KeyError, ValueError, OSError, EOFError):
        return {}  # whoever opens it next says what is wrong
    return {}


def _refuse_liar(file: BinaryIO, info: zipfile.ZipInfo) -> None:
    """A part that unfolds beyond the size it declares: the reader that follows would not stop there."""
    if info.compress_type != zipfile.ZIP_DEFLATED or info.compress_size < SMALL:
        return
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), os.SEEK_CUR)
    unfolding, written, left = zlib.decompressobj(-15), 0, info.compress_size
    while left > 0 and (chunk := file.read(min(left, 1 << 16))):
        left -= len(chunk)
        while chunk and not unfolding.eof:
            written += len(unfolding.decompress(chunk, CHUNK))
            chunk = unfolding.unconsumed_tail
            if written > info.file_size:
                raise UnreadableFile(_LIAR)


def _refuse_entities(archive: zipfile.ZipFile) -> None:
    for info in archive.infolist():
        if info.filename.endswith((".xml", ".rels")):
            with archive.open(info) as part:
                head = part.read(1 << 16).replace(b"\0", b"")
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise UnreadableFile(_TRAP)


def _pieces(archive: zipfile.ZipFile, name: str, end: bytes) -> Iterator[bytes]:
    """The part by pieces that each stop after `end`, so that no element is cut."""
    kept = b""
    with archive.open(name) as part:
        while chunk := part.read(CHUNK):
            kept += chunk
            cut = kept.rfind(end)
            if cut >= 0:
                yield kept[: cut + len(end)]
                kept = kept[cut + len(end) :]
            elif len(kept) > 64 << 20:
                raise UnreadableFile(_LONG)
    yield kept


# --- XLSX


def _office(archive: zipfile.ZipFile, names: set[str]) -> dict[str, Survey]:
    parts = _parts(archive, names)
    lengths: list[int] = []
    if "xl/sharedStrings.xml" in names:
        for piece in _pieces(archive, "xl/sharedStrings.xml", b"</si>"):
            for text in piece.split(b"</si>"):
                lengths.append(sum(map(len, _TEXT.findall(text))))
    longest = max(lengths, default=0)
    if longest > LONGEST_TEXT:
        raise UnreadableFile(_LONG)
    surveys, repeated = {}, 0
    for sheet, part in parts.items():
        found = surveys[sheet] = Survey()
        highest, widest = 0, 0
        for piece in _pieces(archive, part, b"</row>"):
            cells = _CELL.findall(piece)
            if cells:
                highest = max(highest, max(int(row) for row in {row for _, row in cells}))
                widest = max(widest, max(_place(column) for column in {column for column, _ in cells}))
            _bounded(sheet, highest, widest)
            if any(len(text) > LONGEST_TEXT for text in _TEXT.findall(piece)):
                raise UnreadableFile(_LONG)
            if longest * len(cells) > MOST_TEXT >> 3:
                repeated += sum(
                    lengths[int(index)] for index in _SHARED.findall(piece) if int(index) < len(lengths)
                )
                if repeated > MOST_TEXT:
                    raise UnreadableFile(_LONG)
            found.formulas += len(_FORMULA.findall(piece))
            found.uncomputed += len(_UNCOMPUTED.findall(piece))
            found.merged |= {
                (int(row) - 1, _place(first) - 1, _place(last) - 1)
                for first, row, last, _ in _MERGED.findall(piece)
                if first != last and int(row) <= TOP
            }
    return surveys


def _parts(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Which part of the archive holds each sheet."""
    if any(
        archive.getinfo(name).file_size > CHUNK
        for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        if name in names
    ):
        raise UnreadableFile(_LONG)
    links = {
        link.get("Id"): link.get("Target", "")
        for link in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - no entity
    }
    parts = {}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():  # noqa: S314 - no entity
        if element.tag.rpartition("}")[2] == "sheet":
            link = next(
                (value for key, value in element.attrib.items() if key.rpartition("}")[2] == "id"), ""
            )
            target = posixpath.normpath(posixpath.join("/xl", links.get(link, ""))).lstrip("/")
            if target in names:
                parts[element.get("name", "")] = target
    return parts


def _place(letters: bytes) -> int:
    """« A » is 1, « AA » is 27."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place


def _bounded(sheet: str, rows: int, columns: int) -> None:
    if rows * columns > MOST_CELLS:
        raise UnreadableFile(_GIANT.format(sheet=sheet, cells=f"{rows * columns:,}".replace(",", "\u202f")))


# --- ODS


def _opendocument(archive: zipfile.ZipFile) -> dict[str, Survey]:
    surveys: dict[str, Survey] = {}
    walk = _Walk()
    for piece in _pieces(archive, "content.xml", b"</table:table-row>"):
        for closing, tag, attributes, alone in _ODS.findall(piece):
            walk.step(bool(closing), tag, attributes, bool(alone), surveys)
        if len(piece) > LONGEST_TEXT and max(map(len, re.split(rb"</?table:", piece))) > 8 * LONGEST_TEXT:
            raise UnreadableFile(_LONG)
    return surveys


class _Walk:
    """Where the reading of a content.xml is: the sheet, the row, the column, and the far corner met so far."""

    def __init__(self) -> None:
        self.sheet, self.row, self.column = "", 0, 0
        self.height, self.width = 0, 0
        self.repeated, self.filled = 1, 0

    def step(self, closing: bool, tag: bytes, attributes: bytes, alone: bool, to: dict[str, Survey]) -> None:
        if tag == b"table" and not closing:
            name = _NAME.search(attributes)
            self.sheet = ElementTree.fromstring(b"<t>" + (name[1] if name else b"") + b"</t>").text or ""  # noqa: S314
            to[self.sheet] = Survey()
            self.row = self.height = self.width = 0
        elif tag == b"table-row" and not closing:
            self.repeated, self.column, self.filled = _times(_ROWS, attributes), 0, 0
            if alone:
                self.row += self.repeated
        elif tag == b"table-row":
            self.row += self.repeated
            if self.filled:
                self.height, self.width = self.row, max(self.width, self.filled)
                _bounded(self.sheet, self.height, self.width)
        elif tag.endswith(b"table-cell") and not closing and self.sheet in to:
            found, times = to[self.sheet], _times(_COLUMNS, attributes)
            spanned = _times(_SPANNED, attributes)
            if spanned > 1 and self.row < TOP:
                found.merged.add((self.row, self.column, self.column + spanned - 1))
            if b"table:formula=" in attributes:
                found.formulas += times * min(self.repeated, 1_000_000)
            self.column += times
            if b"office:value-type=" in attributes or (not alone and b"covered" not in tag):
                self.filled = self.column


def _times(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return max(1, min(int(found[1][:12]), 1 << 40)) if found else 1
