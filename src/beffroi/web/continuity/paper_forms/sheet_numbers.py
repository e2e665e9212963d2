"""Numbers of sheets: « CANT-A-0042-7 » is the form's mark, the counter, the rank and a check character; and what a QR code says.

In: what a person typed or a reader read. Out: a `SheetNumber`, or NumberError, in French.
"""

import re
from dataclasses import dataclass
from typing import Final

from beffroi.lake.invisible_characters import strip_invisible

from .check_characters import check_character

MAX_RANK: Final = 9999
FORMAT: Final = "BFR1"
_NUMBER: Final = re.compile(r"([A-Z]{2,5})-?([A-Z0-9]{1,3})-(\d{4})-?([0-9A-Z])")
_SHORT: Final = re.compile(r"(\d{4})-?([0-9A-Z])")


class NumberError(ValueError):
    """A text that is no number of a sheet; the message is French."""


@dataclass(frozen=True, order=True)
class SheetNumber:
    mark: str
    counter: str
    rank: int

    @property
    def check(self) -> str:
        return check_character(f"{self.mark}{self.counter}{self.rank:04}")

    def __str__(self) -> str:
        return f"{self.mark}-{self.counter}-{self.rank:04}-{self.check}"


@dataclass(frozen=True)
class SheetCode:
    """What the QR code of a sheet says: whose it is, which form, which number."""

    territory: str
    form: str
    number: SheetNumber

    def __str__(self) -> str:
        return f"{FORMAT}:{self.territory}:{self.form}:{self.number}"


def parse_number(text: str, mark: str = "", counter: str = "") -> SheetNumber:
    """The number that was typed, whole, or its end only (« 0042-7 ») where mark and counter are known. Raises NumberError."""
    text = strip_invisible(text)
    written = "".join(text.split()).upper()
    if found := _NUMBER.fullmatch(written):
        number, check = SheetNumber(found[1], found[2], int(found[3])), found[4]
    elif (found := _SHORT.fullmatch(written)) and mark and counter:
        number, check = SheetNumber(mark, counter, int(found[1])), found[2]
    else:
        example = str(SheetNumber(mark or "CANT", counter or "A", 42))
        raise NumberError(f"« {text.strip()[:30]} » n'est pas un numéro de feuille. Exemple : {example}.")
    if _alike(number.check) != _alike(check):
        raise NumberError(
            f"« {text.strip()[:30]} » : le dernier signe ne correspond pas. Relisez le numéro sur la feuille."
        )
    return number


def _alike(sign: str) -> str:
    """A letter that a hand or an eye takes for a digit counts as that digit."""
    return {"O": "0", "I": "1"}.get(sign, sign)


def read_number(text: str, mark: str = "", counter: str = "", territory: str = "") -> SheetNumber:
    """The number that a keyboard or a reader gave: typed, or of a QR code, of this territory's code where one is given.

    Raises NumberError.
    """
    if not text.strip().upper().startswith(FORMAT):
        return parse_number(text, mark, counter)
    code = parse_code(text)
    if territory and code.territory != territory:
        raise NumberError("Cette feuille est d'une autre collectivité.")
    return code.number


def parse_code(text: str) -> SheetCode:
    """What a QR code says. Raises NumberError for a code that is not of a sheet."""
    parts = text.strip().split(":")
    if len(parts) != 4 or parts[0] != FORMAT:
        raise NumberError("Ce code n'est pas celui d'une feuille de Beffroi.")
    return SheetCode(parts[1], parts[2], parse_number(parts[3]))
