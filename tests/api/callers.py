"""Tokens for the tests, made as the page makes them."""

from datetime import timedelta

from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import tokens
from beffroi.web.tenancy.tokens import NewToken


def a_token(
    territory: Territory,
    person: Person,
    *acts: str,
    things: tuple[str, ...] = (),
    by: Person | None = None,
    days: int = 30,
) -> tokens.Issued:
    """A token of `person`, for thirty days unless said otherwise."""
    until = timezone.localdate() + timedelta(days=days)
    asked = NewToken("Essai", acts or ("dataset.read",), until, things)
    return tokens.create(territory, person, asked, by=by or person)
