"""Giving an account back to the person whose address it bears, when somebody else holds it: the host's own command.

In: the person, and how they were recognised. Out: every means into the account is gone, and a new link; roles are not touched.
The ledger keeps how they were recognised.
"""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Person

from .links import make_link, revoke_links
from .sessions import end_all


def reclaim(person: Person, recognised: str) -> str:
    """A link for its owner; the password, second factors, linked providers, sessions and earlier links are closed.

    `recognised`: by whom and how, in words. Raises PeopleError when nothing is said.
    """
    if not recognised.strip():
        raise PeopleError(
            "Dites comment la personne a été reconnue, par exemple « en mairie, par Mme Martin qui l'avait invitée ». "
            "Rien n'a changé."
        )
    with scope.host(), transaction.atomic():
        closed = {
            "factors": Authenticator.objects.filter(user=person).delete()[0],
            "providers": SocialAccount.objects.filter(user=person).delete()[0],
            "links": revoke_links(person),
            "sessions": end_all(person),
        }
        person.set_unusable_password()
        person.save(update_fields=["password"])
        payload = {"recognised": recognised.strip(), "closed": closed}
        ledger.append(None, "host.reclaim", None, f"person:{person.pk}", payload)
        return make_link(person, "invite")
