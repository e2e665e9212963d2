"""What the invented town holds, asked by the columns of its datasets, so that another title or year changes nothing.

In come a territory and a person; out come datasets, small answers, and the boards saved for them.
"""

from collections.abc import Iterable

from beffroi.recipes.model import (
    Recipe,
    Source,
    Step,
)
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio import answers, queries
from beffroi.web.studio.dataset_profiles import ANALYSIS_ERRORS
from beffroi.web.studio.models import Board

from .drafts import AnalysisCandidate, board, keep


class TownData:
    """The datasets in force, found by the columns that they have."""

    def __init__(self, territory: Territory, person: Person, processing: Processing) -> None:
        self.territory, self.person, self.processing = territory, person, processing
        self._columns = {
            dataset: {column["name"]: column for column in snapshot.columns}
            for dataset in Dataset.objects.of(territory).filter(sensitivity=Dataset.Sensitivity.ORDINARY)
            if (snapshot := dataset.current) is not None
        }

    def having(self, *beginnings: str) -> list[tuple[Dataset, dict[str, str]]]:
        """Datasets that have a column beginning by each of these; with the column's name for each beginning."""
        found = []
        for dataset, columns in self._columns.items():
            named = {
                b: n
                for b in beginnings
                if (n := min((name for name in columns if name.startswith(b)), key=len, default=None))
            }
            if len(named) == len(beginnings):
                found.append((dataset, named))
        return found

    def one(self, *beginnings: str) -> tuple[Dataset, dict[str, str]] | None:
        return next(iter(self.having(*beginnings)), None)

    def rows(self, dataset: Dataset, steps: Iterable[Step]) -> list[dict[str, object]]:
        """What a small question answers, to choose a period; nothing when it cannot be answered."""
        recipe = Recipe(
            title="Question préalable", sources={"jeu": dataset.slug}, steps=(Source(source="jeu"), *steps)
        )
        try:
            opened = answers.open_sources(self.person, self.territory, recipe, self.processing)
            return queries.run_recipe(recipe, opened.grants).table.to_pylist()
        except ANALYSIS_ERRORS:
            return []

    def board(
        self, slug: str, title: str, question: str, drafts: list[AnalysisCandidate], rank: int
    ) -> Board | None:
        recipes = keep(self.territory, self.person, self.processing, drafts)
        return board(self.territory, self.person, slug, title, question, recipes, rank=rank)


def communes_of_town(town: TownData) -> tuple[Dataset, dict[str, str]] | None:
    return town.one("code", "nom", "population", "superficie")
