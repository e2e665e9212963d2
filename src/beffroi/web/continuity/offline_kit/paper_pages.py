"""How many sheets of paper a kit prints: those of its binder, and of these those of forms.

In: the files of a kit, or its ZIP. Out: `PaperPages`, in words.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from beffroi.text import format_number

from .kit_documents import BINDER


@dataclass(frozen=True)
class PaperPages:
    """`binder`: pages of the binder; `forms`: those of these that are sheets of forms."""

    binder: int = 0
    forms: int = 0

    def __str__(self) -> str:
        pages = f"{format_number(self.binder, ',d')} page{'s' if self.binder > 1 else ''}"
        return f"{pages}, dont {format_number(self.forms, ',d')} de formulaires" if self.forms else pages


def paper_pages(files: Mapping[str, bytes]) -> PaperPages:
    """The pages of the binder and of the papers beside pages, each of which is in it too."""
    if BINDER not in files:
        return PaperPages()
    forms = (content for name, content in files.items() if name.endswith(".pdf") and name != BINDER)
    return PaperPages(_count(files[BINDER]), sum(map(_count, forms)))


def _count(content: bytes) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        return len(document)
    finally:
        document.close()


@lru_cache(maxsize=64)
def pages_in(archive: Path) -> PaperPages:
    """Those of a stored kit, whose file never changes; none of a file that is damaged."""
    import pypdfium2

    try:
        with zipfile.ZipFile(archive) as opened:
            names = [name for name in opened.namelist() if name.endswith(".pdf")]
            return paper_pages({_inside(name): opened.read(name) for name in names})
    except (OSError, zipfile.BadZipFile, pypdfium2.PdfiumError):
        return PaperPages()


def _inside(name: str) -> str:
    """Its name under the folder of the kit."""
    return str(PurePosixPath(*PurePosixPath(name).parts[1:]))
