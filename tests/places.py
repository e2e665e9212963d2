"""What tests of the site start from: a territory and people with roles, made by the real services."""

import time

from django.test import Client

from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.services import NewTerritory, admit, found_territory


def a_territory(name: str = "Valbruyère", *, fictional: bool = True, code: str = "99T01") -> Territory:
    return found_territory(
        NewTerritory(code=code, name=name, kind="CA", population=48_000, is_fictional=fictional)
    )


def a_person(territory: Territory, *roles: str, email: str | None = None) -> Person:
    email = email or f"{'-'.join(roles)}@example.org"
    return admit(territory, email, " ".join(roles), list(roles), by=None, simulated=territory.is_fictional)


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
