"""What the workshop has that a role may be held to, and that somebody who leaves must hand over: systems."""

from django.urls import reverse

from beffroi.systems import registry
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.resources import Resource, ResourceKind

from . import manifests
from .models import SystemUse


def _resource(territory: Territory, system: str) -> Resource:
    manifest = manifests.known(territory, system)
    title = manifest.title if manifest else system
    return Resource(f"system:{system}", title, reverse("system", args=[territory.slug, system]))


def _every(territory: Territory) -> list[Resource]:
    """Those in use, and those that can be taken into use."""
    used = set(SystemUse.objects.of(territory).values_list("system", flat=True))
    installed = {system.manifest.id for system in registry.all_systems()}
    return [_resource(territory, system) for system in sorted(used | installed)]


def _left_by(territory: Territory, person: Person) -> list[Resource]:
    return [
        _resource(territory, use.system) for use in SystemUse.objects.of(territory).filter(supervisor=person)
    ]


SYSTEMS = ResourceKind("system", "Service d'IA à superviser", _every, _left_by)
