"""Places of the navigation where something is due: what a short menu adds to itself.

In: the cards and first steps of a home page, when it is shown. Out: their places, kept in the session: no other page asks again.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest

from beffroi.web.ui import navigation

from . import feature_switches
from .models import Territory

_KEY: Final = "beffroi_due_places"


def remember(request: HttpRequest, territory: Territory, addresses: Iterable[str]) -> None:
    """Keep the places of these addresses until the session ends: a menu does not shrink under the hand."""
    if not feature_switches.menu_is_short(territory):
        return
    found = {navigation.place_of(urlsplit(each).path, {"slug": territory.slug}) for each in addresses}
    before = known(request, territory)
    if not found <= before:
        every = request.session.get(_KEY, {})
        request.session[_KEY] = {**every, territory.slug: sorted(before | found)}


def known(request: HttpRequest, territory: Territory) -> set[str]:
    return set(request.session.get(_KEY, {}).get(territory.slug, ()))
