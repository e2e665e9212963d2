"""OpenDocument packages (ODS, ODT), version 1.2 parts 1 and 3: parts of XML in a ZIP that other programs know by its first bytes.

In: the media type, the parts by name. Out: the bytes of the file.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

SHEET: Final = "application/vnd.oasis.opendocument.spreadsheet"
TEXT: Final = "application/vnd.oasis.opendocument.text"
_PREFIXES: Final = {
    "office": "office",
    "style": "style",
    "table": "table",
    "text": "text",
    "fo": "xsl-fo-compatible",
    "meta": "meta",
}
NAMES: Final = " ".join(
    [f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{of}:1.0"' for name, of in _PREFIXES.items()]
    + ['xmlns:dc="http://purl.org/dc/elements/1.1/"']
)
"""Declarations of the namespaces that our parts use."""


def package(media_type: str, parts: Mapping[str, str]) -> bytes:
    """The file. `parts`: XML by name, « content.xml » among them."""
    entries = "".join(
        f'<manifest:file-entry manifest:full-path={quoteattr(name)} manifest:media-type="text/xml"/>'
        for name in parts
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{media_type}"/>{entries}</manifest:manifest>'
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        # First and not compressed: it is how other programs know the file.
        book.writestr("mimetype", media_type, zipfile.ZIP_STORED)
        book.writestr("META-INF/manifest.xml", manifest)
        for name, content in parts.items():
            book.writestr(name, content.encode("utf-8", "replace"))
    return made.getvalue()


def printable(text: str) -> str:
    """A text without the characters that XML does not have."""
    return "".join(sign for sign in text if (sign >= " " or sign in "\t\n") and sign not in "\ufffe\uffff")
