"""Papers: a page of HTML as a tagged PDF that announces PDF/UA-1, black on white, with the packaged fonts.

In: the whole document, its style inside (`style`). Out: bytes. Made by WeasyPrint without any network: what is not packaged is
never fetched.
"""

import re
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils.safestring import SafeString

import beffroi.web.ui

SCHEME = "beffroi:"
_DIST = Path(beffroi.web.ui.__file__).parent / "static/ui/dist"
_FONTS = {
    "serif": "newsreader-latin-wght-normal-*.woff2",
    "sans": "source-sans-3-latin-wght-normal-*.woff2",
    "sans-italic": "source-sans-3-latin-wght-italic-*.woff2",
}


class NotPackaged(ValueError):
    """A paper asked for something that is not in the package: it is never fetched."""


class NoPrinter(OSError):
    """This machine lacks the library that lays pages out; the message says what to install."""


def packaged(address: str) -> bytes:
    """The packaged file under this address (« beffroi:serif »). Raises NotPackaged for anything else."""
    pattern = _FONTS.get(address.removeprefix(SCHEME)) if address.startswith(SCHEME) else None
    found = sorted(_DIST.glob(pattern)) if pattern else []
    if not found:
        raise NotPackaged(f"{address} n'est pas un fichier livré avec Beffroi : il n'est pas lu.")
    return found[0].read_bytes()


@cache
def _face(address: str) -> bytes:
    """A packaged face, decompressed once a process: WeasyPrint does it again for each paper, which is half of a short one's cost."""
    from fontTools.ttLib import woff2

    out = BytesIO()
    woff2.decompress(BytesIO(packaged(address)), out)
    return out.getvalue()


@cache
def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Packaged(URLFetcher):  # type: ignore[misc]
        """Reads what is packaged, refuses the rest: the whole rendering stops."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            try:
                return URLFetcherResponse(url, _face(url), {"Content-Type": "font/ttf"})
            except NotPackaged as refused:
                raise FatalURLFetchingError(str(refused)) from refused

    return Packaged(allowed_protocols=(SCHEME.rstrip(":"),), allow_redirects=False)


def style(*more: Path) -> SafeString:
    """The style of every paper, and that of this one."""
    sheets = (Path(__file__).parent / "paper.css", *more)
    return SafeString("\n".join(sheet.read_text("utf-8") for sheet in sheets))


_PACKAGED_FACE = re.compile(r"@font-face\s*\{[^{}]*\bbeffroi:[^{}]*\}\s*")


def for_browsers(text: str) -> str:
    """A paper as a file that a browser opens anywhere: without the packaged faces, which only `render_pdf` finds."""
    return _PACKAGED_FACE.sub("", text)


def for_paper(text: str) -> str:
    """What `for_browsers` gave, with the packaged faces back, for `render_pdf`."""
    faces = "".join(_PACKAGED_FACE.findall((Path(__file__).parent / "paper.css").read_text("utf-8")))
    return text if SCHEME in text else text.replace("</head>", f"<style>{faces}</style></head>", 1)


def _write_scopes(document: Any, pdf: Any) -> None:
    """Header cells say what they head: WeasyPrint 70 writes identifiers only, which some screen readers do not follow."""
    for page in document.pages:
        for box in page._page_box.descendants():
            if box.element_tag == "th" and hasattr(box, "mark"):
                scope = box.element.get("scope", "col")
                box.mark["A"]["Scope"] = "/Row" if scope.startswith("row") else "/Column"


def render_pdf(text: str) -> bytes:
    """A page of HTML as a PDF. Raises NotPackaged when it asks for what is not packaged, NoPrinter without Pango."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError
    except OSError as error:
        raise NoPrinter(
            "Le PDF ne peut pas être fait : la bibliothèque Pango manque sur cette machine. La page web et le JSON disent la "
            "même chose. L'exploitant l'installe avec « apt install libpango-1.0-0 libpangoft2-1.0-0 »."
        ) from error

    out = BytesIO()
    try:
        HTML(string=text, url_fetcher=_fetcher()).write_pdf(
            out, finisher=_write_scopes, pdf_variant="pdf/ua-1"
        )
    except FatalURLFetchingError as refused:  # not an Exception: WeasyPrint would else go on without it
        raise NotPackaged(str(refused)) from refused
    return out.getvalue()
