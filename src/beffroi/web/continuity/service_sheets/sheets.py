"""Sheets as they stand: content, approval that counts, last trial, state in a word; whose they are.

In: a territory, a person. Out: `Sheet`s in their order. A town that has not begun its register sees the models of the guide,
which nobody approved. Nothing is written here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from beffroi.guides import Register
from beffroi.hashing import json_sha256
from beffroi.text import fold_name
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services.registers import entries_of, new_rows
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import people_who_may
from beffroi.web.ui.formats import french_date

from ..models import SheetApproval, SheetTrial

REGISTER: Final = "service_sheets"
SERVICES: Final = "essential_services"
SMALL_TOWN: Final = 2
"""People who act in the room: up to two, one list serves them all."""
_TITLE_FIELDS: Final = ("order", "service", "pair")


def register() -> Register:
    return guide(Register, REGISTER)


def content_sha256(values: Mapping[str, Any]) -> str:
    """Hash of what a head of service approves: everything but the rank in the list."""
    return json_sha256({key: value for key, value in values.items() if key != "order"})


@dataclass(frozen=True)
class Sheet:
    """One sheet. `entry`: None for a model that the town has not taken; `last_approval`: of any content."""

    values: Mapping[str, Any]
    entry: RegisterEntry | None = None
    last_approval: SheetApproval | None = None
    trial: SheetTrial | None = None

    @property
    def service(self) -> str:
        return str(self.values["service"])

    @property
    def sha256(self) -> str:
        return content_sha256(self.values)

    @property
    def approval(self) -> SheetApproval | None:
        """The approval of this very content."""
        last = self.last_approval
        return last if last is not None and last.sha256 == self.sha256 else None

    @property
    def is_proposed(self) -> bool:
        """Whether it is still as Beffroi wrote it, unapproved."""
        return self.approval is None and (self.entry is None or self.entry.is_unconfirmed)

    @property
    def state(self) -> tuple[str, str]:
        """Its state in a few words, and the kind of badge."""
        if (approval := self.approval) is not None:
            return f"approuvée le {french_date(approval.at, hour=False)}", "good"
        if self.is_proposed:
            return "proposée par Beffroi", "plain"
        return ("modifiée, à approuver" if self.last_approval else "à approuver"), "warn"

    @property
    def trial_state(self) -> tuple[str, str]:
        if self.trial is None:
            return "jamais essayée", "warn"
        if self.trial.sha256 != self.sha256:
            return f"essayée le {french_date(self.trial.on)}, modifiée depuis", "warn"
        return f"essayée le {french_date(self.trial.on)}", "good"

    @property
    def form_names(self) -> tuple[str, ...]:
        """Paper forms, as the sheet names them."""
        return tuple(self.values.get("forms", ()))

    @property
    def minimum(self) -> tuple[str, ...]:
        return tuple(self.values.get("minimum", ()))

    @property
    def facts(self) -> list[tuple[str, list[str], bool]]:
        """Label, lines, and whether they are steps in order; what is empty is left out."""
        return [
            (each.label, _lines(each, self.values[each.key]), each.key == "steps")
            for each in register().fields
            if each.key not in _TITLE_FIELDS and self.values.get(each.key)
        ]


def _lines(field: Any, value: Any) -> list[str]:
    if field.kind != "lines":
        return [field.format(value)]
    if not field.parts:
        return list(value)
    return [" – ".join(part.strip() for part in line.split("|")) for line in value]


def sheets(territory: Territory) -> list[Sheet]:
    """Every sheet of the town, or the models where it has none yet."""
    entries = entries_of(territory, register())
    if not entries:
        return _in_order(Sheet(values) for values in new_rows(territory, register()).values())
    approvals = _last(SheetApproval, territory)
    trials = _last(SheetTrial, territory)
    return _in_order(
        Sheet(entry.values, entry, approvals.get(entry.pk), trials.get(entry.pk)) for entry in entries
    )


def sheet_of(entry: RegisterEntry) -> Sheet:
    territory = entry.territory
    approvals, trials = _last(SheetApproval, territory, entry), _last(SheetTrial, territory, entry)
    return Sheet(entry.values, entry, approvals.get(entry.pk), trials.get(entry.pk))


def _last(model: Any, territory: Territory, entry: RegisterEntry | None = None) -> dict[int, Any]:
    rows = model.objects.of(territory).select_related("by").order_by("pk")
    if entry is not None:
        rows = rows.filter(entry=entry)
    return {row.entry_id: row for row in rows}


def _in_order(found: Iterable[Sheet]) -> list[Sheet]:
    return sorted(found, key=lambda each: (float(each.values.get("order") or 99), each.service))


def live_entries(territory: Territory) -> QuerySet[RegisterEntry]:
    """The sheets that the town has taken."""
    rows: QuerySet[RegisterEntry] = RegisterEntry.objects.of(territory)
    return rows.filter(register=REGISTER, removed_at=None)


def has_begun(territory: Territory) -> bool:
    return live_entries(territory).exists()


def is_small_town(territory: Territory) -> bool:
    """Whether this is a commune where two people at most act: the mayor and the secretary hold every role."""
    return territory.is_commune and len(people_who_may("continuity.answer", territory)) <= SMALL_TOWN


def own_sheets(person: Person, territory: Territory) -> list[Sheet]:
    """The sheets of the services that this person heads or stands in for; all of them in a small town."""
    found = sheets(territory)
    if is_small_town(territory):
        return found
    names = services_of_person(person, territory)
    return [each for each in found if fold_name(each.service) in names]


def services_of_person(person: Person, territory: Territory) -> set[str]:
    """Folded names of the services that the register of services gives to this person."""
    who = fold_name(str(person))
    rows = RegisterEntry.objects.of(territory).filter(register=SERVICES, removed_at=None)
    return {
        fold_name(str(values.get("name", "")))
        for values in rows.values_list("values", flat=True)
        if who in (fold_name(str(values.get("head", ""))), fold_name(str(values.get("deputy", ""))))
    }


def pair_groups(found: Iterable[Sheet]) -> list[tuple[str, list[Sheet]]]:
    """The sheets of a small town by who takes them: the mayor, the secretary, both."""
    labels = {"mayor": "Maire", "secretary": "Secrétaire de mairie", "both": "Les deux ensemble"}
    groups: dict[str, list[Sheet]] = {key: [] for key in labels}
    for each in found:
        groups[each.values.get("pair") or "both"].append(each)
    return [(labels[key], each) for key, each in groups.items() if each]
