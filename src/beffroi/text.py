"""Text helpers of every floor: accents stripped, names folded or numbered, numbers, days and months in French.

Standard library only. In: any text, or a number; out: text.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import chain, count

NARROW_SPACE = "\u202f"
"""Narrow no-break space, between the thousands of a number."""

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})


def long_date(day: date) -> str:
    """A day with its month in words: « 2 décembre 2027 », « 1er juin 2019 ».

    >>> long_date(date(2019, 6, 1))
    '1er juin 2019'
    """
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def split_identifiers(text: str) -> str:
    """The text with the names of columns and files that it holds written as words.

    >>> split_identifiers("Moyenne de NB_REPAS par idSite, en CO2")
    'Moyenne de nb repas par id site, en CO2'
    """

    def words(found: re.Match[str]) -> str:
        whole = found[0]
        camel = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", "_", whole) if whole[0].islower() else whole
        parts = camel.strip("_").split("_")
        return " ".join(part.lower() for part in parts if part) if len(parts) > 1 else whole

    return re.sub(r"\w*[^\W\d]\w*", words, text)


def is_opaque(label: str) -> bool:
    """Whether the label holds no word that a reader would understand, nor is an acronym: « f_12 », « nb ».

    >>> [is_opaque(label) for label in ("f_12", "nb", "Réel", "CO2", "nb_repas")]
    [True, True, False, False, False]
    """
    letters = re.findall(r"[a-z]+", strip_accents(split_identifiers(label)).lower())
    readable = any(len(word) >= 3 and re.search("[aeiouy]", word) for word in letters)
    acronym = label.isupper() and "_" not in label
    return not readable and not acronym


def strip_accents(text: str) -> str:
    """The text without accents; every other character stays.

    >>> strip_accents("Œuvre d’été")
    'Œuvre d’ete'
    """
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def to_ascii(text: str) -> str:
    """The text without accents nor anything else that ASCII does not hold: « ’ », « œ », « – » are dropped.

    >>> to_ascii("Côte d’Or (CŒUR)")
    'Cote dOr (CUR)'
    """
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def expand_ligatures(text: str) -> str:
    """« œ » and « æ » in two letters: no normal form of Unicode does it."""
    return text.translate(_LIGATURES)


def fold_name(text: str) -> str:
    """Key under which two spellings of a name are one: ASCII lower-case letters and digits, single spaces between words.

    >>> fold_name("  École_Jean-Moulin n° 2 ")
    'ecole jean moulin n 2'
    """
    return re.sub(r"[^a-z0-9]+", " ", to_ascii(text).lower()).strip()


def unique_name(base: str, is_taken: Callable[[str], bool], separator: str = "-") -> str:
    """`base` or, where it is taken, `base` with the first number that is free, from 2 on.

    >>> unique_name("ecoles", {"ecoles", "ecoles-2"}.__contains__)
    'ecoles-3'
    """
    numbered = (f"{base}{separator}{number}" for number in count(2))
    return next(name for name in chain((base,), numbered) if not is_taken(name))


def format_number(value: float | Decimal, spec: str, thousands: str = NARROW_SPACE) -> str:
    """A number under a format of Python's, with the French decimal comma and the separator of `thousands`.

    >>> format_number(1234.5, ",.2f", " "), format_number(0.25, "g")
    ('1 234,50', '0,25')
    """
    return f"{value:{spec}}".translate({ord(","): thousands, ord("."): ","})


def format_percent(value: float) -> str:
    """A percentage (0..100) with one decimal: « 12,5 % »."""
    return f"{format_number(value, '.1f')} %"
