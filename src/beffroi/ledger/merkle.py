"""Merkle trees over the chain's hashes, as in Certificate Transparency (RFC 6962 §2.1, RFC 9162 §2.1).

In: the lines' hashes (hexadecimal). Out: a root, and short proofs that a line is under a root or that one root extends
another. Verifying needs the proof only; making one needs the roots of a few ranges, which `inclusion_ranges` and
`consistency_ranges` list, so that stored subtree roots replace reading the whole chain.
"""

import hashlib
from collections.abc import Iterable, Sequence
from hashlib import sha256

type Range = tuple[int, int]
"""Leaves from the first number (counted from 0) up to, not including, the second."""


def _leaf(hash_hex: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(hash_hex)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


_EMPTY = hashlib.sha256(b"").digest()


class Accumulator:
    """Merkle root of a growing list, with one stored hash a level: append lines in order, read the root at any size."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []  # (level, hash of a full subtree), highest first

    def add(self, hash_hex: str) -> None:
        self._push(0, _leaf(hash_hex))

    def add_subtree(self, level: int, root_hex: str) -> None:
        """Append 2 ** level lines of which only the root is known. Raises ValueError where no such subtree begins."""
        if self.size % (1 << level):
            raise ValueError(f"no subtree of 2 ** {level} lines begins at line {self.size}")
        self._push(level, bytes.fromhex(root_hex))

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Append many lines, by their hashes as bytes: the same as `add` one by one, in less time."""
        leaves = [sha256(b"\x00" + each).digest() for each in hashes]
        start = 0
        while start < len(leaves):
            # The largest full subtree that begins here and fits.
            level = (len(leaves) - start).bit_length() - 1
            if self.size:
                level = min(level, (self.size & -self.size).bit_length() - 1)
            nodes = leaves[start : start + (1 << level)]
            start += len(nodes)
            while len(nodes) > 1:
                pairs = zip(nodes[::2], nodes[1::2], strict=True)
                nodes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            self._push(level, nodes[0])

    def _push(self, level: int, current: bytes) -> None:
        self.size += 1 << level
        while self._peaks and self._peaks[-1][0] == level:
            current = _node(self._peaks.pop()[1], current)
            level += 1
        self._peaks.append((level, current))

    def root(self) -> str:
        if not self._peaks:
            return _EMPTY.hex()
        current = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            current = _node(peak, current)
        return current.hex()


def root(hashes: Sequence[str]) -> str:
    """Merkle tree hash of the list (SHA-256 of nothing when it is empty)."""
    tree = Accumulator()
    tree.extend(map(bytes.fromhex, hashes))
    return tree.root()


def _split(size: int) -> int:
    """The largest power of two strictly smaller than `size` (size ≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Ranges whose roots are the audit path of leaf `index` (from 0), lowest first. Raises IndexError outside."""
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} outside a tree of {size}")
    ranges: list[Range] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def inclusion_proof(index: int, hashes: Sequence[str]) -> list[str]:
    """Audit path of leaf `index` (from 0), lowest first. Raises IndexError outside the list."""
    return [root(hashes[low:high]) for low, high in inclusion_ranges(index, len(hashes))]


def verify_inclusion(leaf: str, index: int, size: int, proof: Sequence[str], root: str) -> bool:
    """Whether `proof` shows that the line whose hash is `leaf` is at `index` under `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    try:
        current, path = _leaf(leaf), [bytes.fromhex(step) for step in proof]
    except ValueError:
        return False
    node, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = _node(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = _node(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current.hex() == root.lower()


def consistency_ranges(first: int, size: int) -> list[Range]:
    """Ranges whose roots prove that the tree of the first `first` leaves is a prefix of the tree of `size`."""
    if not 0 < first <= size:
        raise IndexError(f"no tree of {first} before a tree of {size}")
    ranges: list[Range] = []
    low, high, known = 0, size, True
    target = first
    while target != high - low:
        middle = low + _split(high - low)
        if target <= middle - low:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            target -= middle - low
            low, known = middle, False
    if not known:
        ranges.append((low, high))
    return ranges[::-1]


def consistency_proof(first: int, hashes: Sequence[str]) -> list[str]:
    """Proof that the tree of the first `first` hashes is a prefix of the tree of all (RFC 9162 §2.1.4.1)."""
    return [root(hashes[low:high]) for low, high in consistency_ranges(first, len(hashes))]


def verify_consistency(
    first: int, second: int, first_root: str, second_root: str, proof: Sequence[str]
) -> bool:
    """Whether `proof` shows that the tree of size `second` only appended to the tree of size `first` (RFC 9162 §2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root.lower() == second_root.lower()
    # A first tree that is full is itself the first node of the proof: the RFC leaves it out.
    steps = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    try:
        path = [bytes.fromhex(step) for step in steps]
    except ValueError:
        return False
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = _node(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old.hex() == first_root.lower() and new.hex() == second_root.lower()
