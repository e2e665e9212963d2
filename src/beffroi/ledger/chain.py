"""The hash chain: each line names the hash of the line before it, so that no past line can be changed unseen.

In come the fields of an act; out come sealed lines, and the verdict on a chain read back. A line's hash is
SHA-256 of the canonical JSON of its other fields; a commitment is HMAC-SHA256 (RFC 2104) of a payload kept elsewhere.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from beffroi.ledger.merkle import Accumulator

GENESIS = "0" * 64
"""What the first line of a chain names as its predecessor."""


@dataclass(frozen=True)
class Entry:
    """An act not yet sealed: `at` is ISO 8601 in UTC; `thing` an identifier; `commitment` comes from `commit`."""

    at: str
    act: str
    actor: str
    thing: str
    commitment: str


@dataclass(frozen=True)
class Line:
    """One sealed line. `seq` counts from 1; `previous` and `hash` are 64 hexadecimal digits."""

    seq: int
    at: str
    act: str
    actor: str
    thing: str
    commitment: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Verification:
    """What reading a chain back found: `first_bad` is the `seq` at which it stops being the chain that was sealed.

    `size` and `root` cover the lines before `first_bad` (all of them when `ok`).
    """

    size: int
    root: str
    ok: bool
    first_bad: int | None


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: the same bytes for the same content, whoever writes it.

    Raises ValueError for what JSON cannot hold (NaN, infinity) and TypeError for other types.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def commit(payload: dict[str, Any], salt: bytes) -> str:
    """A commitment to `payload` that tells nothing of it without `salt`, and that erasing the salt makes void."""
    if len(salt) < 16:
        raise ValueError("a salt has at least 16 bytes, or the payload can be guessed")
    return hmac.new(salt, canonical(payload), hashlib.sha256).hexdigest()


def seal(
    seq: int, at: str, act: str, actor: str, thing: str, commitment: str, previous: str = GENESIS
) -> Line:
    """The line that follows the one whose hash is `previous`."""
    fields = [seq, at, act, actor, thing, commitment, previous]
    digest = hashlib.sha256(canonical(fields)).hexdigest()
    return Line(seq, at, act, actor, thing, commitment, previous, digest)


def seal_all(entries: Iterable[Entry], *, after: Line | None = None) -> Iterator[Line]:
    """Seal a batch in one pass, following `after` (None: a new chain)."""
    seq, previous = (after.seq, after.hash) if after else (0, GENESIS)
    for entry in entries:
        seq += 1
        line = seal(seq, entry.at, entry.act, entry.actor, entry.thing, entry.commitment, previous)
        previous = line.hash
        yield line


def verify(lines: Iterable[Line]) -> Verification:
    """Read a whole chain once, in order, with little memory, and say whether every line is the one that was sealed."""
    tree = Accumulator()
    previous = GENESIS
    for expected, line in enumerate(lines, start=1):
        good = line.seq == expected and line.previous == previous and _resealed(line) == line.hash
        if not good:
            return Verification(tree.size, tree.root(), ok=False, first_bad=expected)
        tree.add(line.hash)
        previous = line.hash
    return Verification(tree.size, tree.root(), ok=True, first_bad=None)


def _resealed(line: Line) -> str:
    return seal(line.seq, line.at, line.act, line.actor, line.thing, line.commitment, line.previous).hash
