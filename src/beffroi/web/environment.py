"""What the operator's variables say, read strictly: a value that cannot be is refused in a sentence, and nothing starts.

In: the environment. Out: numbers, shares of the disk, an address, a level of detail. Raises HomeError.
"""

import os
from typing import Final
from urllib.parse import urlsplit

from beffroi.home import HomeError

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def number(name: str, absent: int, *, least: int = 0) -> int:
    """A whole number, `least` at least."""
    text = os.environ.get(name, "").strip() or str(absent)
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise _refused(name, text, f"donnez un nombre entier, {least} au moins")
    return int(text)


def shares(name: str) -> dict[str, int]:
    """Bytes by short name of a territory (`*`: the others), of `*=20,valbruyere=50` in gigabytes."""
    found = {}
    for part in filter(None, map(str.strip, os.environ.get(name, "").split(","))):
        slug, _, size = (each.strip() for each in part.partition("="))
        if not (slug and size.isascii() and size.isdecimal()):
            raise _refused(name, part, "écrivez *=20 pour tous, valbruyere=50 pour un seul, en Go entiers")
        found[slug] = int(size) << 30
    return found


def address(name: str, absent: str) -> str:
    """The site's own address, without its last slash."""
    text = (os.environ.get(name, "").strip() or absent).rstrip("/")
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise _refused(name, text, "écrivez l'adresse entière, comme https://beffroi.exemple.fr")
    return text


def level(name: str, absent: str) -> str:
    """How much the log says."""
    text = os.environ.get(name, "").strip() or absent
    if text not in LEVELS:
        raise _refused(name, text, f"choisissez parmi {', '.join(LEVELS)}")
    return text


def _refused(name: str, text: str, what: str) -> HomeError:
    return HomeError(
        f"{name} vaut « {text} » : {what}. Rien n'a été démarré. Corrigez ce réglage, ou retirez-le."
    )
