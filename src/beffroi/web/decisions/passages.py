"""Whether the passages that a draft quotes stand, word for word, in the tables that its system was given.

In come drafts and tables; out go those that hold, each passage with where it was found, and how many do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.language.quotes import Found, Texts
from beffroi.systems.contract import Draft, Tables


@dataclass(frozen=True)
class Supported:
    """A draft whose every passage was found."""

    draft: Draft
    passages: tuple[Found, ...]


def supported(drafts: Sequence[Draft], tables: Tables) -> tuple[list[Supported], int]:
    """The drafts whose every quote is there, and how many have none, or one that is not."""
    if not drafts:
        return [], 0
    texts = Texts(tables)
    quoted = [one for draft in drafts if (one := _supported(draft, texts)) is not None]
    return quoted, len(drafts) - len(quoted)


def _supported(draft: Draft, texts: Texts) -> Supported | None:
    found = [texts.find(passage.source, passage.quote) for passage in draft.passages]
    passages = tuple(each for each in found if each is not None)
    return Supported(draft, passages) if passages and len(passages) == len(found) else None
