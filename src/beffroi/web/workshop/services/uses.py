"""Adopting a system, naming who answers for it, binding it to the territory's data."""

from typing import Any

from django.db import transaction

from beffroi.systems import registry
from beffroi.systems.manifest import Manifest
from beffroi.web.catalogue.grants import processing as register_processing
from beffroi.web.catalogue.models import Processing
from beffroi.web.catalogue.publication import restrictions
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import NamedResource, has_role, require
from beffroi.web.tenancy import places

from .. import binding as bindings
from .. import manifests, shared_bindings
from ..errors import BindingRefused, WorkshopError
from ..models import SystemUse


def manifest_of(system_id: str) -> Manifest:
    """Raises WorkshopError when the system is no longer installed or cannot be used."""
    try:
        return registry.get(system_id).manifest
    except registry.UnknownSystem as error:
        raise WorkshopError(str(error)) from error


def adopt(
    territory: Territory,
    person: Person,
    system_id: str,
    *,
    supervisor: Person | None,
    processing: Processing | None = None,
) -> SystemUse:
    """Adopt a system, as an idea: it can be bound and measured, not yet forecast. Adopting again changes nothing.

    Without `processing`, the purpose that the manifest declares is written in the register.
    """
    require(person, "system.bind", NamedResource(territory, f"system:{system_id}"))
    manifest = manifest_of(system_id)
    if manifest.legal.risk == "prohibited":
        raise WorkshopError(
            f"« {manifest.title} » décrit un usage interdit par le règlement européen sur l'IA (article 5). "
            "Il n'a pas été pris en service."
        )
    fit = places.system_fits(territory, system_id, manifest.competences)
    if not fit.ok:
        raise WorkshopError(
            f"{fit.why} « {manifest.title} » n'a pas été pris en service. L'administrateur peut le changer dans "
            "« Réglages → Collectivité »."
        )
    with transaction.atomic():
        use: SystemUse | None = SystemUse.objects.of(territory).filter(system=system_id).first()
        if use is None:
            use = SystemUse.objects.create(
                territory=territory,
                system=system_id,
                origin=manifests.origin_of(system_id),
                processing=processing or own_processing(territory, manifest),
            )
            ledger.append(
                territory,
                "system.adopt",
                person,
                f"system:{system_id}",
                {"version": manifest.version, "processing": use.processing.key},
            )
        if supervisor is not None and use.supervisor_id != supervisor.pk:
            supervise(use, person, supervisor)
    return use


def own_processing(territory: Territory, manifest: Manifest) -> Processing:
    return register_processing(territory, f"system-{manifest.id}"[:60], **purpose_of(manifest))


def purpose_of(manifest: Manifest) -> dict[str, Any]:
    """What the register of processing activities says of a system."""
    return {
        "title": f"Service d'IA « {manifest.title} »",
        "purpose": manifest.purpose,
        "legal_basis": manifest.legal.legal_basis[:200],
        "covers_personal": manifest.legal.personal_data,
    }


def supervise(use: SystemUse, person: Person, supervisor: Person) -> SystemUse:
    """Name who answers for the system: a member who holds the role today."""
    require(person, "system.bind", use)
    if not has_role(supervisor, "supervisor", use):
        raise WorkshopError(
            f"{supervisor} n'a pas le rôle de superviseur d'un service d'IA dans cet espace. Demandez à "
            "l'administrateur de le lui donner, ou choisissez une autre personne. Rien n'a été changé."
        )
    with transaction.atomic():
        use.supervisor = supervisor
        use.save(update_fields=["supervisor"])
        ledger.append(
            use.territory,
            "system.supervise",
            person,
            f"system:{use.system}",
            {"supervisor": f"person:{supervisor.pk}"},
        )
    return use


def propose_binding(use: SystemUse) -> bindings.BindingProposal:
    """For each declared table, the dataset and the columns that fit best, with why. Nothing is saved.

    What another system of the territory already has of a shared input comes first.
    """
    manifest = manifests.of(use)
    found = bindings.propose(use, manifest)
    return bindings.BindingProposal(found.inputs | shared_bindings.propose(use, manifest))


def bind(use: SystemUse, person: Person, binding: bindings.Binding) -> SystemUse:
    """Keep the binding that a person confirmed; a table that other systems share with this one serves them too.

    An entry with `standalone: True` is this system's only. Raises BindingRefused with every fault.
    """
    require(person, "system.bind", use)
    manifest = manifests.of(use)
    checked: bindings.Binding = {
        name: {"dataset": entry["dataset"], "columns": {k: v or None for k, v in entry["columns"].items()}}
        | ({"standalone": True} if entry.get("standalone") else {})
        for name, entry in binding.items()
        if entry.get("dataset")
    }
    for name, entry in checked.items():
        if names := _confirmed_names(manifest, use.binding, checked, name):
            entry["names"] = names
    errors = bindings.check(use.territory, manifest, checked, covers_personal=use.processing.covers_personal)
    if errors:
        raise BindingRefused(errors)
    with transaction.atomic():
        _save_binding(use, person, checked)
        for other, shared in shared_bindings.for_others(use, manifest, person):
            _save_binding(other, person, shared)
        restrictions.close_restricted(use.territory, person)
    return use


def _save_binding(use: SystemUse, person: Person, binding: bindings.Binding) -> None:
    use.binding = binding
    use.save(update_fields=["binding"])
    bound = {name: {key: entry[key] for key in ("dataset", "columns")} for name, entry in binding.items()}
    ledger.append(use.territory, "system.bind", person, f"system:{use.system}", {"binding": bound})


def _confirmed_names(
    manifest: Manifest, before: bindings.Binding, now: bindings.Binding, table: str
) -> dict[str, Any]:
    """The names that a person matched, for the columns that are bound as before, at both ends."""

    def same(name: str, column: str) -> bool:
        old, new = before.get(name), now.get(name)
        if not old or not new or old.get("dataset") != new["dataset"]:
            return False
        return bool(new["columns"].get(column)) and old["columns"].get(column) == new["columns"][column]

    ends = {
        need.name: need.same_as.partition(".")
        for schema in manifest.inputs
        if schema.name == table
        for need in schema.columns
        if need.same_as
    }
    return {
        column: names
        for column, names in before.get(table, {}).get("names", {}).items()
        if column in ends and same(table, column) and same(ends[column][0], ends[column][2])
    }
