"""Wire protocol of the Unix socket: the caller's territory, a length, JSON, and back Arrow IPC streams.

Never pickle: what arrives is data, and is validated as such.
"""

import json
import socket
import struct
from typing import Any

import pyarrow as pa

from beffroi.lake.comparison import ComparisonResult, NotAKey
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import GrantExpired
from beffroi.recipes.errors import FigureError, QueryRefused, QueryTooLong, RecipeError
from beffroi.recipes.formula import FormulaError
from beffroi.recipes.release import CaptionedResult, Released

MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""Maximum size of a request, and of the head of an answer."""
MAX_NAME_BYTES = 200
"""Maximum size of the territory, sent before the request."""
MAX_ANSWER_BYTES = 1024 * 1024 * 1024

_LENGTH = struct.Struct(">Q")
_ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (LakeError, GrantExpired, NotAKey, RecipeError, FigureError, QueryRefused, QueryTooLong)
}
EXPECTED = tuple(_ERRORS.values())
"""Errors whose message is meant for the user and crosses the socket."""


def encode_territory(territory: str) -> bytes:
    return territory.encode()[:MAX_NAME_BYTES]


def send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(_LENGTH.pack(len(message)) + message)


def receive(connection: socket.socket, max_bytes: int = MAX_REQUEST_BYTES) -> bytes:
    """Raises EOFError when the other side disconnected, QueryRefused when it sends more than `max_bytes`."""
    (length,) = _LENGTH.unpack(_receive_exactly(connection, _LENGTH.size))
    if length > max_bytes:
        raise QueryRefused("Le message est trop long : rien n'a été lu. Simplifiez l'analyse.")
    return _receive_exactly(connection, length)


def send_answer(connection: socket.socket, answer: Released | CaptionedResult | ComparisonResult) -> None:
    counts = answer.counts if isinstance(answer, CaptionedResult) else ()
    if isinstance(answer, ComparisonResult):
        head: dict[str, Any] = {"compared": answer.head()}
        table = answer.table
    else:
        released = answer.released if isinstance(answer, CaptionedResult) else answer
        head = {"suppressed": released.suppressed, "reason": released.reason}
        head |= {"row_count": released.row_count, "truncated": released.truncated}
        table = released.table
    if isinstance(answer, CaptionedResult):
        head["counts"] = [count is not None for count in counts]
    send(connection, json.dumps(head).encode())
    for one in (table, *(count for count in counts if count is not None)):
        _send_table(connection, one)


def send_error(connection: socket.socket, error: Exception) -> None:
    """Send the nearest of the expected errors; any other is reported without its details, which stay in the log."""
    kind = next((base.__name__ for base in type(error).__mro__ if base.__name__ in _ERRORS), "QueryRefused")
    message = (
        str(error)
        if isinstance(error, EXPECTED)
        else (
            "L'analyse s'est arrêtée sur une erreur imprévue. Vos données sont intactes. "
            "Recommencez ; si cela persiste, prévenez votre hébergeur, qui en trouvera le détail dans son journal."
        )
    )
    head: dict[str, Any] = {"error": kind, "message": message}
    if isinstance(error, FormulaError):
        head["formula"] = {"reason": error.reason, "position": error.position, "where": error.where}
    send(connection, json.dumps(head).encode())


def receive_answer(connection: socket.socket) -> Released | CaptionedResult | ComparisonResult:
    """Answer received. Raises the error that the other side sent."""
    head: dict[str, Any] = json.loads(receive(connection))
    if "formula" in head:
        formula_error = head["formula"]
        raise FormulaError(
            formula_error["reason"],
            (formula_error["position"][0], formula_error["position"][1]),
            formula_error["where"],
        )
    if "error" in head:
        raise _ERRORS.get(head["error"], QueryRefused)(head["message"])
    table = _receive_table(connection)
    if "compared" in head:
        return ComparisonResult.from_head(head["compared"], table)
    if "counts" in head:
        counts = tuple(_receive_table(connection) if sent else None for sent in head.pop("counts"))
        return CaptionedResult(Released(table=table, **head), counts)
    return Released(table=table, **head)


def _send_table(connection: socket.socket, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    send(connection, sink.getvalue().to_pybytes())


def _receive_table(connection: socket.socket) -> pa.Table:
    with pa.ipc.open_stream(receive(connection, MAX_ANSWER_BYTES)) as reader:
        return reader.read_all()


def _receive_exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = connection.recv(min(length - len(received), 1 << 20))
        if not part:
            raise EOFError("the other side went away")
        received += part
    return bytes(received)
