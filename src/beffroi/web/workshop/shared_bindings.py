"""Inputs that several systems share: bound once in a territory, by whoever binds one of them.

In come a use and other_manifest binding; out go what the other uses are then bound to, and what is proposed to a new one. Nothing is saved
here. The stored binding of each use stays whole: what reads it need not know which tables are shared.
"""

from collections.abc import Iterator
from typing import Any

from beffroi.systems.binding import Match, propose_binding
from beffroi.systems.input_schema import InputSchema
from beffroi.systems.manifest import Manifest
from beffroi.web.catalogue.dataset_lookup import dataset_named
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import may

from . import manifests
from .binding import Binding, InputProposal, check, own_columns
from .models import SystemUse


def propose(use: SystemUse, manifest: Manifest) -> dict[str, InputProposal]:
    """By shared input of this use: what another system of the territory is bound to, where it can serve this one."""
    found: dict[str, InputProposal] = {}
    for schema in _shared(manifest):
        for other, other_manifest in _others(use):
            other_schema = _input_of(other_manifest, schema.use)
            entry = other.binding.get(other_schema.name) if other_schema is not None else None
            if other_schema is None or not entry or entry.get("standalone"):
                continue
            candidate = _entry(use, schema, other_schema, entry, {})
            if candidate is not None and not _errors(use, manifest, candidate, schema):
                dataset = Dataset.objects.of(use.territory).get(slug=candidate["dataset"])
                reason = f"« {other_manifest.title} » s'en sert déjà"
                columns = {name: Match(own, reason) for name, own in candidate["columns"].items()}
                found[schema.name] = InputProposal(schema, dataset, columns, f"{reason}.")
                break
    return found


def for_others(use: SystemUse, manifest: Manifest, person: Person) -> Iterator[tuple[SystemUse, Binding]]:
    """The other uses that a binding just made changes, each with what it is then bound to.

    One that has a table of other_manifest own (`standalone`), that this person may not bind, or that the table cannot serve keeps what it has.
    """
    for other, other_manifest in _others(use):
        if not other.bound or not may(person, "system.bind", other):
            continue
        binding = dict(other.binding)
        for schema in _shared(manifest):
            other_schema, entry = _input_of(other_manifest, schema.use), use.binding.get(schema.name)
            if other_schema is None or not entry or entry.get("standalone"):
                continue
            before = binding.get(other_schema.name) or {}
            candidate = (
                None if before.get("standalone") else _entry(other, other_schema, schema, entry, before)
            )
            if candidate is not None and not _errors(other, other_manifest, candidate, other_schema):
                binding[other_schema.name] = candidate
        if binding != other.binding:
            yield other, binding


def sharing(use: SystemUse, manifest: Manifest) -> dict[str, list[str]]:
    """By shared input of this use: the titles of the other systems that it also serves."""
    return {
        schema.name: [
            other_manifest.title
            for _, other_manifest in _others(use)
            if _input_of(other_manifest, schema.use) is not None
        ]
        for schema in _shared(manifest)
    }


def _shared(manifest: Manifest) -> list[InputSchema]:
    return [schema for schema in manifest.inputs if schema.use]


@cached_read
def _others(use: SystemUse) -> list[tuple[SystemUse, Manifest]]:
    others = SystemUse.objects.of(use.territory).exclude(pk=use.pk).order_by("pk")
    return [(other, manifest) for other in others if (manifest := manifests.readable(other)) is not None]


def _input_of(manifest: Manifest, key: str) -> InputSchema | None:
    return next((schema for schema in manifest.inputs if schema.use == key), None)


def _entry(
    use: SystemUse, to: InputSchema, source: InputSchema, entry: dict[str, Any], before: dict[str, Any]
) -> dict[str, Any] | None:
    """The entry of `source` in the columns of `to`: those that only `to` reads stay as `before`, or are proposed."""
    dataset = dataset_named(use.territory, entry["dataset"])
    if dataset is None or dataset.current is None:
        return None
    by_shared = {need.shared: entry["columns"].get(need.name) for need in source.columns}
    previous: dict[str, str | None] = (
        before.get("columns", {}) if before.get("dataset") == dataset.slug else {}
    )
    proposed = {name: match.column for name, match in propose_binding(to, own_columns(dataset)).items()}
    columns = {
        need.name: by_shared.get(need.shared, (previous or proposed).get(need.name)) for need in to.columns
    }
    return before if previous == columns else {"dataset": dataset.slug, "columns": columns}


def _errors(use: SystemUse, manifest: Manifest, entry: dict[str, Any], schema: InputSchema) -> list[str]:
    """What is wrong with this one table of a binding."""
    only = manifest.model_copy(update={"inputs": (schema,)})
    return check(use.territory, only, {schema.name: entry}, covers_personal=use.processing.covers_personal)
