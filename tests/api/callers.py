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
    resources: tuple[str, ...] = (),
    by: Person | None = None,
    days: int = 30,
) -> tokens.Issued:
    """A token of `person`, for thirty days unless said otherwise."""
    until = timezone.localdate() + timedelta(days=days)
    requested = NewToken("Essai", acts or ("dataset.read",), until, resources)
    return tokens.create(territory, person, requested, by=by or person)
