"""The boards of the invented town: exports of different applications brought together, each giving one answer.

In come its territory, whose catalogue holds the town's files, and a person who may write analyses; out come boards.
Datasets are found by their columns, so that another title or another year changes nothing.
"""

from collections.abc import Callable

from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio import services
from beffroi.web.studio.models import Board

from .place import communes_drafts
from .town_canteen import canteen_board
from .town_data import TownData, communes_of_town
from .town_works import works_board

type Progress = Callable[[float, str], None]


def analyse_town(
    territory: Territory, person: Person, progress: Progress = lambda percent, message: None
) -> list[Board]:
    """Make the boards of the invented town, the most useful first; what a missing file prevents is left out."""
    town = TownData(territory, person, services.steering(territory))
    made = []
    for percent, name, make in (
        (10, "Un matin à la cantine", canteen_board),
        (40, "Déchets et énergie", works_board),
        (80, "Le territoire", _place),
    ):
        progress(percent, name)
        made.append(make(town))
    progress(100, "Analyses prêtes")
    return [b for b in made if b is not None]


def _place(town: TownData) -> Board | None:
    found = communes_of_town(town)
    if found is None:
        return None
    dataset, g = found
    year = f"population inventée, état au {dataset.current.at:%d/%m/%Y}" if dataset.current else ""
    drafts = communes_drafts(dataset, code=g["code"], name=g["nom"], population=g["population"], year=year)
    return town.board("le-territoire", "Le territoire", "Qui sommes-nous, et combien ?", drafts, 60)
