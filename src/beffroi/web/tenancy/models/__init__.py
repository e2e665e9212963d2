"""Models of the tenancy room: hosting contracts, competences, notifications, sign-in."""

from .hosting import Competence, Host, Hosting
from .notifications import NotificationChoice
from .signin import ClaimedRole, EntryLink, IdentityProvider, SignInCounter

__all__ = [
    "ClaimedRole",
    "Competence",
    "EntryLink",
    "Host",
    "Hosting",
    "IdentityProvider",
    "NotificationChoice",
    "SignInCounter",
]
