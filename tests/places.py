"""What tests of the site start from: a territory and people with roles, made by the real services.

The first territory that a test makes is opened for it; `elsewhere` opens another one. A request never sees what is open.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.test import Client

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import belonging, joining
from beffroi.web.tenancy.invitations import first_link
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from replay import beside, replayed

ELECTION = LegalAct("Procès-verbal d'élection d'essai", date(2026, 3, 22))


def a_territory(name: str = "Valbruyère", *, fictional: bool = True, code: str = "99T01") -> Territory:
    made = _founded(name, fictional, code)
    if scope.current() is None:
        enter(made)
    return made


@replayed
def _founded(name: str, fictional: bool, code: str) -> Territory:
    with scope.nowhere():
        return found_territory(
            NewTerritory(code=code, name=name, kind="commune", population=48_000, is_fictional=fictional)
        )


@replayed
def a_person(territory: Territory, *roles: str, email: str | None = None) -> Person:
    email = email or f"{'-'.join(roles)}@example.org"
    with scope.nowhere():
        person = admit(
            territory,
            email,
            " ".join(roles),
            list(roles),
            by=None,
            simulated=territory.is_fictional,
            legal_act=ELECTION if "decider" in roles else None,
        )
        return accepting(territory, person)


@replayed
def poured(territory: Territory, person: Person, name: str, text: str) -> Snapshot:
    """A file of this name and text goes all the way, as proposed; one that gives a single table."""
    content = text.encode()
    half = len(content) // 2
    delivery = catalogue.receive(territory, person, name, [content[:half], content[half:]])
    (snapshot,) = catalogue.pour(catalogue.stage(delivery), person)
    return snapshot


def accepting(territory: Territory, person: Person) -> Person:
    """An account that was in use elsewhere accepts the roles that wait for it, by the link that it was handed."""
    with scope.inside(territory):
        if belonging.waiting(territory, person):
            link = first_link(territory, person, by=None)
            joining.accept(link.rstrip("/").rsplit("/", 1)[1], person)
    return person


def enter(territory: Territory | None) -> None:
    """Leave the territory open for the rest of the test (`None`: close it); the next test starts outside of all."""
    scope._current.set(None if territory is None else territory.pk)


@contextmanager
def as_host() -> Iterator[None]:
    """The host's own duties, whatever territory the test has open."""
    with scope.nowhere(), scope.host():
        yield


@contextmanager
def elsewhere(territory: Territory) -> Iterator[None]:
    """Another territory than the test's own."""
    with scope.nowhere(), scope.inside(territory):
        yield


@beside
def strongly(client: Client, person: Person) -> Client:
    """Sign `person` in as after a password and a second factor: what a sensitive role needs in a real town."""
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    at = time.time()
    session["account_authentication_methods"] = [
        {"method": "password", "at": at, "email": person.email},
        {"method": "mfa", "at": at, "id": 0, "type": "totp"},
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client
