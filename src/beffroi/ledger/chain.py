"""Hash chain: each line contains the hash of the previous one, so that no past line can be changed unnoticed.

In: the fields of an act. Out: sealed lines, and the verification of a chain read back. A line's hash is SHA-256 of the
canonical JSON of its other fields; a commitment is HMAC-SHA256 (RFC 2104) of a payload stored separately.
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
"""Previous hash of the first line of a chain."""
RENEWAL = "ledger.renew_key"
"""Act of the line from which another key signs the roots of its chain (`ledger.keys`)."""
MAX_OUT_OF_ORDER = 100
"""How many out-of-order lines are listed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Act not yet sealed: `at` is ISO 8601 in UTC; `thing` an identifier; `commitment` comes from `commit`."""

    at: str
    act: str
    actor: str
    thing: str
    commitment: str


@dataclass(frozen=True, slots=True)
class Line:
    """Sealed line. `seq` counts from 1; `previous` and `hash` are 64 hexadecimal digits."""

    seq: int
    at: str
    act: str
    actor: str
    thing: str
    commitment: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Checkpoint:
    """State of a chain after some line: its Merkle root and that line's hash."""

    root: str
    last: str


@dataclass(frozen=True)
class Verification:
    """Result of reading a chain back. `first_bad`: the `seq` from which it is no longer the chain that was sealed.

    `size` and `root` cover the lines before `first_bad` (all of them when `ok`); `last` is the hash of the last of them.
    `checkpoints`: the state at each requested size that was reached. `out_of_order`: the first lines dated before the previous
    one, which a clock set back explains as well as a fraud: a warning, not a failure.
    """

    size: int
    root: str
    ok: bool
    first_bad: int | None
    last: str = GENESIS
    checkpoints: Mapping[int, Checkpoint] = field(default_factory=dict)
    out_of_order: tuple[int, ...] = ()


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8, so that equal contents give equal bytes.

    Raises ValueError for what JSON cannot represent (NaN, infinity) and TypeError for other types.
    """
    return _CANONICAL.encode(value).encode()


def commit(payload: dict[str, Any], salt: bytes) -> str:
    """Salted commitment to `payload`: reveals nothing without `salt`, and is void once the salt is erased."""
    if len(salt) < 16:
        raise ValueError("a salt has at least 16 bytes, or the payload can be guessed")
    return hmac.digest(salt, canonical(payload), "sha256").hex()


def seal(
    seq: int, at: str, act: str, actor: str, thing: str, commitment: str, previous: str = GENESIS
) -> Line:
    """Line that follows the one whose hash is `previous`."""
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


class ChainReader:
    """Incremental verification: fed with the hashes of valid lines, in order, it computes the root, the end and checkpoints.

    `checkpoint_sizes`: the sizes at which to record the state.
    """

    def __init__(self, checkpoint_sizes: Collection[int] = ()) -> None:
        self._tree = Accumulator()
        self._awaited = sorted(set(checkpoint_sizes) - {0}, reverse=True)
        self._checkpoints: dict[int, Checkpoint] = (
            {0: Checkpoint(self._tree.root(), GENESIS)} if 0 in checkpoint_sizes else {}
        )
        self.last = bytes.fromhex(GENESIS)
        self._out_of_order: list[int] = []

    @property
    def size(self) -> int:
        return self._tree.size

    def record_out_of_order(self, seq: int) -> None:
        """Record a line dated before the previous one."""
        if len(self._out_of_order) < MAX_OUT_OF_ORDER:
            self._out_of_order.append(seq)

    def extend(self, hashes: list[bytes]) -> None:
        """Append the hashes of the next valid lines."""
        done = 0
        while self._awaited and self._awaited[-1] <= self.size + len(hashes) - done:
            stop = done + self._awaited[-1] - self.size
            self._take(hashes[done:stop])
            done = stop
            self._checkpoints[self._awaited.pop()] = Checkpoint(self._tree.root(), self.last.hex())
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
            self._checkpoints,
            tuple(self._out_of_order),
        )


def verify(lines: Iterable[Line], *, checkpoint_sizes: Collection[int] = ()) -> Verification:
    """Verify a whole chain once, in order, in constant memory: is every line the one that was sealed?"""
    reader, previous, before = ChainReader(checkpoint_sizes), GENESIS, ""
    for some in batched(lines, 4096):
        good: list[bytes] = []
        for line in some:
            if not follows(line, reader.size + len(good) + 1, previous):
                reader.extend(good)
                return reader.verdict(first_bad=reader.size + 1)
            good.append(bytes.fromhex(line.hash))
            if line.at < before:  # ISO 8601, all in UTC: the order of the texts is that of the moments
                reader.record_out_of_order(line.seq)
            previous, before = line.hash, line.at
        reader.extend(good)
    return reader.verdict()


def clock_warnings(found: Verification) -> list[str]:
    """Warnings in French about lines dated before the previous one; they prove nothing."""
    if not found.out_of_order:
        return []
    listed = ", ".join(map(str, found.out_of_order[:5])) + ("…" if len(found.out_of_order) > 5 else "")
    many = "s" if len(found.out_of_order) > 1 else ""
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
