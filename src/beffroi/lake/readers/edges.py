"""Whether some cells of a text have blanks around them, told by its bytes alone.

In: a UTF-8 file, its separator and its quote. Out: yes or no, at the speed of memory; may say yes for nothing (a
blank beside a separator inside quotes), never no for something.
"""

import codecs
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beffroi.lake.readers.source import BLANKS

# What fits in the cache of a core is compared many times at little cost.
_CHUNK = 1 << 18
_LONG = [sign.encode() for sign in BLANKS if not sign.isascii()]
_OVERLAP = 8

Bytes = npt.NDArray[np.uint8]


def has_padding(path: Path, separator: str, quote: str) -> bool:
    """Does any cell begin or end with one of BLANKS?"""
    sides = [sign.encode() for sign in (separator, quote, "\n", "\r")]
    before = _table(sign[-1] for sign in sides)
    after = _table(sign[0] for sign in sides)
    short = [ord(sign) for sign in BLANKS if sign.isascii() and sign not in "\r\n" and sign != separator]
    edges = sorted({*np.flatnonzero(before).tolist(), *np.flatnonzero(after).tolist()})
    with path.open("rb", buffering=0) as file:
        head = file.read(_CHUNK).removeprefix(codecs.BOM_UTF8)
        chunk = b"\n" + head
        while chunk:
            following = file.read(_CHUNK)
            whole = chunk if following else chunk + b"\n"
            if separator in BLANKS and quote.encode() in whole:
                return True  # inside quotes, the separator itself is a blank of its cell
            signs = np.frombuffer(whole, np.uint8)
            if _short(signs, short, edges) or (not whole.isascii() and _long(signs, before, after)):
                return True
            chunk = chunk[-_OVERLAP:] + following if following else b""
    return False


def _table(codes: Iterable[int]) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(codes)] = True
    return table


def _any_of(signs: Bytes, codes: list[int]) -> npt.NDArray[np.bool_]:
    found = signs == codes[0]
    for code in codes[1:]:
        found |= signs == code
    return found


def _short(signs: Bytes, blanks: list[int], edges: list[int]) -> bool:
    blank, edge = _any_of(signs, blanks), _any_of(signs, edges)
    return bool((blank[1:] & edge[:-1]).any() or (blank[:-1] & edge[1:]).any())


def _long(signs: Bytes, before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> bool:
    for blank in _LONG:
        places = np.flatnonzero(signs[1 : -len(blank)] == blank[0]) + 1
        for offset, code in enumerate(blank[1:], 1):
            places = places[signs[places + offset] == code]
        if places.size and (before[signs[places - 1]] | after[signs[places + len(blank)]]).any():
            return True
    return False
