"""Survey of a workbook before it is opened: merged cells, formulas, errors, hidden traps, by sheet.

In: the path of an XLSX or ODS workbook. Out: a `Survey` a sheet, from one pass of a streaming XML parser over its parts, in
bounded memory. Raises UnreadableFile for a workbook whose cells would take the machine's memory.
"""

import os
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.office_workbooks import survey_office
from beffroi.lake.readers.opendocument_workbooks import survey_opendocument
from beffroi.lake.readers.workbook_parts import (
    DAMAGED,
    MAX_VOLUME,
    MIN_VOLUME,
    SMALL,
    VOLUME_A_BYTE,
    WRONG_SIZE,
    MemoryBudget,
    Survey,
)


def survey(path: Path) -> dict[str, Survey]:
    """Survey of each sheet; empty for a workbook without XML. Raises UnreadableFile for a trap, or invalid XML."""
    if not zipfile.is_zipfile(path):
        return {}  # XLS: whoever opens it says what is wrong
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            with path.open("rb") as file:
                for info in archive.infolist():
                    _refuse_wrong_size(file, info)
            budget = MemoryBudget(min(MAX_VOLUME, max(MIN_VOLUME, VOLUME_A_BYTE * path.stat().st_size)))
            if "content.xml" in names:
                return survey_opendocument(archive, budget)
            if "xl/workbook.xml" in names:
                return survey_office(archive, names, budget)
    except (
        zipfile.BadZipFile,
        expat.ExpatError,
        zlib.error,
        KeyError,
        ValueError,
        EOFError,
        RuntimeError,  # a part has a password, or an unknown compression
    ) as error:
        raise UnreadableFile(DAMAGED) from error
    return {}


def is_misnamed(path: Path) -> bool:
    """Whether the content of a workbook is not that of its extension."""
    zipped = {
        ".ods": "content.xml",
        ".xlsx": "xl/workbook.xml",
        ".xlsm": "xl/workbook.xml",
        ".xlsb": "xl/workbook.bin",
    }
    part = zipped.get(path.suffix.lower())
    if not zipfile.is_zipfile(path):
        return part is not None
    with zipfile.ZipFile(path) as archive:
        return part not in archive.namelist()


def _refuse_wrong_size(file: BinaryIO, info: zipfile.ZipInfo) -> None:
    """Refuse a part that decompresses beyond its declared size: the next reader would not stop there."""
    if info.compress_type != zipfile.ZIP_DEFLATED or info.compress_size < SMALL:
        return
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), os.SEEK_CUR)
    unfolding, written, left = zlib.decompressobj(-15), 0, info.compress_size
    while left > 0 and (chunk := file.read(min(left, 1 << 16))):
        left -= len(chunk)
        while chunk and not unfolding.eof:
            written += len(unfolding.decompress(chunk, 4 << 20))
            chunk = unfolding.unconsumed_tail
            if written > info.file_size:
                raise UnreadableFile(WRONG_SIZE)
