"""The analyses of a real folder: nothing is known of its files, so what is made is chosen from what they hold.

In come a territory whose catalogue is filled, and a person who may write analyses (and, to bring the two tables of
`deposits`, deposit). Out come boards: the territory, the files gathered, known shapes, files brought together, the rest.
"""

import logging
from collections.abc import Callable
from itertools import chain, zip_longest

from beffroi.web.catalogue.models import Processing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.studio import services
from beffroi.web.studio.dataset_profiles import ANALYSIS_ERRORS, DatasetProfile, profile_datasets
from beffroi.web.studio.models import Board
from beffroi.web.studio.proposing import generic

from . import joins, known
from .deposits import COMMUNES, GATHERED, communes_dataset, gathered_dataset
from .drafts import AnalysisCandidate, board, keep
from .place import communes_drafts, gathered_drafts

logger = logging.getLogger(__name__)

type Progress = Callable[[float, str], None]

MOST_FIGURES = 8
MOST_THEMES = 4


def analyse_folder(
    territory: Territory, person: Person, progress: Progress = lambda percent, message: None
) -> list[Board]:
    """Make the boards of a real territory, the most useful first."""
    processing = services.steering(territory)
    boards: list[Board] = []

    def make(percent: float, message: str, work: Callable[[], list[Board | None]]) -> None:
        progress(percent, message)
        try:
            boards.extend(board for board in work() if board is not None)
        except Exception:
            # Unknown files: one analysis that nobody foresaw must not take the others with it.
            logger.exception("no board for: %s", message)

    make(0, "Le territoire", lambda: [territory_board(territory, person, processing)])
    make(10, "Inventaire des fichiers", lambda: [_gathered(territory, person, processing)])
    progress(20, "Examen des colonnes")
    profiles = [
        h
        for h in profile_datasets(territory, person, processing)
        if h.dataset.title not in (COMMUNES, GATHERED)
    ]
    make(45, "Formes connues", lambda: _themes(territory, person, processing, profiles))
    make(55, "Rapprochement des fichiers", lambda: [_together(territory, person, processing, profiles)])
    rest = [h for h in profiles if not known.themes_of(h)] or profiles
    make(80, "Séries et classements", lambda: [_each(territory, person, processing, rest)])
    progress(100, "Analyses prêtes")
    return sorted(boards, key=lambda board: board.rank)


def territory_board(territory: Territory, person: Person, processing: Processing) -> Board | None:
    """The territory's communes by population, from the reference data."""
    try:
        if not may(person, "dataset.deposit", territory):
            return None
        dataset = communes_dataset(territory, person)
    except ANALYSIS_ERRORS:
        return None
    if dataset is None:
        return None
    year = _year_of_reference()
    drafts = communes_drafts(
        dataset,
        code="code_commune",
        name="commune",
        population="population",
        year=year,
        own="dans_le_territoire",
        among="communes" if territory.members else "communes de l'intercommunalité",
    )
    recipes = keep(territory, person, processing, drafts)
    return board(
        territory, person, "le-territoire", "Le territoire", "Qui sommes-nous, et combien ?", recipes, rank=60
    )


def _year_of_reference() -> str:
    from beffroi.lake.reference import reference

    reference_version = reference()
    return (
        f"découpage {reference_version.year}"
        if reference_version.year
        else f"version {reference_version.version} du découpage"
    )


def _gathered(territory: Territory, person: Person, processing: Processing) -> Board | None:
    try:
        if not may(person, "dataset.deposit", territory):
            return None
        dataset = gathered_dataset(territory, person)
    except ANALYSIS_ERRORS:
        return None
    snapshot = dataset.current if dataset else None
    if dataset is None or snapshot is None:
        return None
    recipes = keep(territory, person, processing, gathered_drafts(dataset, f"état au {snapshot.at:%d/%m/%Y}"))
    return board(
        territory,
        person,
        "fichiers-rassembles",
        "Vos fichiers rassemblés",
        "Que contient tout ce que nous avons rassemblé, et avec quelle qualité ?",
        recipes,
        rank=70,
    )


def _themes(
    territory: Territory, person: Person, processing: Processing, profiles: list[DatasetProfile]
) -> list[Board | None]:
    made: list[Board | None] = []
    for theme in list(chain.from_iterable(known.themes_of(h) for h in profiles))[:MOST_THEMES]:
        recipes = keep(territory, person, processing, theme.drafts)
        if len(recipes) >= 2:
            made.append(
                board(
                    territory, person, theme.slug, theme.title, theme.question, recipes, rank=10 + len(made)
                )
            )
    return made


def _together(
    territory: Territory, person: Person, processing: Processing, profiles: list[DatasetProfile]
) -> Board | None:
    found = joins.links(territory, person, processing, profiles)
    # Each pair of datasets says its best first; a second figure of the same pair comes after all firsts.
    drafts = [draft for row in zip_longest(*map(joins.drafts_of, found)) for draft in row if draft]
    recipes = keep(territory, person, processing, drafts, most=6)
    return board(
        territory,
        person,
        "deux-fichiers-ensemble",
        "Deux fichiers, une réponse",
        "Que disent nos fichiers quand on les rapproche ?",
        recipes,
        rank=30,
    )


def _each(
    territory: Territory, person: Person, processing: Processing, profiles: list[DatasetProfile]
) -> Board | None:
    """One figure a dataset first, then the second ones: a long file does not take the whole board."""
    rows = zip_longest(*(generic.candidates_of(h) for h in profiles))
    drafts: list[AnalysisCandidate] = [draft for row in rows for draft in row if draft]
    recipes = keep(territory, person, processing, drafts, most=MOST_FIGURES)
    return board(
        territory,
        person,
        "ce-que-disent-vos-fichiers",
        "Ce que disent vos fichiers",
        "Combien, depuis quand, et pour qui ?",
        recipes,
        rank=50,
    )
