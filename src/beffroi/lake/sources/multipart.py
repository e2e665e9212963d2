"""Multipart form with one file, sent in chunks: the file may be larger than the memory. In: fields, a path. Out: a body."""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from beffroi.lake.sources.names import file_name

PIECE = 1 << 16


class Form:
    """`headers` and `pieces()` of a multipart/form-data request (RFC 7578)."""

    def __init__(self, fields: Mapping[str, str], file: Path, *, name: str, as_: str) -> None:
        self._file = file
        mark = secrets.token_hex(16)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name(as_)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        self._head = "".join(parts).encode()
        self._tail = f"\r\n--{mark}--\r\n".encode()
        length = len(self._head) + file.stat().st_size + len(self._tail)
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={mark}",
            "Content-Length": str(length),
        }

    def pieces(self) -> Iterator[bytes]:
        yield self._head
        with self._file.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
        yield self._tail
