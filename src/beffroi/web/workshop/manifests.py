"""The manifest of a system in a territory: the installed one's own, or what a person declared of one that we do not run.

In comes a use, or a territory and a system's id; out goes a `Manifest`, the same for the card, the gates and the registers.
"""

from typing import Any

from pydantic import ValidationError

from beffroi.systems import registry
from beffroi.systems.manifest import Manifest
from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read

from .errors import WorkshopError
from .models import Origin, SystemUse

# Fields that the contract had, always empty in what a person declares.
REMOVED_FIELDS = frozenset({"evidence_labels"})


@cached_read
def installed(system: str) -> Manifest | None:
    """The manifest of what is installed under this name."""
    try:
        return registry.get(system).manifest
    except registry.UnknownSystem:
        return None


def origin_of(system: str) -> Origin:
    """Ours or a third party's. Raises `registry.UnknownSystem`."""
    return Origin.OURS if registry.get(system).distribution == "beffroi" else Origin.THIRD_PARTY


def of(use: SystemUse) -> Manifest:
    """Raises WorkshopError when the system is no longer installed, or its declaration can no longer be read."""
    if not use.declared:
        try:
            return registry.get(use.system).manifest
        except registry.UnknownSystem as error:
            raise WorkshopError(str(error)) from error
    try:
        return Manifest.model_validate(_of_today(use.declaration["manifest"]))
    except (KeyError, ValidationError) as error:
        raise WorkshopError(
            f"La déclaration de « {use.system} » ne peut plus être lue : déclarez ce service de nouveau. "
            "Ce qui a été écrit est conservé."
        ) from error


def _of_today(stored: dict[str, Any]) -> dict[str, Any]:
    """A declaration is kept whole and outlives the contract: what is no longer there is left out."""
    return {name: value for name, value in stored.items() if name not in REMOVED_FIELDS}


def known(territory: Territory, system: str) -> Manifest | None:
    """The manifest under this name here: installed, or declared in this territory. None when there is none."""
    if (found := installed(system)) is not None:
        return found
    use = SystemUse.objects.of(territory).filter(system=system).first()
    return readable(use) if use is not None else None


def readable(use: SystemUse) -> Manifest | None:
    """The manifest of a use, installed or declared; None when there is none, or when it can no longer be read."""
    try:
        return installed(use.system) or (of(use) if use.declared else None)
    except WorkshopError:
        return None
