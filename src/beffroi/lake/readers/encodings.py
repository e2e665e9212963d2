"""Encoding detection of a text file, and its conversion to UTF-8.

In: a file of any size, read in chunks. Out: a `Scan` (encoding, statistics) and the path of a UTF-8 file. Valid
UTF-8 is not copied. French office encodings are distinguished by the words that they give.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.tables import Guess

CHUNK = 1 << 20
_PREFIX = 4 << 20  # bytes that show what is usual in a text
# What a core keeps at hand: looked at several times, read once; larger texts cost a page fault for each of their pages.
_PIECE = 60 << 10
LABELS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (avec marque BOM)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (petit-boutiste, sans marque)",
    "utf-16-be": "UTF-16 (gros-boutiste, sans marque)",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO 8859-15 (Latin-9)",
    "latin-1": "ISO 8859-1 (Latin-1)",
    "mac_roman": "Mac Roman",
    "cp850": "DOS (page de codes 850)",
    "mixed": "mélange d'UTF-8 et de Windows-1252",
    "twice": "UTF-8 encodé deux fois",
}
# What a person may say that a file is in.
OFFERED = tuple(name for name in LABELS if name != "utf-32")
# The order breaks ties: the most usual in French offices first.
SINGLE_BYTE = ("cp1252", "iso8859-15", "latin-1", "mac_roman", "cp850")

_WORD = re.compile(rb"[A-Za-z\x80-\xff'\-]+")
_TWICE = re.compile("Ã[\u00a0©¨ªª§¢´®¯¹»«‰€Šˆ‡¼]|â€[™œ“¦˜]|Â[°«»²\u00a0]")
_LOWER = "éèêëàâäçùûüôöîïœæÿ"
_UPPER = "ÉÈÊËÀÂÄÇÙÛÜÔÖÎÏŒÆ"
_SIGNS = "«»°€’‘“”–—…²³\u00a0·•§©®™µ×½¼¾±ºª¿¡"


@dataclass(frozen=True)
class Scan:
    """Result of one pass over the bytes. `lines` counts line breaks, plus one for a last line without.

    When it is not `whole`, a later byte may contradict it, and `lines` is unknown (zero).
    """

    size: int
    encoding: str
    lines: int
    plain_ascii: bool
    whole: bool = True

    def guess(self) -> Guess:
        return replace(self._guess(), about="encoding", choices=OFFERED, chosen=self.encoding)

    def _guess(self) -> Guess:
        label = LABELS.get(self.encoding, self.encoding)
        if self.plain_ascii:
            return Guess("Encodage", "ASCII", "Le fichier n'a aucun caractère accentué.", True)
        if self.encoding.startswith("utf"):
            return Guess("Encodage", label, "Tous les octets du fichier se lisent ainsi sans erreur.", True)
        if self.encoding == "mixed":
            why = "Certaines lignes sont en UTF-8, d'autres non : chaque ligne a été lue selon son propre encodage."
        elif self.encoding == "twice":
            why = "Les accents étaient abîmés (« Ã© » au lieu de « é ») : ils ont été rétablis."
        else:
            why = "Le fichier n'est pas en UTF-8 ; c'est l'encodage qui donne les mots français les plus plausibles."
        return Guess("Encodage", label, why, False)


def scan(path: Path, *, at_least: int | None = None) -> Scan:
    """One pass over the file: its lines and its encoding. Raises UnreadableFile for binary content.

    `at_least`: the pass may end after that many lines, once what it read has accents and no surprise.
    """
    whole = True
    size, newlines, returns, nuls, controls = 0, 0, 0, 0, 0
    ascii_only, valid = True, True
    head = tail = cut = b""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_PIECE):
            head = head or chunk[:4096]
            tail = chunk[-2:]
            size += len(chunk)
            signs = np.frombuffer(chunk, np.uint8)  # ten times the speed of bytes.count for signs this usual
            newlines += int(np.count_nonzero(signs == 10))
            if not newlines:
                returns += chunk.count(b"\r")
            if b"\0" in chunk:
                nuls += chunk.count(b"\0")
            if size <= _PREFIX:
                controls += sum(
                    chunk.count(bytes([code])) for code in (1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17, 18)
                )
            if valid and not (chunk.isascii() and not cut):
                ascii_only = False
                cut, valid = _is_utf8(cut + chunk if cut else chunk)
            if at_least is not None and newlines > at_least and size >= _PREFIX and not (ascii_only or nuls):
                whole, cut = False, b""
                break
    valid = valid and not cut
    encoding = _by_mark(head) or (_utf16_without_mark(head, nuls, size) if nuls else None)
    if encoding is None:
        if nuls > size // 50 or controls > size // 200:
            raise UnreadableFile(
                "Ce fichier n'est pas du texte : son contenu est binaire malgré son nom. "
                "Ouvrez-le dans le logiciel qui l'a produit, puis exportez-le en CSV, ODS ou XLSX."
            )
        encoding = "utf-8" if valid else None
    breaks = newlines or returns
    ended = tail.endswith((b"\n", b"\r"))
    if encoding is None:
        encoding = _single_byte(path)
    elif encoding in ("utf-8", "utf-8-sig") and not ascii_only and _encoded_twice(path):
        encoding = "twice"
    lines = breaks + (0 if ended or not size else 1) if whole else 0
    return Scan(size, encoding, lines, ascii_only and encoding == "utf-8", whole)


def _is_utf8(text: bytes) -> tuple[bytes, bool]:
    """First bytes of a character cut at the end, and whether what precedes is UTF-8: four times as fast as decoding it."""
    lead = next((place for place in range(1, min(3, len(text)) + 1) if text[-place] >= 0xC0), 0)
    length = 2 + (text[-lead] >= 0xE0) + (text[-lead] >= 0xF0) if lead else 0
    cut = text[-lead:] if length > lead else b""
    size = len(text) - len(cut)
    words = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, size], np.int32)), pa.py_buffer(text))
    try:
        words.validate(full=True)
    except pa.ArrowInvalid:
        return b"", False
    return cut, True


def as_utf8(path: Path, found: Scan, work: Path) -> Path:
    """Path itself when it is UTF-8, otherwise a UTF-8 copy in the folder `work`."""
    if found.encoding in ("utf-8", "utf-8-sig"):
        return path
    target = work / "utf8.txt"
    with path.open("rb") as file, target.open("wb") as out:
        if found.encoding in SINGLE_BYTE:
            while chunk := file.read(_PIECE):
                out.write(to_utf8(chunk, found.encoding))
        else:
            for text in _texts(file, found.encoding):
                out.write(text.encode("utf-8", errors="replace"))
    return target


def to_utf8(chunk: bytes, encoding: str) -> bytes:
    """Chunk of a text in one of SINGLE_BYTE, in UTF-8."""
    if encoding == "cp1252" and not (np.frombuffer(chunk, np.uint8) & 0xE0 == 0x80).any():
        # Without any of the 32 bytes that differ, Windows-1252 is Latin-1, five times faster to decode.
        encoding = "latin-1"
    return chunk.decode(encoding, errors="replace").encode()


def _texts(file: BinaryIO, encoding: str) -> Iterator[str]:
    if encoding in ("mixed", "twice"):
        for line in file:
            yield _repair_double_encoding(line) if encoding == "twice" else _decode_utf8_or_cp1252(line)
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while chunk := file.read(_PIECE):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _decode_utf8_or_cp1252(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _repair_double_encoding(line: bytes) -> str:
    text = line.decode("utf-8-sig")
    if not any(sign in text for sign in "ÃÂâ"):
        return text
    for middle in ("cp1252", "latin-1"):
        try:
            return text.encode(middle).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _by_mark(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return None


def _utf16_without_mark(head: bytes, nuls: int, size: int) -> str | None:
    if nuls < size // 3 or len(head) < 8:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.6 * len(head) / 2 and even < 0.1 * len(head) / 2:
        return "utf-16-le"
    if even > 0.6 * len(head) / 2 and odd < 0.1 * len(head) / 2:
        return "utf-16-be"
    return None


def _encoded_twice(path: Path) -> bool:
    with path.open("rb") as file:
        text = file.read(_PREFIX).decode("utf-8", errors="ignore")
    damaged = len(_TWICE.findall(text))
    return damaged >= 3 and damaged > 5 * sum(text.count(letter) for letter in "éèàêç")


def _single_byte(path: Path) -> str:
    """Single-byte encoding whose words look most like French, over the words with a byte above 127."""
    words: dict[bytes, int] = {}
    as_utf8 = other = 0
    with path.open("rb") as file:
        while line := file.readline(CHUNK):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                as_utf8 += 1
            except UnicodeDecodeError:
                other += 1
            for word in _WORD.findall(line):
                if word.isascii():
                    continue
                words[word[:40]] = words.get(word[:40], 0) + 1
            if as_utf8 + other > 20_000:
                break
    if as_utf8 > 0.1 * (as_utf8 + other):
        return "mixed"
    scores = {
        name: sum(_plausible(word.decode(name, errors="replace")) for word in words) for name in SINGLE_BYTE
    }
    return max(SINGLE_BYTE, key=lambda name: scores[name])


def _plausible(word: str) -> float:
    """French plausibility of a decoded word: accents in the right case, signs outside words."""
    score = 0.0
    capitals = sum(letter.isupper() for letter in word)
    smalls = sum(letter.islower() for letter in word)
    for place, sign in enumerate(word):
        if sign.isascii():
            continue
        before = word[place - 1] if place else " "
        after = word[place + 1] if place + 1 < len(word) else " "
        if sign in _LOWER:
            score += 3 if capitals <= smalls else -1
        elif sign in _UPPER:
            score += -3 if before.islower() else (3 if capitals >= smalls or place == 0 else 0)
        elif sign in "’'":
            score += 1
        elif sign in _SIGNS:
            score += -2 if before.isalpha() and after.isalpha() else 1
        elif sign.isalpha():
            score -= 1
        else:
            score -= 6
    return score
