"""Who and where: territories, people, memberships, the links that let them in, long jobs and the ledger's lines.

Everything that belongs to a territory in the rooms above derives from `TerritoryOwned`.
"""

from .chain import ERASURE, LedgerBlock, LedgerDetail, LedgerLine, new_salt
from .owned import TerritoryManager, TerritoryOwned
from .people import EntryLink, Membership, Person, PersonManager
from .places import Territory
from .work import Duty, Job, Turn

__all__ = [
    "ERASURE",
    "Duty",
    "EntryLink",
    "Job",
    "LedgerBlock",
    "LedgerDetail",
    "LedgerLine",
    "Membership",
    "Person",
    "PersonManager",
    "Territory",
    "TerritoryManager",
    "TerritoryOwned",
    "Turn",
    "new_salt",
]
