"""Reads back what a child process left in its folder, without trusting it.

In comes the private folder of one execution; out come the contract's own types. Only regular files are opened, never a
link; Arrow data are validated whole; nothing is unpickled. Raises `OffContract`.
"""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from beffroi.systems.contract import Draft, Figure, Outcome, ProposedAct, Score

_MOST_BYTES = 256 * 1024 * 1024
_SCORE = TypeAdapter(Score)
_PROPOSALS = TypeAdapter(tuple[ProposedAct, ...])
_FIGURES = TypeAdapter(tuple[Figure, ...])
_NAMES = TypeAdapter(tuple[str, ...])
_DRAFTS = TypeAdapter(tuple[Draft, ...])


class OffContract(Exception):
    """The answer is not what the contract asks."""


def _open_reply(path: Path) -> int:
    # A system could leave a link to one of our files, or folders, in place of its answer.
    folder = os.open(path.parent, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)


def read_reply(work: Path) -> dict[str, Any]:
    try:
        with os.fdopen(_open_reply(work / "out" / "reply.json"), "rb") as source:
            value = json.loads(source.read(_MOST_BYTES))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def read_table(path: Path) -> pa.Table:
    try:
        with os.fdopen(_open_reply(path), "rb") as source:
            table = pa.ipc.open_file(source.read()).read_all()
        table.validate(full=True)
        return table
    except (OSError, pa.ArrowException) as error:
        raise OffContract(repr(error)) from error


def read_outcome(work: Path, reply: dict[str, Any]) -> Outcome:
    table = read_table(work / "out" / "table.arrow")
    try:
        proposals = _typed(_PROPOSALS, reply["proposals"])
        drafts = _typed(_DRAFTS, reply.get("drafts", []))
        figures = _typed(_FIGURES, reply.get("figures", []))
        names = _typed(_NAMES, reply.get("layers", []))
        layers = {name: read_table(work / "out" / f"layer-{place}.arrow") for place, name in enumerate(names)}
        return Outcome(table, proposals, tuple(str(note) for note in reply["notes"]), drafts, layers, figures)
    except (KeyError, TypeError, ValidationError) as error:
        raise OffContract(repr(error)) from error


def _typed[T](kind: TypeAdapter[T], value: Any) -> T:
    """JSON holds anything: a text stays a text and a number a number, or the answer is refused."""
    return kind.validate_json(json.dumps(value), strict=True)


def read_score(reply: dict[str, Any]) -> Score:
    try:
        return _SCORE.validate_python(reply["score"])
    except (KeyError, TypeError, ValidationError) as error:
        raise OffContract(repr(error)) from error
