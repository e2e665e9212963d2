"""Exported copy of a chain: one JSON object a line, in a single canonical form, so that any changed byte is detected.

In: lines to write, or a file to read. Out: bytes, or the verdict on the file, read as a stream: a million lines take
seconds and little memory. The verdict equals that of `chain.verify` (tests compare them).
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

from beffroi.ledger.chain import GENESIS, ChainReader, Line, Verification, has_own_hash

_MAX_LINE_BYTES = 1 << 16  # bytes: far above any sealed line
# A line whose texts hold no escape: what is hashed is then cut out of it as it stands, without decoding. What this
# pattern lets through (any digits, any text as a hash) is compared with what was expected.
_PLAIN = re.compile(
    rb'\{"seq": ([0-9]++), "at": T, "act": T, "actor": T, "thing": T, "commitment": T, "previous": T, '
    rb'"hash": "([^"]*+)"\}\n'.replace(b": T", rb': ("[^"]*+")')
)
_ESCAPED = bytes([*range(10), *range(11, 32), ord("\\")])
"""Bytes that make a text non-plain: a backslash, or what JSON would have escaped (the end of line ends each line)."""
_NOT_SEALED = "elle n'est pas celle qui a été scellée, ou celle d'avant manque"
_NAMES = [each.name for each in fields(Line)]


@dataclass(frozen=True)
class CopyVerdict:
    """Verdict on a copy and, when it is bad, the reason in French: `reason` completes « ligne N : … »."""

    verification: Verification
    reason: str = ""


def encode_line(line: Line) -> bytes:
    """Canonical encoding of a line in a copy."""
    return json.dumps(asdict(line), ensure_ascii=False).encode() + b"\n"


def parse_line(text: bytes) -> Line:
    """Line of a copy. Raises ValueError, with the reason in French, unless it is written as `encode_line` does."""
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise ValueError(_explain_unreadable(text)) from None
    if not isinstance(content, dict) or list(content) != _NAMES or not _has_expected_types(content):
        raise ValueError("ce n'est pas une ligne de registre")
    line = Line(**content)
    if _reencode(line) != text:
        raise ValueError(_explain_not_canonical(text))
    return line


def verify_file(path: Path, *, checkpoint_sizes: Collection[int] = ()) -> CopyVerdict:
    """Verify a whole copy once. Raises OSError when the file cannot be read."""
    with path.open("rb") as stream:
        return _verify(stream, checkpoint_sizes)


def lines_of_act(path: Path, act: str) -> list[Line]:
    """Lines of a verified copy that record this act. Raises OSError."""
    act_json = json.dumps(act).encode()
    with path.open("rb") as stream:
        found = [parse_line(text) for text in stream if act_json in text]
    return [line for line in found if line.act == act]


def _verify(stream: BinaryIO, checkpoint_sizes: Collection[int]) -> CopyVerdict:
    reader, previous, before = ChainReader(checkpoint_sizes), GENESIS.encode(), b""
    # What is no line at all, however long, is never held whole.
    for texts in batched(iter(partial(stream.readline, _MAX_LINE_BYTES), b""), 4096):
        good: list[bytes] = []
        plain = _are_plain(texts)
        for text in texts:
            seq = reader.size + len(good) + 1
            found = _PLAIN.fullmatch(text) if plain else None
            if found is not None:
                hashed = found.group(1, 2, 3, 4, 5, 6, 7)
                hash_ = sha256(b"[%b,%b,%b,%b,%b,%b,%b]" % hashed).hexdigest().encode()
                sealed = found[8] == hash_ and hashed[6][1:-1] == previous and hashed[0] == b"%d" % seq
                reason, at = "" if sealed else _NOT_SEALED, hashed[1][1:-1]
            else:
                hash_, at, reason = _check_escaped(text, seq, previous.decode())
            if reason:
                reader.extend(good)
                return CopyVerdict(reader.verdict(first_bad=seq), reason)
            good.append(bytes.fromhex(hash_.decode()))
            if at < before:
                reader.record_out_of_order(seq)
            previous, before = hash_, at
        reader.extend(good)
    return CopyVerdict(reader.verdict())


def _are_plain(texts: tuple[bytes, ...]) -> bool:
    joined = b"".join(texts)
    if len(joined.translate(None, _ESCAPED)) != len(joined):
        return False
    try:
        joined.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_escaped(text: bytes, seq: int, previous: str) -> tuple[bytes, bytes, str]:
    """Hash, date and failure reason of a line with escapes."""
    try:
        line = parse_line(text)
    except ValueError as error:
        return b"", b"", str(error)
    good = has_own_hash(line) and line.seq == seq and line.previous == previous
    return line.hash.encode(), line.at.encode("utf-8", "surrogatepass"), "" if good else _NOT_SEALED


def _has_expected_types(content: dict[str, object]) -> bool:
    return type(content["seq"]) is int and all(isinstance(content[name], str) for name in _NAMES[1:])


def _reencode(line: Line) -> bytes:
    try:
        return encode_line(line)
    except UnicodeEncodeError:
        return b""


def _explain_unreadable(text: bytes) -> str:
    if not text.endswith(b"\n"):
        return "elle est coupée avant sa fin"
    return "ce n'est pas une ligne de registre"


def _explain_not_canonical(text: bytes) -> str:
    if text.endswith(b"\r\n"):
        return "le fichier a été réenregistré par un autre logiciel, qui a changé les fins de ligne"
    if not text.endswith(b"\n"):
        return "il manque le dernier caractère du fichier (la fin de ligne)"
    return "elle n'est pas écrite comme Beffroi l'écrit"
