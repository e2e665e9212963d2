"""Registry of the uses of each dataset, provided by the rooms that know them; datasets without any use are reported.

A room registers a function; in: a territory, and the slug of one dataset or None; out: by slug, the uses of that one or of all.
`unused` never deletes anything: it
says what a person should look at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .models import Dataset, Snapshot
from .publication.authorisations import published_datasets

MONTHS: Final = 12
_LEFT: Final = {
    "grant.issue": "ouvert dans un carnet par une personne",
    "dataset.export": "exporté par une personne",
    "dataset.push": "publié vers un portail par une personne",
    "dataset.read_personal": "lu pour une finalité du registre",
}


@dataclass(frozen=True)
class Use:
    """One use. `at`: of what happened once and reads no more; None: it reads today. `url` is for who may do `act`.

    `listed`: False where the page already has it in the lineage.
    """

    label: str
    url: str = ""
    at: datetime | None = None
    act: str = "dataset.read"
    listed: bool = True

    @property
    def current(self) -> bool:
        return self.at is None


type UseProvider = Callable[[Territory, str | None], Mapping[str, Sequence[Use]]]
_users: list[UseProvider] = []


def register_user(provider: UseProvider) -> None:
    if provider not in _users:
        _users.append(provider)


def of_all(territory: Territory, slug: str | None = None) -> dict[str, list[Use]]:
    """Uses by slug from all rooms, of one dataset if it is named; a dataset without any use is left out."""
    found: dict[str, list[Use]] = {}
    for provider in (_own, *_users):
        for of, uses in provider(territory, slug).items():
            found.setdefault(of, []).extend(uses)
    return found


@dataclass(frozen=True)
class UseSummary:
    """Uses of a dataset for this reader, and since when there is none (None: it is in use)."""

    uses: tuple[Use, ...]
    unused_since: datetime | None
    months: int = MONTHS


def summarize_uses(dataset: Dataset, person: Person) -> UseSummary:
    found = of_all(dataset.territory, dataset.slug).get(dataset.slug, [])
    visible = [
        Use(use.label, use.url if may(person, use.act, dataset.territory) else "", use.at)
        for use in found
        if use.listed
    ]
    last = _last(_delivered(dataset), found)
    idle = last < _since(MONTHS) and not any(use.current for use in found)
    return UseSummary(tuple(visible), last if idle else None)


def unused(territory: Territory, months: int = MONTHS) -> list[Dataset]:
    """The datasets that nothing reads, not published, whose last delivery and last use are older than so many months."""
    since = _since(months)
    candidates = [
        dataset
        for dataset in Dataset.objects.of(territory)
        .filter(published_at=None, created_at__lt=since)
        .prefetch_related("snapshots")
        if _delivered(dataset) < since
    ]
    if not candidates:  # most of the time: nobody is asked anything
        return []
    uses = of_all(territory)
    return [
        dataset
        for dataset in candidates
        if not any(use.current for use in uses.get(dataset.slug, []))
        and _last(_delivered(dataset), uses.get(dataset.slug, [])) < since
    ]


def _since(months: int) -> datetime:
    return timezone.now() - timedelta(days=round(months * 365.25 / 12))


def _delivered(dataset: Dataset) -> datetime:
    """When it last received something; when it was made, if it never did."""
    done = [s.at for s in dataset.snapshots.all() if s.state == Snapshot.State.DONE]
    return max(done, default=dataset.created_at)


def _last(delivered: datetime, uses: Sequence[Use]) -> datetime:
    return max([delivered, *(use.at for use in uses if use.at is not None)])


def _own(territory: Territory, slug: str | None) -> dict[str, list[Use]]:
    """What the catalogue knows: what is published, and what left by a notebook, an export or a portal (ledger)."""
    found: dict[str, list[Use]] = {}
    datasets = Dataset.objects.of(territory)
    if slug is not None:
        datasets = datasets.filter(slug=slug)
    by_pk = {f"dataset:{pk}": of for pk, of in datasets.values_list("pk", "slug")}
    public = published_datasets(territory)
    for dataset in public if slug is None else public.filter(slug=slug):
        url = reverse("portal-dataset", args=[territory.slug, dataset.slug])
        found.setdefault(dataset.slug, []).append(Use("le public, en données ouvertes", url))
    conditions = {"thing__startswith": "dataset:"} if slug is None else {"thing__in": list(by_pk)}
    lines = ledger.lines_of(territory).filter(act__in=_LEFT, **conditions).order_by()
    for act, resource, at in (
        lines.values("act", "thing").annotate(last=Max("at")).values_list("act", "thing", "last")
    ):
        if resource in by_pk:
            found.setdefault(by_pk[resource], []).append(Use(_LEFT[act], at=datetime.fromisoformat(at)))
    return found
