"""Invitations: a person is admitted and gets a single-use link, into a new account or to join with one that they have.

`by` is None for the host's own commands. A new link voids the earlier ones of its kind; one ledger line each time.
"""

from collections.abc import Sequence

from django.db import transaction

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from .belonging import may_be_linked, must_accept, running, waiting
from .membership import OPEN, LegalAct, Term, admit, begin
from .signin import make_link, revoke_joining_links, revoke_links


def invite(
    territory: Territory,
    email: str,
    name: str,
    roles: Sequence[str],
    *,
    by: Person | None,
    limited_to: Sequence[str] = (),
    legal_act: LegalAct | None = None,
    term: Term = OPEN,
) -> str:
    """Admit a person and make the link to hand over; "" for somebody of this territory, who signs in as usual.

    An invitation opens a whole account, which may belong to another territory too: an account in use gets a joining link.
    """
    with transaction.atomic():
        person = admit(
            territory, email, name, roles, by=by, limited_to=limited_to, legal_act=legal_act, term=term
        )
        return first_link(territory, person, by=by)


def first_link(territory: Territory, person: Person, *, by: Person | None) -> str:
    """The link for somebody just admitted: to join, if their roles wait; else into an account that is only ours, or ""."""
    with scope.inside(territory):
        if waiting(territory, person):
            return _joining_link(territory, person)
        return make_link(person, "invite") if by is None or may_be_linked(territory, person) else ""


def _joining_link(territory: Territory, person: Person) -> str:
    revoke_joining_links(territory, person)
    return make_link(person, "join", territory)


def invite_again(territory: Territory, person: Person, *, by: Person | None) -> str:
    """A new link, to enter or to join; the earlier ones are burnt."""
    if by is not None:
        require(by, "member.invite", territory)
    with scope.inside(territory), transaction.atomic():
        if not running(territory, person):
            raise PeopleError(f"{person} n'a plus de rôle ici. Donnez-lui un rôle, puis invitez de nouveau.")
        if (offered := waiting(territory, person)) and not must_accept(territory, person):
            begin(offered)
        if waiting(territory, person):
            link = _joining_link(territory, person)
            ledger.append(territory, "member.invite", by, f"person:{person.pk}", {"waiting": True})
            return link
        if by is not None and not may_be_linked(territory, person):
            raise PeopleError(
                f"{person} a déjà un compte et se connecte comme d'habitude. En cas d'oubli, la page de connexion "
                "ou l'hébergeur (« beffroi signin ») donne un nouvel accès."
            )
        revoke_links(person)
        link = make_link(person, "invite")
        ledger.append(territory, "member.invite", by, f"person:{person.pk}", {})
    return link
