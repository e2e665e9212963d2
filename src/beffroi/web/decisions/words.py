"""Whether a person wrote something of their own: texts compared without accents, capitals, spaces nor punctuation.

The same table serves Python and, as nested `replace`, the rules that the database keeps: no text of a user is in that SQL.
"""

from collections.abc import Iterable

LEAST = 50  # characters, as written
LEAST_OF_ONES_OWN = 40  # letters and figures left once what is copied is taken away
LEAST_OF_A_REASON = 12  # the same, of a reason that must say something
_LETTERS = {
    "a": "àâäáãÀÂÄÁÃ", "c": "çÇ", "e": "éèêëÉÈÊË", "i": "îïíÎÏÍ", "o": "ôöóõÔÖÓÕ", "u": "ùûüúÙÛÜÚ", "y": "ÿŸ",
    "n": "ñÑ", "oe": "œŒ", "ae": "æÆ",
}  # fmt: skip
_SILENT = " \t\n\r\u00a0\u202f.,;:!?'’\"«»“”()[]{}<>/\\|-–—_*+=%&#@~^`•…°"
SAME = {letter: plain for plain, letters in _LETTERS.items() for letter in letters} | dict.fromkeys(
    _SILENT, ""
)


def plain(text: str) -> str:
    """The letters and figures of a text, and nothing else."""
    text = text.lower()
    for written, read in SAME.items():
        text = text.replace(written, read)
    return "".join(letter for letter in text if letter.isalnum())


def plain_sql(expression: str) -> str:
    """The same of an SQL expression, nearly: what no table of ours knows is kept as it is."""
    made = f"lower({expression})"
    for written, read in SAME.items():
        made = f"replace({made}, '{written.replace(chr(39), chr(39) * 2)}', '{read}')"
    return made


def of_ones_own(text: str, copied: Iterable[str]) -> int:
    """How many letters and figures are left of a text without the sentences that it copies."""
    own = plain(text)
    # The longest first: a sentence may hold another one.
    for sentence in sorted({plain(sentence) for sentence in copied}, key=len, reverse=True):
        if sentence:
            own = own.replace(sentence, "")
    return len(own)


def is_own(text: str, copied: Iterable[str]) -> bool:
    return len(text.strip()) >= LEAST and of_ones_own(text, copied) >= LEAST_OF_ONES_OWN


def has_own_words(text: str, copied: Iterable[str]) -> bool:
    """Whether a short reason has words of the person's own beside what it copies."""
    return of_ones_own(text, copied) >= LEAST_OF_A_REASON
