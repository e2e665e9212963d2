"""Resources of the catalogue that a role may be limited to (datasets), or that a departing owner must hand over (sources too)."""

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.resources import Resource, ResourceKind

from .models import Dataset, Source


def _as_resource(territory: Territory, dataset: Dataset) -> Resource:
    url = reverse("dataset", args=[territory.slug, dataset.slug])
    return Resource(dataset.rights_key, dataset.title, url)


def _every(territory: Territory) -> list[Resource]:
    return [_as_resource(territory, dataset) for dataset in Dataset.objects.of(territory)]


def _left_by(territory: Territory, person: Person) -> list[Resource]:
    return [
        _as_resource(territory, dataset) for dataset in Dataset.objects.of(territory).filter(owner=person)
    ]


DATASETS = ResourceKind("dataset", "Jeu de données dont il faut nommer le responsable", _every, _left_by)


def _sources_left_by(territory: Territory, person: Person) -> list[Resource]:
    return [
        Resource(f"source:{source.pk}", source.title, reverse("source", args=[territory.slug, source.pk]))
        for source in Source.objects.of(territory).filter(owner=person)
    ]


SOURCES = ResourceKind(
    "source", "Source de données dont il faut nommer le responsable", lambda territory: [], _sources_left_by
)
