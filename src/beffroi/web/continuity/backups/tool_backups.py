"""Backups that the register of security tools speaks of: shown on the board as they were written, then taken over as copies.

In: a territory, or the entry of a tool. Out: `ToolBackup`s that the board does not know yet. The board answers for copies and
restores: what a tool said of them leaves its entry when it is taken over, and stays in its history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Register
from beffroi.text import fold_name
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import BackupCopy, RestoreProof
from . import proving, services, staleness
from .systems import REGISTER, register_guide, systems_of

TOOLS: Final = "security_tools"


@dataclass(frozen=True)
class ToolBackup:
    """What a tool says of a backup. `restored_on`: the last restore that went well, as a person attested it."""

    entry: RegisterEntry

    @property
    def _values(self) -> Mapping[str, Any]:
        values: Mapping[str, Any] = self.entry.values
        return values

    @property
    def name(self) -> str:
        return str(self._values["name"])

    @property
    def restored_on(self) -> date | None:
        written = self._values.get("restored_on")
        return date.fromisoformat(written) if written else None

    @property
    def attested_by(self) -> str:
        return str(self._values.get("tested_by") or "")

    @property
    def facts(self) -> dict[str, Any]:
        """What it says that the board answers for."""
        return {key: self._values[key] for key in moved_keys() if key in self._values}

    @property
    def off_site(self) -> bool:
        return self._values.get("outside") == "yes"

    @property
    def offline(self) -> bool:
        return self._values.get("unplugged") == "yes"


def tools_guide() -> Register:
    return guide(Register, TOOLS)


def moved_keys() -> list[str]:
    """The fields of a tool that the board answers for."""
    return [each.key for each in tools_guide().fields if each.moved_to == REGISTER]


def tool_backups(territory: Territory) -> list[ToolBackup]:
    """Those that the board does not know: with a fact to take over, or under a name that no system and no copy has."""
    rows = RegisterEntry.objects.of(territory).filter(register=TOOLS, removed_at=None, values__kind="backup")
    found = [ToolBackup(entry) for entry in rows]
    if not found:
        return []
    known = {fold_name(system.name) for system in systems_of(territory)}
    known |= {fold_name(name) for name in BackupCopy.objects.of(territory).values_list("name", flat=True)}
    return [each for each in found if each.facts or fold_name(each.name) not in known]


def tool_links(entry: RegisterEntry) -> list[tuple[str, str]]:
    """Beside a tool that backs up, where its copies and restores are followed."""
    if entry.register != TOOLS or entry.values.get("kind") != "backup":
        return []
    slug, name = entry.territory.slug, fold_name(str(entry.values["name"]))
    for copy in BackupCopy.objects.of(entry.territory).filter(entry__removed_at=None).select_related("entry"):
        if name in (fold_name(copy.name), fold_name(str(copy.entry.values["name"]))):
            return [("Ses copies et ses restaurations", reverse("backup-system", args=[slug, copy.entry_id]))]
    return [("Ses copies et ses restaurations", reverse("backups", args=[slug]))]


def take_over(tool: RegisterEntry, by: Person, *, medium: str, place: str, offline: bool) -> BackupCopy:
    """Declare the backup of a tool as the copy of a system, with its attested restore. Raises PermissionDenied, ContinuityError."""
    territory = tool.territory
    require(by, services.ACT, territory)
    with transaction.atomic():
        found = next((each for each in tool_backups(territory) if each.entry.pk == tool.pk), None)
        if found is None:
            raise ContinuityError("Cette sauvegarde est déjà suivie ici. Rien n'a été repris.")
        copy = services.declare(
            _system(found, by),
            by,
            name=found.name,
            kind=BackupCopy.Kind.ATTESTATION,
            medium=medium,
            place=place,
            offline=offline,
        )
        if found.restored_on is not None:
            proving.write_proof(
                copy,
                by=by,
                ok=True,
                at=min(staleness.end_of_day(found.restored_on), timezone.now()),
                origin=RestoreProof.Origin.PERSON,
                how=_how(found),
            )
        remaining = {key: value for key, value in found.entry.values.items() if key not in moved_keys()}
        registers.save_entry(territory, by, tools_guide(), remaining, entry=found.entry)
    return copy


def _how(found: ToolBackup) -> str:
    who = f"attestée par {found.attested_by}" if found.attested_by else "attestée"
    test = str(found.entry.values.get("test") or "")
    return f"Reprise de vos outils de sécurité : {who}, sans pièce jointe. {test}".strip()[:2000]


def _system(found: ToolBackup, by: Person) -> RegisterEntry:
    """The system of that name, or a new one."""
    territory = found.entry.territory
    name = fold_name(found.name)
    there = next((each.entry for each in systems_of(territory) if fold_name(each.name) == name), None)
    if there is not None:
        return there
    values = {"name": found.name, "keeper": str(found.entry.values.get("maintained_by") or "")}
    return registers.save_entry(territory, by, register_guide(), values)
