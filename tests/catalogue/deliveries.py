"""What the tests of the catalogue share: real small files as a town exports them, and their way into the lake."""

import re

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import Dataset, Delivery
from beffroi.web.platform.models import Person, Territory
from places import poured

JANUARY = """École;Date;Repas servis;Prix moyen
Jean-Moulin;06/01/2025;112;3,45
Jean-Moulin;07/01/2025;118;3,45
Les Tilleuls;06/01/2025;64;3,50
Les Tilleuls;07/01/2025;61;3,50
"""
FEBRUARY = """École;Date;Repas servis;Prix moyen
Jean-Moulin;03/02/2025;109;3,45
Les Tilleuls;03/02/2025;66;3,50
Les Tilleuls;04/02/2025;63;3,50
"""
# The newer edition of January: the same rows, and one more.
JANUARY_COMPLETE = JANUARY + "Les Tilleuls;08/01/2025;60;3,50\n"
WITH_TOTAL = """Titre : fréquentation des cantines;;;
École;Date;Repas servis;Prix moyen
Jean-Moulin;06/01/2025;112;3,45
Les Tilleuls;06/01/2025;64;3,50
Jean-Moulin;07/01/2025;118;3,45
Total;;294;
"""
FAMILIES = """Nom;Prénom;Courriel;Quotient
Martin;Léa;lea.martin@example.org;812
Bernard;Hugo;hugo.bernard@example.org;640
Petit;Inès;ines.petit@example.org;1204
Durand;Noé;noe.durand@example.org;455
"""


def received(territory: Territory, person: Person, name: str, text: str) -> Delivery:
    content = text.encode()
    half = len(content) // 2
    return lifecycle.receive(territory, person, name, [content[:half], content[half:]])


def staged(territory: Territory, person: Person, name: str, text: str) -> Delivery:
    return lifecycle.stage(received(territory, person, name, text))


def dataset_of(
    territory: Territory, person: Person, name: str = "Cantines janvier 2025.csv", text: str = JANUARY
) -> Dataset:
    return poured(territory, person, name, text).dataset


def in_sight(page: str) -> str:
    """The text of a page, without its markup: a token of a form may hold any digits."""
    return re.sub(r"<[^>]*>", " ", page)
