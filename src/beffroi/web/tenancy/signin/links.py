"""Single-use links, for invitation and for sign-in.

Links are printed or mailed by an administrator; only the hash of their secret is kept, they expire, and
serve once.
"""

import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.web import public_address
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory

from ..models import EntryLink

LIFETIMES = {"signin": timedelta(minutes=15), "invite": timedelta(days=7), "join": timedelta(days=7)}


def make_link(person: Person, purpose: str, territory: Territory | None = None) -> str:
    """A full address that lets `person` in once; for `join`, that offers them `territory` and opens no account. Raises PermissionDenied for a service account."""
    if person.kind != Person.Kind.HUMAN:
        raise PermissionDenied("Un compte de service ne se connecte pas : il présente un jeton.")
    secret = secrets.token_urlsafe(32)
    EntryLink.objects.create(
        person=person,
        purpose=purpose,
        territory=territory,
        digest=hash_secret(secret),
        expires_at=timezone.now() + LIFETIMES[purpose],
    )
    return public_address.absolute(
        reverse("join" if purpose == "join" else "entry", kwargs={"secret": secret})
    )


def find_link(secret: str) -> EntryLink | None:
    """The link into an account, if it can still serve."""
    return _serving(secret).exclude(purpose="join").first()


def find_joining(secret: str) -> EntryLink | None:
    """The link that offers a territory, if it can still serve."""
    return _serving(secret).filter(purpose="join").select_related("territory").first()


def _serving(secret: str) -> QuerySet[EntryLink]:
    return EntryLink.objects.select_related("person").filter(
        digest=hash_secret(secret),
        used_at__isnull=True,
        expires_at__gt=timezone.now(),
        person__is_active=True,
        person__kind=Person.Kind.HUMAN,
    )


def use_link(secret: str) -> EntryLink | None:
    """Burn the link and return it: two readers of the same link get one entry."""
    return _burn(find_link(secret))


def use_joining(secret: str) -> EntryLink | None:
    return _burn(find_joining(secret))


def _burn(link: EntryLink | None) -> EntryLink | None:
    if link is None:
        return None
    taken = EntryLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=timezone.now())
    return link if taken else None


def revoke_links(person: Person) -> int:
    """No link into this account serves any more, whoever made it; how many there were. What territories offer is theirs."""
    rows = EntryLink.objects.filter(person=person, used_at__isnull=True).exclude(purpose="join")
    # On PostgreSQL a territory reads the links of its members only: a former territory's would be left.
    with scope.nowhere():
        return rows.update(used_at=timezone.now())


def revoke_joining_links(territory: Territory, person: Person) -> int:
    """No link of this territory's offer serves any more; how many there were."""
    rows = EntryLink.objects.filter(person=person, territory=territory, purpose="join", used_at__isnull=True)
    return rows.update(used_at=timezone.now())
