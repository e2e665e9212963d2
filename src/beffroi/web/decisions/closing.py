"""Whether what a system proposed may still be decided. The room of systems, above, registers who knows: stopped, forbidden."""

from collections.abc import Callable

from .models import Proposal

type Closed = Callable[[Proposal], str]
_closed: list[Closed] = []


def register_closed(closed: Closed) -> None:
    """`closed` gives why a proposal may not be decided any more, in French sentences; nothing while it may."""
    if closed not in _closed:
        _closed.append(closed)


def why_closed(proposal: Proposal) -> str:
    return next((reason for closed in _closed if (reason := closed(proposal))), "")
