"""Sanitising of file names written by others. In: any text. Out: one safe path component."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

LONGEST = 120


def file_name(text: str, otherwise: str = "fichier") -> str:
    """Safe path component, its suffix preserved: no folder, no hidden file, no character special to a disk or a shell."""
    last = PurePosixPath(text.replace("\\", "/")).name
    cleaned = re.sub(r"[^\w.()\- ]+", "_", last).strip(" .") or otherwise
    stem, dot, suffix = cleaned.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[: LONGEST - len(suffix)]}.{suffix}"
    return cleaned[:LONGEST]


def file_name_of_url(url: str, disposition: str | None = None) -> str:
    """File name of the `Content-Disposition` header, otherwise the last component of the URL."""
    if disposition:
        extended = re.search(r"filename\*\s*=\s*(?:UTF-8|utf-8)''([^;]+)", disposition)
        plain = re.search(r'filename\s*=\s*(?:"([^"]*)"|([^;]+))', disposition)
        named = unquote(extended[1]) if extended else (plain[1] or plain[2] or "") if plain else ""
        if named.strip():
            return file_name(named)
    return file_name(unquote(urlsplit(url).path))
