"""Home card of the studio: the boards of a territory."""

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .models import Board


def boards_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "board.read", territory):
        return None
    boards = list(Board.objects.of(territory)[:3])
    address = reverse("boards", kwargs={"slug": territory.slug})
    if not boards:
        if not may(person, "recipe.edit", territory):
            return None
        return HomeCard(
            "Analyses",
            "Aucun tableau de bord pour l'instant : posez une première question.",
            address,
            order=40,
        )
    names = ", ".join(f"«\N{NO-BREAK SPACE}{board.title}\N{NO-BREAK SPACE}»" for board in boards)
    return HomeCard("Tableaux de bord", f"{names}.", address, order=40)
