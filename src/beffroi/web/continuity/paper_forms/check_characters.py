"""Check character of a sheet number: ISO/IEC 7064:2003, MOD 37,36 (hybrid system), on digits and capital letters.

It finds every single wrong character and nearly every swap of two neighbours.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MODULUS: Final = len(ALPHABET)


def check_character(text: str) -> str:
    """The character to write after `text`. Raises ValueError for a sign that is neither digit nor capital letter.

    >>> check_character("A12425GABC1234002")
    'M'
    """
    product = _MODULUS
    for sign in text:
        product = (product + ALPHABET.index(sign)) % _MODULUS or _MODULUS
        product = 2 * product % (_MODULUS + 1)
    return ALPHABET[(_MODULUS + 1 - product) % _MODULUS]
