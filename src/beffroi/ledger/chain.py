"""The hash chain: each line names the hash of the line before it, so that no past line can be changed unseen.

In come the fields of an act; out come sealed lines, and the verdict on a chain read back. A line's hash is
SHA-256 of the canonical JSON of its other fields; a commitment is HMAC-SHA256 (RFC 2104) of a payload kept elsewhere.
"""

import hmac
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import batched
from json.encoder import encode_basestring as quoted
from typing import Any

from beffroi.ledger.merkle import Accumulator

GENESIS = "0" * 64
"""What the first line of a chain names as its predecessor."""
RENEWAL = "ledger.renew_key"
"""The act of the line from which on another key signs the roots of its chain (`ledger.keys`)."""
REMARKED = 100
"""How many lines dated before the one above them are named."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An act not yet sealed: `at` is ISO 8601 in UTC; `thing` an identifier; `commitment` comes from `commit`."""

    at: str
    act: str
    actor: str
    thing: str
    commitment: str


@dataclass(frozen=True, slots=True)
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
class Mark:
    """Where a chain stood after some line: its Merkle root and that line's hash."""

    root: str
    last: str


@dataclass(frozen=True)
class Verification:
    """What reading a chain back found: `first_bad` is the `seq` at which it stops being the chain that was sealed.

    `size` and `root` cover the lines before `first_bad` (all of them when `ok`); `last` is the hash of the last of them.
    `marks` holds, for each size that was asked about and reached, where the chain stood then. `backwards`: the first of
    the lines dated before the one above them, which a clock set back explains as well as a fraud: remarked, not refused.
    """

    size: int
    root: str
    ok: bool
    first_bad: int | None
    last: str = GENESIS
    marks: Mapping[int, Mark] = field(default_factory=dict)
    backwards: tuple[int, ...] = ()


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: the same bytes for the same content, whoever writes it.

    Raises ValueError for what JSON cannot hold (NaN, infinity) and TypeError for other types.
    """
    return _CANONICAL.encode(value).encode()


def commit(payload: dict[str, Any], salt: bytes) -> str:
    """A commitment to `payload` that tells nothing of it without `salt`, and that erasing the salt makes void."""
    if len(salt) < 16:
        raise ValueError("a salt has at least 16 bytes, or the payload can be guessed")
    return hmac.digest(salt, canonical(payload), "sha256").hex()


def seal(
    seq: int, at: str, act: str, actor: str, thing: str, commitment: str, previous: str = GENESIS
) -> Line:
    """The line that follows the one whose hash is `previous`."""
    # `canonical` of the list of these fields, written out: a chain of a million lines is sealed again to be verified.
    fields = (
        f"[{seq:d},{quoted(at)},{quoted(act)},{quoted(actor)},{quoted(thing)},"
        f"{quoted(commitment)},{quoted(previous)}]"
    )
    return Line(seq, at, act, actor, thing, commitment, previous, sha256(fields.encode()).hexdigest())


def has_own_hash(line: Line) -> bool:
    """Whether the hash of a line is that of its fields."""
    sealed = seal(line.seq, line.at, line.act, line.actor, line.thing, line.commitment, line.previous)
    return sealed.hash == line.hash


def seal_all(entries: Iterable[Entry], *, after: Line | None = None) -> Iterator[Line]:
    """Seal a batch in one pass, following `after` (None: a new chain)."""
    seq, previous = (after.seq, after.hash) if after else (0, GENESIS)
    for entry in entries:
        seq += 1
        line = seal(seq, entry.at, entry.act, entry.actor, entry.thing, entry.commitment, previous)
        previous = line.hash
        yield line


class Reader:
    """A chain being read back: given the hashes of its good lines, in order, it knows root, end and marks.

    `marks` are the sizes at which to remember where the chain stood.
    """

    def __init__(self, marks: Collection[int] = ()) -> None:
        self._tree = Accumulator()
        self._awaited = sorted(set(marks) - {0}, reverse=True)
        self._marks: dict[int, Mark] = {0: Mark(self._tree.root(), GENESIS)} if 0 in marks else {}
        self.last = bytes.fromhex(GENESIS)
        self._backwards: list[int] = []

    @property
    def size(self) -> int:
        return self._tree.size

    def remark(self, seq: int) -> None:
        """This line is dated before the one above it."""
        if len(self._backwards) < REMARKED:
            self._backwards.append(seq)

    def extend(self, hashes: list[bytes]) -> None:
        """Take the hashes of the next good lines."""
        done = 0
        while self._awaited and self._awaited[-1] <= self.size + len(hashes) - done:
            stop = done + self._awaited[-1] - self.size
            self._take(hashes[done:stop])
            done = stop
            self._marks[self._awaited.pop()] = Mark(self._tree.root(), self.last.hex())
        self._take(hashes[done:])

    def _take(self, hashes: list[bytes]) -> None:
        if hashes:
            self._tree.extend(hashes)
            self.last = hashes[-1]

    def verdict(self, first_bad: int | None = None) -> Verification:
        return Verification(
            self.size,
            self._tree.root(),
            first_bad is None,
            first_bad,
            self.last.hex(),
            self._marks,
            tuple(self._backwards),
        )


def verify(lines: Iterable[Line], *, marks: Collection[int] = ()) -> Verification:
    """Read a whole chain once, in order, with little memory, and say whether every line is the one that was sealed."""
    reader, previous, before = Reader(marks), GENESIS, ""
    for some in batched(lines, 4096):
        good: list[bytes] = []
        for line in some:
            if not follows(line, reader.size + len(good) + 1, previous):
                reader.extend(good)
                return reader.verdict(first_bad=reader.size + 1)
            good.append(bytes.fromhex(line.hash))
            if line.at < before:  # ISO 8601, all in UTC: the order of the texts is that of the moments
                reader.remark(line.seq)
            previous, before = line.hash, line.at
        reader.extend(good)
    return reader.verdict()


def remarks_on(found: Verification) -> list[str]:
    """What a reading noticed and that proves nothing, in French: lines dated before the one above them."""
    if not found.backwards:
        return []
    listed = ", ".join(map(str, found.backwards[:5])) + ("…" if len(found.backwards) > 5 else "")
    many = "s" if len(found.backwards) > 1 else ""
    return [
        f"ligne{many} {listed} : datée{many} d'avant la ligne du dessus. L'horloge de la machine a reculé, ou quelqu'un l'a "
        "réglée : comparez avec ce qui s'est passé ce jour-là."
    ]


def follows(line: Line, seq: int, previous: str) -> bool:
    """Whether the line is sealed, at this rank, after the one whose hash is `previous`."""
    if type(line.seq) is not int or line.seq != seq or line.previous != previous:
        return False
    try:
        return has_own_hash(line)
    except (TypeError, UnicodeEncodeError):
        return False  # a field that is no text, or half a character: nothing that was ever sealed
