"""Lines that a restoration replaced: a root signed of them no longer stands in the chain, and this says why.

In: a territory's chain and a signed root. Out: the restoration whose line says that it replaced what was signed.
"""

from dataclasses import dataclass
from typing import Final

from beffroi.ledger.roots import SignedRoot

from ..models import Territory
from .lines import lines_of, opened

ACT: Final = "territory.restore"


@dataclass(frozen=True)
class Restoration:
    """A restoration of the chain: its line, when; how many lines it left of the chain as it was, of how many."""

    line: int
    at: str
    left: int
    replaced: int


def restorations_of(territory: Territory | None) -> list[Restoration]:
    """The restorations that the chain records, in order."""
    with opened(territory):
        rows = list(lines_of(territory).filter(act=ACT).values_list("seq", "at", "detail__payload"))
    found = []
    for seq, at, payload in rows:
        try:
            found.append(Restoration(seq, at, int(payload["common"]), int(payload["replaced"]["size"])))
        except (KeyError, TypeError, ValueError):
            continue  # its detail was erased or harmed: it explains nothing
    return found


def explain(territory: Territory | None, saved: SignedRoot) -> Restoration | None:
    """The restoration that may have replaced the lines of this root: it was signed before, of more lines than were left."""
    if territory is None:
        return None  # a restoration adds to the host's chain, and takes nothing from it
    found = restorations_of(territory)
    return next((r for r in found if saved.at < r.at and r.left < saved.size <= r.replaced), None)
