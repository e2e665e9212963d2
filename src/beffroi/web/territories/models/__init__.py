"""Who and where: territories, people, memberships, the links that let them in, long jobs and the ledger's lines.

Everything that belongs to a territory in the rooms above derives from `TerritoryOwned`.
"""

from .chain import ERASURE, LedgerBlock, LedgerDetail, LedgerLine, new_salt
from .hosting import Competence, Host, Hosting, HostOperator, TerritoryFigures
from .owned import TerritoryManager, TerritoryOwned
from .people import EntryLink, Person, PersonManager
from .places import Territory
from .roles import Delegation, Membership
from .signin import AccessEvent, ClaimedRole, IdentityProvider, SignInCounter
from .tokens import ApiToken, ServiceAccount
from .work import Duty, Job, Turn

__all__ = [
    "ERASURE",
    "AccessEvent",
    "ApiToken",
    "ClaimedRole",
    "Competence",
    "Delegation",
    "Duty",
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
    "ServiceAccount",
    "SignInCounter",
    "Territory",
    "TerritoryFigures",
    "TerritoryManager",
    "TerritoryOwned",
    "Turn",
    "new_salt",
]
