"""Reader of the child process's answer, which is untrusted.

In comes the private folder of one execution; out come the contract's own types. Only regular files are opened, never a
link; Arrow data are validated whole; nothing is unpickled. Raises `ContractViolation`, or `AnswerTooLarge` beyond the limits of
`answer_limits`.
"""

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from beffroi.systems import answer_limits
from beffroi.systems.answer_limits import ANSWER_LIMITS, AnswerTooLarge
from beffroi.systems.contract import Draft, Figure, Outcome, ProposedAct, Score

_SCORE = TypeAdapter(Score)
_PROPOSALS = TypeAdapter(tuple[ProposedAct, ...])
_FIGURES = TypeAdapter(tuple[Figure, ...])
_TEXTS = TypeAdapter(tuple[str, ...])
_DRAFTS = TypeAdapter(tuple[Draft, ...])


# The escape of U+0000, which PostgreSQL stores in no text, and not a written backslash before « u0000 ».
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class ContractViolation(Exception):
    """An answer that breaks the contract."""


def _open_reply(path: Path) -> int:
    # A system could leave a link to one of our files, or folders, in place of its answer.
    folder = os.open(path.parent, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)


def read_reply(work: Path) -> dict[str, Any]:
    """The reply of the child; empty when it cannot be read."""
    try:
        with os.fdopen(_open_reply(work / "out" / "reply.json"), "rb") as source:
            text = source.read(ANSWER_LIMITS.reply_bytes + 1)
        if len(text) > ANSWER_LIMITS.reply_bytes:
            return {
                "status": "too_much",
                "message": str(AnswerTooLarge.for_size("une réponse", ANSWER_LIMITS.reply_bytes)),
            }
        value = json.loads(text, parse_constant=_reject_constant, parse_float=_parse_finite)
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def read_peak(peak: int) -> tuple[int, str]:
    """Peak memory in KiB, and the reason where it was ended; closes the descriptor."""
    with os.fdopen(peak, "rb") as written:
        kib, _, reason = written.read(64).decode("ascii", "replace").partition(" ")
    return int(kib) if kib.isdecimal() else 0, reason


def _parse_finite(text: str) -> float:
    """« 1e999 » is read as infinite, which no JSON column stores."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no number of JSON")
    return value


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def read_table(path: Path, most: int = ANSWER_LIMITS.table_bytes) -> pa.Table:
    """One table of `most` bytes at most, in the file and in memory."""
    try:
        with os.fdopen(_open_reply(path), "rb") as source:
            written = source.read(most + 1)
        if len(written) > most:
            raise AnswerTooLarge.for_size("des tableaux", ANSWER_LIMITS.table_bytes)
        reader, batches, size = pa.ipc.open_file(written), [], 0
        for place in range(reader.num_record_batches):
            batches.append(reader.get_batch(place))
            size += batches[-1].get_total_buffer_size()
            if size > most:  # a small compressed file may hold a large table
                raise AnswerTooLarge.for_size("des tableaux", ANSWER_LIMITS.table_bytes)
        table = pa.Table.from_batches(batches, reader.schema)
        table.validate(full=True)
        return table
    except (OSError, pa.ArrowException) as error:
        raise ContractViolation(repr(error)) from error


def _read_layers(work: Path, names: tuple[str, ...], left: int) -> dict[str, pa.Table]:
    answer_limits.check_layer_names(names)
    tables = {}
    for place, name in enumerate(names):
        tables[name] = read_table(work / "out" / f"layer-{place}.arrow", max(0, left))
        left -= tables[name].get_total_buffer_size()
    return tables


def read_outcome(work: Path, reply: dict[str, Any]) -> Outcome:
    table = read_table(work / "out" / "table.arrow")
    try:
        proposals = _validate_strictly(_PROPOSALS, reply["proposals"])
        drafts = _validate_strictly(_DRAFTS, reply.get("drafts", []))
        figures = _validate_strictly(_FIGURES, reply.get("figures", []))
        names = _validate_strictly(_TEXTS, reply.get("layers", []))
        notes = _validate_strictly(_TEXTS, reply["notes"])
        (summary,) = _validate_strictly(_TEXTS, [reply.get("summary", "")])
        layers = _read_layers(work, names, ANSWER_LIMITS.table_bytes - table.get_total_buffer_size())
        return answer_limits.limit_outcome(Outcome(table, proposals, notes, drafts, layers, figures, summary))
    except (KeyError, TypeError, ValidationError, RecursionError) as error:
        raise ContractViolation(repr(error)) from error


def _validate_strictly[T](kind: TypeAdapter[T], value: Any) -> T:
    """JSON holds anything: a text stays a text and a number a number, or the answer is refused."""
    return kind.validate_json(_NUL.sub(r"\1", json.dumps(value)), strict=True)


def read_score(reply: dict[str, Any]) -> Score:
    try:
        return answer_limits.check_score(_validate_strictly(_SCORE, reply["score"]))
    except (KeyError, TypeError, ValidationError) as error:
        raise ContractViolation(repr(error)) from error
