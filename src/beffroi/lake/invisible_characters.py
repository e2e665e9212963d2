"""Removal of invisible characters, which make two names look the same or reverse a sentence.

In: a text written by a person, a file's header or a provider. Out: its visible characters only. Spaces, French no-break spaces,
tabs and line ends stay, and the joiners required by emoji and Asian scripts.
"""

import re
from typing import Final

_ENDS_OF_LINES: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")
# Controls; the code points that Unicode calls default ignorable or controls of direction; the blanks that are letters.
# The joiners (200C, 200D) stay after a character that may need them. Selectors of emoji (FE0E, FE0F) stay.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]|(?<![\u0590-\u1dff\u2190-\U0010ffff])[\u200c\u200d]"
)


def strip_invisible(text: str) -> str:
    """Text without its invisible characters.

    >>> strip_invisible("budget\\u200b 2026\\u202e")
    'budget 2026'
    """
    return _UNSEEN.sub("", _ENDS_OF_LINES.sub(" ", text))
