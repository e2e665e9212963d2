"""ZIP files that somebody sends: opened under a bound, the names of their entries judged, their contents read up to a limit.

In: a file and limits. Out: an open archive, its entries by path, their bytes. Nothing is written on the disk. Raises ZipRefused,
whose `fault` each room words for its reader.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

_END: Final = struct.Struct("<4s4H2LH")  # end of central directory: APPNOTE.TXT of PKWARE, 4.3.16
_END_SIGNATURE: Final = b"PK\5\6"
_LONGEST_COMMENT: Final = 1 << 16
_AN_ENTRY: Final = (
    1_024  # bytes of a directory's entry, its name and extra fields included, at most on average
)
_METHODS: Final = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  # the others ask for memory that the file announces
_ENCRYPTED: Final = 0x41  # bits 0 (traditional) and 6 (strong)


class Fault(StrEnum):
    """What is wrong with an archive or an entry."""

    DAMAGED = "damaged"
    TOO_MANY = "too_many"
    OUTSIDE = "outside"  # a name that is not a path inside of one's own folder
    LINK = "link"
    TWICE = "twice"
    ENCRYPTED = "encrypted"
    METHOD = "method"
    TOO_LARGE = "too_large"


class ZipRefused(Exception):
    """An archive that is not read. `name`: the entry at fault, cut short, where there is one."""

    def __init__(self, fault: Fault, name: str = "") -> None:
        super().__init__(f"{fault}: {name[-60:]!r}" if name else str(fault))
        self.fault, self.name = fault, name[-60:]


@contextmanager
def open_zip(file: Path | BinaryIO, *, most_entries: int) -> Iterator[zipfile.ZipFile]:
    """The archive, its directory weighed before it is parsed. Raises ZipRefused, or OSError where the file cannot be read."""
    try:
        if isinstance(file, Path):
            with file.open("rb") as opened:
                _weigh_directory(opened, most_entries)
        else:
            _weigh_directory(file, most_entries)
        archive = zipfile.ZipFile(file)
    except ZipRefused:
        raise
    except OSError:
        raise
    except Exception as error:  # whatever a damaged directory raises
        raise ZipRefused(Fault.DAMAGED) from error
    with archive:
        if len(archive.infolist()) > most_entries:
            raise ZipRefused(Fault.TOO_MANY)
        yield archive


def path_of(info: zipfile.ZipInfo) -> tuple[str, ...]:
    """Parts of the path of an entry, inside of the folder where it would go. Raises ZipRefused for any other name."""
    name = info.filename
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    strange = any(ord(sign) < 32 or sign in "\\:\x7f" for sign in info.orig_filename + name)
    if not parts or ".." in parts or name.startswith("/") or strange:
        raise ZipRefused(Fault.OUTSIDE, name)
    return parts


def files_of(archive: zipfile.ZipFile) -> dict[tuple[str, ...], zipfile.ZipInfo]:
    """Files by the parts of their path, folders left out. Raises ZipRefused for one that is no honest file."""
    found: dict[tuple[str, ...], zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename == "./":  # the folder itself, as Python's own archives name it
            continue
        parts = path_of(info)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ZipRefused(Fault.LINK, info.filename)
        if info.is_dir():
            continue
        if parts in found:
            raise ZipRefused(Fault.TWICE, info.filename)
        if info.flag_bits & _ENCRYPTED:
            raise ZipRefused(Fault.ENCRYPTED, info.filename)
        if info.compress_type not in _METHODS:
            raise ZipRefused(Fault.METHOD, info.filename)
        found[parts] = info
    return found


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most_bytes: int) -> bytes:
    """Its content, whatever the archive says of its size. Raises ZipRefused past the limit, or where its checksum is wrong."""
    try:
        with archive.open(info) as source:
            content = source.read(most_bytes + 1)
            if len(content) > most_bytes:
                raise ZipRefused(Fault.TOO_LARGE, info.filename)
            if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
                raise ZipRefused(Fault.DAMAGED, info.filename)
    except ZipRefused:
        raise
    except Exception as error:  # a wrong checksum, a directory that lies
        raise ZipRefused(Fault.DAMAGED, info.filename) from error
    return content


def _weigh_directory(file: BinaryIO, most_entries: int) -> None:
    """Refuse a directory that is too large before it is parsed: a kilobyte of memory an entry, forty-six bytes of file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST_COMMENT - _END.size))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END.size:
        raise ZipRefused(Fault.DAMAGED)
    directory = _END.unpack_from(tail, at)[5]
    # 0xFFFFFFFF: its true size stands elsewhere (ZIP64), and is bounded by that of the file.
    if min(directory, size) > most_entries * _AN_ENTRY:
        raise ZipRefused(Fault.TOO_MANY)
