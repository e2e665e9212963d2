"""The exported copy of a chain: one line of JSON a line, written one way only, so that any changed byte is found.

In come lines to write, or a file to read; out come bytes, and the verdict on the file, read as a stream: a million
lines take seconds and little memory. The verdict is `chain.verify`'s, which the tests hold it to.
"""

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from functools import partial
from hashlib import sha256
from itertools import batched
from pathlib import Path
from typing import BinaryIO

from beffroi.ledger.chain import GENESIS, Line, Reader, Verification, has_own_hash

_LONGEST = 1 << 16  # bytes: far above any sealed line
# A line whose texts hold no escape: what is hashed is then cut out of it as it stands, without decoding. What this
# pattern lets through (any digits, any text as a hash) is compared with what was expected.
_PLAIN = re.compile(
    rb'\{"seq": ([0-9]++), "at": T, "act": T, "actor": T, "thing": T, "commitment": T, "previous": T, '
    rb'"hash": "([^"]*+)"\}\n'.replace(b": T", rb': ("[^"]*+")')
)
_ESCAPED = bytes([*range(10), *range(11, 32), ord("\\")])
"""What makes a text other than plain: a backslash, or what JSON would have escaped (the end of line ends each line)."""
_NOT_SEALED = "elle n'est pas celle qui a été scellée, ou celle d'avant manque"
_NAMES = [each.name for each in fields(Line)]


@dataclass(frozen=True)
class Reading:
    """A verdict on a copy and, when it is bad, why in French: `why` completes « ligne N : … »."""

    verification: Verification
    why: str = ""


def written(line: Line) -> bytes:
    """The one way in which a copy holds this line."""
    return json.dumps(asdict(line), ensure_ascii=False).encode() + b"\n"


def read_line(text: bytes) -> Line:
    """A line of a copy. Raises ValueError, with why in French, unless it is written as `written` does."""
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise ValueError(_why_unreadable(text)) from None
    if not isinstance(content, dict) or list(content) != _NAMES or not _typed(content):
        raise ValueError("ce n'est pas une ligne de registre")
    line = Line(**content)
    if _rewritten(line) != text:
        raise ValueError(_why_rewritten(text))
    return line


def verify_file(path: Path, *, marks: Collection[int] = ()) -> Reading:
    """Read a whole copy once. Raises OSError when the file cannot be read."""
    with path.open("rb") as stream:
        return _verify(stream, marks)


def lines_of_act(path: Path, act: str) -> list[Line]:
    """The lines of a verified copy that are this act. Raises OSError."""
    told = json.dumps(act).encode()
    with path.open("rb") as stream:
        found = [read_line(text) for text in stream if told in text]
    return [line for line in found if line.act == act]


def _verify(stream: BinaryIO, marks: Collection[int]) -> Reading:
    reader, previous, before = Reader(marks), GENESIS.encode(), b""
    # What is no line at all, however long, is never held whole.
    for texts in batched(iter(partial(stream.readline, _LONGEST), b""), 4096):
        good: list[bytes] = []
        plain = _are_plain(texts)
        for text in texts:
            seq = reader.size + len(good) + 1
            found = _PLAIN.fullmatch(text) if plain else None
            if found is not None:
                hashed = found.group(1, 2, 3, 4, 5, 6, 7)
                hash_ = sha256(b"[%b,%b,%b,%b,%b,%b,%b]" % hashed).hexdigest().encode()
                sealed = found[8] == hash_ and hashed[6][1:-1] == previous and hashed[0] == b"%d" % seq
                why, at = "" if sealed else _NOT_SEALED, hashed[1][1:-1]
            else:
                hash_, at, why = _check_slowly(text, seq, previous.decode())
            if why:
                reader.extend(good)
                return Reading(reader.verdict(first_bad=seq), why)
            good.append(bytes.fromhex(hash_.decode()))
            if at < before:
                reader.remark(seq)
            previous, before = hash_, at
        reader.extend(good)
    return Reading(reader.verdict())


def _are_plain(texts: tuple[bytes, ...]) -> bool:
    whole = b"".join(texts)
    if len(whole.translate(None, _ESCAPED)) != len(whole):
        return False
    try:
        whole.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_slowly(text: bytes, seq: int, previous: str) -> tuple[bytes, bytes, str]:
    """The hash and the date of a line that holds escapes, or why it is not the one that was sealed."""
    try:
        line = read_line(text)
    except ValueError as error:
        return b"", b"", str(error)
    good = has_own_hash(line) and line.seq == seq and line.previous == previous
    return line.hash.encode(), line.at.encode("utf-8", "surrogatepass"), "" if good else _NOT_SEALED


def _typed(content: dict[str, object]) -> bool:
    return type(content["seq"]) is int and all(isinstance(content[name], str) for name in _NAMES[1:])


def _rewritten(line: Line) -> bytes:
    try:
        return written(line)
    except UnicodeEncodeError:
        return b""


def _why_unreadable(text: bytes) -> str:
    if not text.endswith(b"\n"):
        return "elle est coupée avant sa fin"
    return "ce n'est pas une ligne de registre"


def _why_rewritten(text: bytes) -> str:
    if text.endswith(b"\r\n"):
        return "le fichier a été réenregistré par un autre logiciel, qui a changé les fins de ligne"
    if not text.endswith(b"\n"):
        return "il manque le dernier caractère du fichier (la fin de ligne)"
    return "elle n'est pas écrite comme Beffroi l'écrit"
