"""Datasets that a purpose of the register opens: those that a person bound to it, and those that its systems read.

In: a processing record, a dataset. Out: whether one opens the other; binding and unbinding are lines of the ledger. The
purposes of the house (catalogue, analyses, open data) open every dataset that holds no personal data, and no other.
A room whose objects read for a purpose of their own registers what they are bound to (`register_bindings`).
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from typing import Final

from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person
from beffroi.web.platform.request_cache import cached_read

from .errors import CatalogueError
from .models import Dataset, Processing

CATALOGUE, STEERING, OPEN_DATA = "catalogue", "pilotage", "open-data"
OF_THE_HOUSE: Final = frozenset({CATALOGUE, STEERING, OPEN_DATA})

type Bindings = Callable[[Processing], Set[str]]
"""The slugs of the datasets that the systems of this purpose are bound to."""
_bindings: list[Bindings] = []


def register_bindings(bindings: Bindings) -> None:
    if bindings not in _bindings:
        _bindings.append(bindings)


def read_by_systems(processing: Processing) -> set[str]:
    """The slugs of the datasets to which the systems that work for this purpose are bound today."""
    return {slug for bound in _bindings for slug in bound(processing)}


def opens(processing: Processing, dataset: Dataset) -> bool:
    """Whether this purpose covers this dataset. The right of the person is asked besides (`grants`)."""
    if processing.territory_id != dataset.territory_id:
        return False
    personal = dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    if personal and not processing.covers_personal:
        return False
    if processing.key in OF_THE_HOUSE and not personal:
        return True
    return processing.pk in _bound_purposes(dataset) or dataset.slug in read_by_systems(processing)


@cached_read
def _bound_purposes(dataset: Dataset) -> frozenset[int]:
    """The purposes to which a person bound this dataset."""
    return frozenset(
        Processing.objects.of(dataset.territory).filter(datasets=dataset).values_list("pk", flat=True)
    )


def purposes_of(dataset: Dataset) -> list[Processing]:
    """The purposes for which this dataset may be read, by title."""
    every = Processing.objects.of(dataset.territory).order_by("title")
    return [row for row in every if opens(row, dataset)]


@dataclass(frozen=True)
class Opened:
    """A dataset that a purpose opens by name; `by_system`: because a system reads it, which ends with its binding."""

    dataset: Dataset
    by_system: bool


def opened_by(processing: Processing, datasets: Iterable[Dataset]) -> list[Opened]:
    """Those of these datasets that were bound to the purpose, by a person or for a system."""
    bound = {one.pk for one in processing.datasets.all()}
    read = read_by_systems(processing)
    return [Opened(one, one.pk not in bound) for one in datasets if one.pk in bound or one.slug in read]


@act("processing.bind", "rattachement de jeux de données à un usage du registre", right="dataset.manage")
def bind(
    dataset: Dataset, by: Person | None, purpose: Processing
) -> Recorded[Processing] | Unchanged[Processing]:
    """Have the purpose open this dataset too. Raises PermissionDenied, CatalogueError."""
    if purpose.datasets.filter(pk=dataset.pk).exists():
        return Unchanged(purpose)
    if purpose.territory_id != dataset.territory_id:
        raise CatalogueError("Ce jeu et cet usage ne sont pas du même territoire. Rien n'a été changé.")
    if dataset.sensitivity == Dataset.Sensitivity.PERSONAL and not purpose.covers_personal:
        raise CatalogueError(
            f"« {dataset.title} » contient des données personnelles, et « {purpose.title} » ne porte pas sur de telles "
            "données. Rien n'a été changé. Inscrivez un usage qui en porte, ou choisissez un autre jeu."
        )
    purpose.datasets.add(dataset)
    return _recorded(purpose, dataset)


@act(
    "processing.unbind",
    "fin du rattachement d'un jeu de données à un usage du registre",
    right="dataset.manage",
)
def unbind(dataset: Dataset, by: Person, purpose: Processing) -> Recorded[Processing] | Unchanged[Processing]:
    """Have the purpose open this dataset no more; who reads for it is refused from then on. Raises PermissionDenied."""
    if not purpose.datasets.filter(pk=dataset.pk).exists():
        return Unchanged(purpose)
    purpose.datasets.remove(dataset)
    return _recorded(purpose, dataset)


def _recorded(purpose: Processing, dataset: Dataset) -> Recorded[Processing]:
    details = {"key": purpose.key, "datasets": [dataset.pk]}
    return Recorded(purpose, details, f"processing:{purpose.pk}")
