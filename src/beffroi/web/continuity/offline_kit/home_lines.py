"""What the kit says on the home of the room: what it lacks, or that nobody ever opened it."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory

from ..home_blocks import Line
from .cards import kit_gap
from .services import last_opening
from .stored_kits import last_whole


def gaps(_person: Person, territory: Territory) -> Iterator[Line]:
    act = "Compléter"
    if last_whole(territory) is None:
        act, text = "Fabriquer", "Aucun kit : fabriquez-le."
    elif not (text := kit_gap(territory)) and last_opening(territory) is None:
        act, text = "Ouvrir", "Personne ne l'a encore ouvert : essayez sur un autre poste."
    if text:
        yield Line(f"{act} le kit hors ligne", reverse("kit", args=[territory.slug]), text)
