"""What re-keying says on the home of the room: what waits to be typed again."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory

from ..home_blocks import Line
from .pending import pending


def waiting(_person: Person, territory: Territory) -> Iterator[Line]:
    found = pending(territory)
    if found.total:
        yield Line("À ressaisir", reverse("rekeying", args=[territory.slug]), found.words(), look="info")
