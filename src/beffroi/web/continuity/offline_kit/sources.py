"""What a person may choose for a list: the analyses and the datasets, each for a purpose, that this person may read.

In: a person. Out: choices by key (« analyse:repas », « jeu:familles:cantine »), and what a key names.
"""

from dataclasses import dataclass

from beffroi.web.catalogue import reading_purposes
from beffroi.web.catalogue.grants import may_read_rows
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.studio.models import StoredRecipe


@dataclass(frozen=True)
class ListSource:
    """An analysis, or a dataset and the purpose for which it is read."""

    key: str
    label: str
    title: str
    recipe: StoredRecipe | None = None
    dataset: Dataset | None = None
    processing: Processing | None = None

    def columns(self) -> list[tuple[str, str]]:
        """Names and labels of what may be chosen; none for an analysis, which is taken as it is."""
        current = self.dataset.current if self.dataset is not None else None
        return [(column["name"], column["label"]) for column in current.columns] if current else []


def list_sources(person: Person, territory: Territory) -> list[ListSource]:
    """Everything that this person may choose, analyses first."""
    found: list[ListSource] = []
    if may(person, "board.read", territory):
        recipes = StoredRecipe.objects.of(territory).select_related("processing").order_by("title")
        found += [
            ListSource(f"analyse:{one.slug}", f"Analyse « {one.title} »", one.title, one) for one in recipes
        ]
    for dataset in Dataset.objects.of(territory).order_by("title"):
        if dataset.current is None or not may(person, "dataset.read", dataset):
            continue
        if not may_read_rows(person, dataset):
            continue
        found += [
            ListSource(
                f"jeu:{dataset.slug}:{purpose.key}",
                f"Jeu « {dataset.title} », pour « {purpose.title} »",
                dataset.title,
                dataset=dataset,
                processing=purpose,
            )
            for purpose in reading_purposes.purposes_of(dataset)
            if purpose.key != reading_purposes.OPEN_DATA
        ]
    return found


def find_source(person: Person, territory: Territory, key: str) -> ListSource | None:
    return next((one for one in list_sources(person, territory) if one.key == key), None)
