"""What the offline kit is made of: each noun registers its part, the kit asks every part for its pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from beffroi.web.platform.models import Territory

type Button = Literal["call", "service", "inform", "other"]
"""Under which button of the first page it stands: whom to call, my service today, inform residents; or the list below."""


@dataclass(frozen=True)
class Page:
    """One page of the kit.

    `body`: HTML of its content, escaped; `as_of`: the age of what it lists, where it is a list; `style`: CSS of its own; `paper`: a
    whole document for `ui.printing`, where the page has a PDF beside it; `when`: what it is for, where its button has several.
    """

    name: str
    title: str
    body: str
    button: Button = "other"
    as_of: datetime | None = None
    style: str = ""
    paper: str = ""
    when: str = ""


@dataclass(frozen=True)
class WholePage:
    """A page that is an HTML document of its own: the journal, the editor of the restoration page."""

    name: str
    title: str
    document: str
    button: Button = "other"
    when: str = ""


type PageMaker = Callable[[Territory], Iterable[Page | WholePage]]


@dataclass(frozen=True)
class Part:
    """Pages of one noun. `sealed`: they hold personal data, and go into the encrypted part only."""

    key: str
    title: str
    order: int
    pages: PageMaker
    sealed: bool = False


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    _parts[part.key] = part


def all_parts() -> list[Part]:
    return sorted(_parts.values(), key=lambda part: part.order)
