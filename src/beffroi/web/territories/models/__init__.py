"""Who and where: territories, people, memberships, the links that let them in, long jobs and the ledger's lines.

Everything that belongs to a territory in the rooms above derives from `TerritoryOwned`.
"""

from .chain import ERASURE, LedgerBlock, LedgerDetail, LedgerLine, new_salt
from .hosting import Competence, Host, Hosting, HostOperator, TerritoryFigures
from .owned import TerritoryManager, TerritoryOwned
from .people import EntryLink, Membership, Person, PersonManager
from .places import Territory
from .signin import ClaimedRole, IdentityProvider, SignInCounter
from .work import Job

__all__ = [
    "ERASURE",
    "ClaimedRole",
    "Competence",
    "EntryLink",
    "Host",
    "HostOperator",
    "Hosting",
    "IdentityProvider",
    "Job",
    "LedgerBlock",
    "LedgerDetail",
    "LedgerLine",
    "Membership",
    "Person",
    "PersonManager",
    "SignInCounter",
    "Territory",
    "TerritoryFigures",
    "TerritoryManager",
    "TerritoryOwned",
    "new_salt",
]
