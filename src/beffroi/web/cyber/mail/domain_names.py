"""The domain in what a person types: an address, a site, a name with accents. Out: the name as DNS has it, in ASCII."""

import re
import unicodedata

from beffroi.lake.sources.addresses import host_of, literal_of
from beffroi.lake.sources.errors import AddressRefused

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def domain_of(text: str) -> str:
    """Domain of « mairie@bonne-commune.fr », « https://www.bonne-commune.fr/contact », « Bonne-Commune.fr ». Raises ValueError."""
    found = text.strip().rpartition("@")[2]
    found = re.sub(r"^[a-z]+://", "", found, flags=re.IGNORECASE)
    found = re.split(r"[/?#:]", found, maxsplit=1)[0].removeprefix("www.").removeprefix("WWW.")
    if not all(sign.isalnum() or sign in "-._" or unicodedata.combining(sign) for sign in found):
        raise ValueError(text)  # the codec of 2003 lets pictures through, and no registry does
    try:
        name = host_of(found)
    except AddressRefused as error:
        raise ValueError(text) from error
    labels = name.split(".")
    if (
        literal_of(name) is not None
        or len(labels) < 2
        or len(name) > 253
        or not all(map(_LABEL.fullmatch, labels))
    ):
        raise ValueError(text)
    if labels[-1].isdecimal():
        raise ValueError(text)
    return name


def readable(name: str) -> str:
    """The name as people write it, accents back."""
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name
