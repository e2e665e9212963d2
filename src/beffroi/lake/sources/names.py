"""Names of files as others write them, made safe to write on our disk. In: any text. Out: one path part."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

LONGEST = 120


def file_name(text: str, otherwise: str = "fichier") -> str:
    """One path part, its suffix kept: no folder, no hidden file, no sign that a disk or a shell minds."""
    last = PurePosixPath(text.replace("\\", "/")).name
    cleaned = re.sub(r"[^\w.()\- ]+", "_", last).strip(" .") or otherwise
    stem, dot, suffix = cleaned.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[: LONGEST - len(suffix)]}.{suffix}"
    return cleaned[:LONGEST]


def of_url(url: str, disposition: str | None = None) -> str:
    """The name that the server gives, otherwise the last part of the address."""
    if disposition:
        extended = re.search(r"filename\*\s*=\s*(?:UTF-8|utf-8)''([^;]+)", disposition)
        plain = re.search(r'filename\s*=\s*(?:"([^"]*)"|([^;]+))', disposition)
        named = unquote(extended[1]) if extended else (plain[1] or plain[2] or "") if plain else ""
        if named.strip():
            return file_name(named)
    return file_name(unquote(urlsplit(url).path))
