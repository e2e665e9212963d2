"""Who and where: territories, people, memberships, the links that let them in, long jobs and the ledger's lines.

Everything that belongs to a territory in the rooms above derives from `TerritoryOwned`.
"""

from .chain import ERASURE, LedgerBlock, LedgerDetail, LedgerLine, new_salt
from .hosting import Competence, Host, Hosting, HostOperator, TerritoryFigures
from .owned import TerritoryManager, TerritoryOwned
from .people import EntryLink, Membership, Person, PersonManager
from .places import Territory
from .tokens import ApiToken, ServiceAccount
from .work import Job

__all__ = [
    "ERASURE",
    "ApiToken",
    "Competence",
    "EntryLink",
    "Host",
    "HostOperator",
    "Hosting",
    "Job",
    "LedgerBlock",
    "LedgerDetail",
    "LedgerLine",
    "Membership",
    "Person",
    "PersonManager",
    "ServiceAccount",
    "Territory",
    "TerritoryFigures",
    "TerritoryManager",
    "TerritoryOwned",
    "new_salt",
]
