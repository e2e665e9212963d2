"""Help of each page: a sentence, an example, and the section of the guide that says more.

In: a route of the site and its name. Out: the help that `help.toml` gives to this name, else to the longest route that it is
under. A page under no known route has none.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .markdown_pages import HelpPage, help_pages

_FILE = Path(__file__).resolve().parent / "help.toml"


@dataclass(frozen=True)
class PageHelp:
    """What a page is for, one example, and where to read more (`section`: an anchor of the guide, or empty)."""

    purpose: str
    example: str
    guide: HelpPage
    section: str

    @property
    def address(self) -> str:
        return f"{self.guide.address}#{self.section}" if self.section else self.guide.address


def help_of(route: str, name: str) -> PageHelp | None:
    """Help of the page of this route, by its name or by its place."""
    own = pages().get(name)
    if own is not None:
        return own
    under = [prefix for prefix in places() if route.startswith(prefix)]
    return places()[max(under, key=len)] if under else None


@cache
def pages() -> dict[str, PageHelp]:
    """Help by URL name."""
    return _table("pages")


@cache
def places() -> dict[str, PageHelp]:
    """Help by the beginning of a route, for pages that have none of their own."""
    return _table("places")


def _table(name: str) -> dict[str, PageHelp]:
    by_slug = {guide.slug: guide for guide in help_pages()}
    with _FILE.open("rb") as file:
        table = tomllib.load(file)[name]
    found = {}
    for key, entry in table.items():
        slug, _, section = entry["guide"].partition("#")
        found[key] = PageHelp(entry["purpose"], entry["example"], by_slug[slug], section)
    return found
