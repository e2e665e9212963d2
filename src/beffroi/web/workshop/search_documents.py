"""Systems as the search finds them: those in use here and those that can be taken into use, by their manifests."""

from collections.abc import Collection, Iterable, Mapping

from django.urls import reverse

from beffroi.language.search import Document
from beffroi.systems import registry
from beffroi.systems.manifest import Manifest
from beffroi.web.platform import feature_switches
from beffroi.web.platform.models import Territory
from beffroi.web.search.kinds import EVERYWHERE, Kind, Origin, Target

from . import manifests
from .models import SystemUse


def installed() -> Iterable[Document]:
    for system in registry.all_systems():
        yield _document(EVERYWHERE, system.manifest)


def declared(territory: Territory, keys: Collection[str] | None) -> Iterable[Document]:
    """Those that a person declared and Beffroi does not run."""
    uses = SystemUse.objects.of(territory).exclude(declaration={})
    for use in uses if keys is None else uses.filter(system__in=keys):
        if manifests.installed(use.system) is None and (manifest := manifests.readable(use)) is not None:
            yield _document(territory.pk, manifest)


def _document(scope: int, manifest: Manifest) -> Document:
    return Document(
        scope=scope,
        kind="system",
        key=manifest.id,
        title=manifest.title,
        card=(manifest.purpose, manifest.helps),
        columns=tuple(schema.title for schema in manifest.inputs),
    )


def targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    if public:
        return {}
    used = set(SystemUse.objects.of(territory).filter(system__in=keys).values_list("system", flat=True))
    known = {document.key: document for document in (*installed(), *declared(territory, keys))}
    return {
        key: Target(
            known[key].title,
            reverse("system", args=[territory.slug, key]),
            "" if key in used else "pas encore utilisé ici",
        )
        for key in keys
        if key in known and feature_switches.system_is_open(territory, key)
    }


SYSTEMS = Kind(
    name="system",
    label="Prévisions et alertes",
    act="system.read",
    noun="system",
    documents=declared,
    targets=targets,
    shared=installed,
    origins=(Origin(SystemUse, lambda use: (use.territory, [use.system]), frozenset({"declaration"})),),
)
