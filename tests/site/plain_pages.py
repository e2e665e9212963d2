"""Pages as they come without JavaScript: what is written, where the links lead, what the page is made of.

In: an address and the cookies of a session. Out: a `Plain`. `covering` says which pages together show every part.
"""

import re
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

_VOID = {"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_UNSEEN = {"script", "style", "template", "head"}
_KINDS = ("type", "role", "data-island", "aria-invalid", "required", "multiple")
_PART_OF_A_DRAWING = {"path", "g", "circle", "line", "rect", "text", "tspan", "polyline", "polygon", "title"}


@dataclass(frozen=True)
class Plain:
    """A page as it comes without JavaScript."""

    address: str
    status: int
    text: str
    robots: str
    policy: str
    titles: int
    first_link: str
    links: tuple[str, ...]
    parts: frozenset[str] = field(repr=False)
    """Each kind of element that it shows: tag, class, type of control, role."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.parts: set[str] = set()
        self.titles = 0
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in _UNSEEN and tag not in _VOID:
            self._unseen.append(tag)
        if self._unseen or known.get("type") == "hidden":
            return
        self.titles += tag == "h1"
        if tag == "a" and known.get("href") is not None:
            self.links.append(known["href"] or "")
        if tag not in _PART_OF_A_DRAWING:
            self.parts.add(tag)
            self.parts |= {f"{tag}.{name}" for name in (known.get("class") or "").split()}
            self.parts |= {f"{tag}[{kind}={known[kind]}]" for kind in _KINDS if kind in known}

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words.append(data)


def read(address: str, cookies: list[Any]) -> Plain:
    """Follows redirections; raises urllib.error.HTTPError."""
    given = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
    with urllib.request.urlopen(
        urllib.request.Request(address, headers={"Cookie": given}), timeout=120
    ) as answer:
        page = _Reader()
        page.feed(answer.read().decode())
        return Plain(
            address=answer.url,
            status=answer.status,
            text=re.sub(r"\s+", " ", "".join(page.words)),
            robots=answer.headers.get("X-Robots-Tag", ""),
            policy=answer.headers.get("Content-Security-Policy", ""),
            titles=page.titles,
            first_link=page.links[0] if page.links else "",
            links=tuple(urljoin(answer.url, link) for link in page.links),
            parts=frozenset(page.parts),
        )


def covering(pages: dict[str, Plain]) -> list[str]:
    """Names of pages that together show every part that any page shows, the richest first."""
    missing = frozenset[str]().union(*(page.parts for page in pages.values()))
    chosen: list[str] = []
    while missing:
        best = max(pages, key=lambda name: len(pages[name].parts & missing))
        chosen.append(best)
        missing -= pages[best].parts
    return chosen
