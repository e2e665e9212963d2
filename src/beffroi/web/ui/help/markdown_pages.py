"""French guides: read from Markdown, rendered to HTML with anchors, cut into sections.

In: the Markdown files named in `help.toml`. Out: `HelpPage` objects in their reading order. Raw HTML is escaped, links to pages
that the site does not serve lose their link, and what stands between « hors du site » comments (for programmers) is left out.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.token import Token

from beffroi.web.ui.formats import spaced

_HERE = Path(__file__).resolve().parent
_COMMENT = re.compile(r"<!-- hors du site -->.*?<!-- fin -->|<!--.*?-->", re.DOTALL)
_PICTURE = re.compile(r"^pictures/([\w-]+\.png)$")
_SCHEME = re.compile(r"^[a-z]+:", re.IGNORECASE)


@dataclass(frozen=True)
class Section:
    """A part of a guide: `section` is its heading (empty before the first one), `text` its plain words."""

    title: str
    section: str
    text: str
    address: str
    is_public: bool


@dataclass(frozen=True)
class Heading:
    """A heading of a guide with its anchor; level 2 or 3."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class HelpPage:
    """A guide of the site. `group`: the place of the navigation that it stands under; `is_public`: open without account."""

    slug: str
    file: str
    group: str
    is_public: bool

    @property
    def address(self) -> str:
        return reverse("help-guide", args=[self.slug])

    @cached_property
    def _source(self) -> str:
        return _COMMENT.sub("", (settings.GUIDES / self.file).read_text("utf-8"))

    @cached_property
    def title(self) -> str:
        return spaced(self._source.lstrip().partition("\n")[0].removeprefix("# ").strip())

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        return tuple(heading for heading, _ in _by_heading(self._tokens) if heading is not None)

    @cached_property
    def html(self) -> str:
        """Body of the guide, without its title; safe to show as it is."""
        return to_html(self._tokens)

    @property
    def sections(self) -> Iterator[Section]:
        for heading, tokens in _by_heading(self._tokens):
            text = " ".join(_plain(token) for token in tokens if token.type == "inline")
            address = f"{self.address}#{heading.anchor}" if heading else self.address
            yield Section(self.title, heading.text if heading else "", text, address, self.is_public)

    @cached_property
    def _tokens(self) -> list[Token]:
        tokens = tokens_of(self._source)
        return tokens[3:] if tokens and tokens[0].tag == "h1" else tokens


@cache
def help_pages() -> tuple[HelpPage, ...]:
    """Every guide, in reading order."""
    with (_HERE / "help.toml").open("rb") as file:
        listed = tomllib.load(file)["guides"]
    return tuple(
        HelpPage(g.get("slug", Path(g["file"]).stem), g["file"], g["group"], g.get("public", False))
        for g in listed
    )


def sections() -> Iterator[Section]:
    """Sections of all the guides, for a search index."""
    for guide in help_pages():
        yield from guide.sections


def tokens_of(source: str) -> list[Token]:
    """Tokens of a Markdown text, its headings anchored, its links and pictures leading inside the site."""
    tokens = _markdown().parse(source)
    anchors = set()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor_of(inline.content))
            anchors.add(f"#{opening.attrGet('id')}")
    for token in tokens:
        if token.type == "inline":
            token.children = list(_for_the_site(token.children or [], anchors))
    return tokens


def to_html(tokens: list[Token]) -> str:
    """HTML that is safe to show as it is: what was HTML in the source is escaped."""
    return str(_markdown().renderer.render(tokens, _markdown().options, {}))


def anchor_of(heading: str) -> str:
    """Anchor of a heading, as forges make it.

    >>> anchor_of("L'été : `x`")
    'lété--x'
    """
    letters = [c for c in heading.strip().lower() if c in " -_" or unicodedata.category(c)[0] in "LN"]
    return "".join(letters).replace(" ", "-")


@cache
def pictures() -> frozenset[str]:
    """Names of the pictures that the guides show."""
    found = re.findall(r"\]\(pictures/([\w-]+\.png)\)", "\n".join(guide._source for guide in help_pages()))
    return frozenset(found)


@cache
def _slugs() -> dict[str, str]:
    return {guide.file: guide.slug for guide in help_pages()}


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("table_open", _table_open)
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    markdown.add_render_rule("fence", _fence)
    return markdown


def _table_open(_: Any, tokens: list[Token], index: int, *__: Any) -> str:
    """A table that scrolls by itself, by keyboard too, named by its rank and by its first heading."""
    rank = sum(token.type == "table_open" for token in tokens[: index + 1])
    first = next((_plain(token) for token in tokens[index:] if token.type == "inline"), "")
    label = escape(f"Tableau {rank} : {first}")
    return f'<div class="table-wrap" role="group" aria-label="{label}" tabindex="0"><table>\n'


def _fence(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    """A block of code, which scrolls by keyboard too."""
    return str(renderer.fence(tokens, index, options, env)).replace("<pre>", '<pre tabindex="0">', 1)


def _by_heading(tokens: list[Token]) -> Iterator[tuple[Heading | None, list[Token]]]:
    """Each heading with the tokens below it; what precedes the first heading comes with None."""
    heading: Heading | None = None
    part: list[Token] = []
    waiting = iter(tokens)
    for token in waiting:
        if token.type != "heading_open":
            part.append(token)
            continue
        if heading or part:
            yield heading, part
        heading, part = Heading(int(token.tag[1]), _plain(next(waiting)), str(token.attrGet("id"))), []
    if heading or part:
        yield heading, part


def _plain(inline: Token) -> str:
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content for child in inline.children or []
    )


def _for_the_site(tokens: Iterable[Token], anchors: set[str]) -> Iterator[Token]:
    """Tokens of a line of text as the site shows them: French spaces, and links that lead somewhere here."""
    is_link = False
    for token in tokens:
        if token.type == "text":
            token.content = spaced(token.content)
        elif token.type == "image":
            name = _PICTURE.match(str(token.attrGet("src")))
            if name is None:
                continue
            token.attrSet("src", static(f"guides/{name[1]}"))
        elif token.type == "link_open":
            target = _address(unquote(str(token.attrGet("href"))), anchors)
            is_link = target is not None
            if target is None:
                continue
            token.attrSet("href", target)
        elif token.type == "link_close" and not is_link:
            continue
        yield token


def _address(target: str, anchors: set[str]) -> str | None:
    """Where a link of a guide that has these anchors leads on the site; None when the site does not serve it."""
    if _SCHEME.match(target):
        return target
    if target.startswith("#"):
        return target if target in anchors else None
    file, _, anchor = target.partition("#")
    slug = _slugs().get(file)
    if slug is None:
        return None
    return reverse("help-guide", args=[slug]) + (f"#{anchor}" if anchor else "")
