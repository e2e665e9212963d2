"""The files of a kit: `OUVRIR-MOI.html`, one HTML file a page, the binder as a tagged PDF, the sealed page, their sums.

In: pages. Out: names and bytes. Every page has its style inside and a policy that forbids any request; it prints in black and white.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import slugify

from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing
from beffroi.web.ui.stacked_tables import stacked

from . import stored_kits
from .parts import Button, Page, WholePage

FIRST: Final = "OUVRIR-MOI.html"
BINDER: Final = "CLASSEUR.pdf"
SEALED: Final = "COFFRE.html"
SUMS: Final = "SHA256SUMS"
FOLDER: Final = "pages"
BUTTONS: Final[dict[Button, str]] = {
    "call": "Qui appeler",
    "service": "Mon service aujourd'hui",
    "inform": "Informer les habitants",
}
_TABLE: Final = re.compile(r"<table\b(?! class=\"[^\"]*\bstacked\b).*?</table>", re.DOTALL)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Section:
    """The pages of one part, under its title."""

    title: str
    pages: tuple[Page | WholePage, ...]


@dataclass(frozen=True)
class Cover:
    """What the first page and the binder say of this build. `paper`: what printing the binder takes, in words."""

    territory: Territory
    at: datetime
    code: str
    missing: tuple[str, ...] = ()
    has_sealed: bool = False
    has_binder: bool = False
    paper: str = ""


def named(sections: Iterable[Section]) -> list[Section]:
    """The sections with names that are good for files, each once."""
    taken: set[str] = set()
    found = []
    for section in sections:
        pages = []
        for page in section.pages:
            base = page.name if _NAME.fullmatch(page.name) else slugify(page.name) or "page"
            name, rank = base, 2
            while name in taken:
                name, rank = f"{base}-{rank}", rank + 1
            taken.add(name)
            pages.append(replace(page, name=name))
        found.append(Section(section.title, tuple(pages)))
    return found


def page_files(sections: Sequence[Section], cover: Cover) -> dict[str, str]:
    """The first page, the pages of its buttons, every page: HTML by file name."""
    files = {}
    targets = {}
    for button, title in BUTTONS.items():
        pages = [page for section in sections for page in section.pages if page.button == button]
        own = pages if len(pages) == 1 else [page for page in pages if page.title == title]
        if own:  # at three in the morning, one click
            targets[button] = f"{FOLDER}/{own[0].name}.html"
            continue
        targets[button] = f"{FOLDER}/bouton-{button}.html"
        body = render_to_string("continuity/kit/button.html", {"pages": pages, "button": button})
        files[targets[button]] = document(Page(f"bouton-{button}", title, body), cover)
    for section in sections:
        for page in section.pages:
            whole = page.document if isinstance(page, WholePage) else document(page, cover)
            files[f"{FOLDER}/{page.name}.html"] = whole
    context = {
        "cover": cover,
        "territory": cover.territory,
        "buttons": [(title, targets[button]) for button, title in BUTTONS.items()],
        "sections": sections,
        "folder": FOLDER,
        "binder": BINDER,
        "sealed": SEALED,
        "style": style(),
    }
    return {FIRST: render_to_string("continuity/kit/first.html", context)} | files


def pdf_files(territory: Territory, sections: Iterable[Section]) -> dict[str, bytes]:
    """The papers to print from any computer, each beside its page, by file name. Raises `printing.NoPrinter`."""
    pages = (page for section in sections for page in section.pages if isinstance(page, Page) and page.paper)
    return {f"{FOLDER}/{page.name}.pdf": stored_kits.laid_out(territory, page.paper) for page in pages}


def document(page: Page, cover: Cover) -> str:
    page = replace(page, body=stack_tables(page.body))
    context = {
        "page": page,
        "cover": cover,
        "territory": cover.territory,
        "first": FIRST,
        "style": f"{style()}\n{page.style}",
        "has_paper": bool(page.paper) and cover.has_binder,
    }
    return render_to_string("continuity/kit/page.html", context)


def stack_tables(body: str) -> str:
    """Its tables as a telephone reads them, row by row."""
    return _TABLE.sub(lambda found: stacked(found[0]), body)


def style() -> str:
    return (_HERE / "kit.css").read_text("utf-8")


def binder(sections: Sequence[Section], cover: Cover) -> bytes:
    """The open part as one tagged PDF with its contents. Raises `printing.NoPrinter`."""
    printed = [
        Section(section.title, tuple(page for page in section.pages if isinstance(page, Page)))
        for section in sections
    ]
    styles = dict.fromkeys(page.style for section in printed for page in section.pages)  # each once
    names = {page.name for section in printed for page in section.pages}
    chapters = [
        (section.title, [(page, _for_paper(page.body, page.name, names)) for page in section.pages])
        for section in printed
        if section.pages
    ]
    context = {
        "cover": cover,
        "territory": cover.territory,
        "chapters": chapters,
        "style": SafeString("\n".join([printing.style(_HERE / "binder.css"), *styles])),
    }
    return printing.render_pdf(render_to_string("continuity/kit/binder.html", context))


_ID = re.compile(r'\bid="([^"]+)"')
_HREF = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_HEADING = re.compile(r"<(/?)h([2-5])\b")


def _for_paper(body: str, name: str, names: set[str]) -> str:
    """Anchors of its own, links to other pages as links inside the document, headings two levels below the chapter's."""

    def link(found: re.Match[str]) -> str:
        target, _, anchor = found[1].partition("#")
        if not target:
            return f'<a href="#{name}-{anchor}">{found[3]}</a>'
        page = target.removesuffix(".html")
        if page in names:
            return (
                f'<a href="#{page}-{anchor}">{found[3]}</a>'
                if anchor
                else f'<a href="#{page}">{found[3]}</a>'
            )
        return found[0] if target.startswith(("https:", "http:", "tel:")) else found[3]

    body = _ID.sub(lambda found: f'id="{name}-{found[1]}"', body)
    return _HEADING.sub(lambda found: f"<{found[1]}h{min(int(found[2]) + 1, 6)}", _HREF.sub(link, body))


def sealed_body(sections: Sequence[Section], cover: Cover) -> str:
    """The sealed part as the body of one page: contents, then every page."""
    pages = [page for section in sections for page in section.pages if isinstance(page, Page)]
    return render_to_string("continuity/kit/sealed_body.html", {"pages": pages, "cover": cover})


def sums(files: Mapping[str, bytes]) -> bytes:
    """The file that `sha256sum -c` reads."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items())]
    return ("\n".join(lines) + "\n").encode()
