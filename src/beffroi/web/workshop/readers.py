"""Which datasets the systems of a territory are bound to: what the workshop tells the catalogue of their use."""

from django.urls import reverse

from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.catalogue.usage_registry import Use
from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read

from . import manifests
from .life.states import State
from .models import SystemUse


def uses(territory: Territory, slug: str | None = None) -> dict[str, list[Use]]:
    """By the slug of a dataset, of that one if it is named.

    A system that was stopped reads no more: its last execution is told with its day.
    """
    found: dict[str, list[Use]] = {}
    for use in _uses_of(territory):
        at = None
        bound = _bound(use)
        if use.state == State.STOPPED:
            last = use.runs.order_by("-at").first()
            if last is None:
                continue
            at, bound = last.at, {pinned["dataset"] for pinned in last.snapshots.values()}
        if slug is not None:
            bound &= {slug}
        if not bound:
            continue
        manifest = manifests.known(territory, use.system)
        label = f"le service d'IA « {manifest.title if manifest else use.system} »"
        url = reverse("system", args=[territory.slug, use.system])
        for of in bound:
            found.setdefault(of, []).append(Use(label, url, at, act="system.read"))
    return found


@cached_read
def _uses_of(territory: Territory) -> list[SystemUse]:
    return list(SystemUse.objects.of(territory))


def bound_for(processing: Processing) -> set[str]:
    """The slugs of the datasets that the systems of this purpose are bound to."""
    return _bound_by_purpose(processing.territory).get(processing.pk, set())


@cached_read
def _bound_by_purpose(territory: Territory) -> dict[int, set[str]]:
    """The slugs of the datasets that its systems are bound to, by purpose."""
    found: dict[int, set[str]] = {}
    for use in _uses_of(territory):
        found.setdefault(use.processing_id, set()).update(_bound(use))
    return found


def publication_restriction(dataset: Dataset) -> str:
    """Why a system of the territory asks that this dataset stay closed; empty where none does."""
    return _restrictions(dataset.territory).get(dataset.slug, "")


@cached_read
def _restrictions(territory: Territory) -> dict[str, str]:
    """The reason of the first system that asks it, by the short name of the dataset."""
    found: dict[str, str] = {}
    for use in _uses_of(territory):
        manifest = manifests.readable(use)
        restricted = manifest.publication_restriction if manifest else None
        for name in restricted.inputs if restricted else ():
            found.setdefault((use.binding.get(name) or {}).get("dataset", ""), restricted.why)
    return found


def _bound(use: SystemUse) -> set[str]:
    return {entry["dataset"] for entry in use.binding.values() if entry and entry.get("dataset")}
