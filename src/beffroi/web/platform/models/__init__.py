"""Models of the platform: territories, people, roles, tokens, ledger, jobs, journal of access."""

from .access import AccessEvent
from .chain import ERASURE, LedgerBlock, LedgerDetail, LedgerLine, new_salt
from .host import HostOperator, TerritoryFigures
from .owned import TerritoryManager, TerritoryOwned
from .people import Person, PersonManager
from .places import Territory
from .roles import Delegation, Membership
from .tokens import ApiToken, ServiceAccount
from .work import Duty, Job, Turn

__all__ = [
    "ERASURE",
    "AccessEvent",
    "ApiToken",
    "Delegation",
    "Duty",
    "HostOperator",
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
    "Turn",
    "new_salt",
]
