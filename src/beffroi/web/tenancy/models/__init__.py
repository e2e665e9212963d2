"""Models of the tenancy room: hosting contracts, competences, sign-in."""

from .hosting import Competence, Host, Hosting
from .signin import ClaimedRole, EntryLink, IdentityProvider, SignInCounter

__all__ = ["ClaimedRole", "Competence", "EntryLink", "Host", "Hosting", "IdentityProvider", "SignInCounter"]
