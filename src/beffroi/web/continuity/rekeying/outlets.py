"""Where the sheets of a closed batch go besides a file: links that other nouns give, so that re-keying knows none of them."""

from collections.abc import Callable

from beffroi.web.platform.models import Person

from ..models import RekeyingBatch

type Outlet = Callable[[RekeyingBatch, Person], tuple[str, str] | None]
_outlets: list[Outlet] = []


def register(outlet: Outlet) -> None:
    """Have the page of a closed batch offer this: a label and an address, or nothing for this batch or this person."""
    if outlet not in _outlets:
        _outlets.append(outlet)


def outlets_of(batch: RekeyingBatch, by: Person) -> list[tuple[str, str]]:
    """None for an exercise, nor once the answers are erased."""
    if batch.closed_at is None or batch.erased_at is not None or batch.is_exercise:
        return []
    return [found for outlet in _outlets if (found := outlet(batch, by)) is not None]
