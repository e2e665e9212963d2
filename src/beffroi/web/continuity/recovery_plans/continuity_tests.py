"""The calendar of tests: what is tried, when, with what result; a result becomes corrections with their owner and day in one act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Plan, Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import FollowedAction, RegisterEntry
from beffroi.web.guides.services import plans, registers
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.ui.formats import french_date

from ..errors import ContinuityError

REGISTER: Final = "continuity_tests"
PLAN: Final = "continuity_plan"
SHORTEST_FINDING: Final = 5
LOOKS: Final = {"passed": "good", "gaps": "warn", "failed": "danger"}


def register() -> Register:
    return guide(Register, REGISTER)


def plan() -> Plan:
    return guide(Plan, PLAN)


@dataclass(frozen=True)
class PlannedTest:
    """One test. `result`: in words; `look`: how its badge looks; `days`: until the next one, negative once it is past."""

    entry: RegisterEntry
    name: str
    who: str
    last_on: date | None
    result: str
    look: str
    next_on: date | None
    days: int | None

    @property
    def is_overdue(self) -> bool:
        return self.days is not None and self.days < 0


def calendar(territory: Territory) -> list[PlannedTest]:
    """Every test, the next one first, those without a day last: one query."""
    results = next(each for each in register().fields if each.key == "result")
    today = timezone.localdate()
    lines = []
    for entry in registers.entries_of(territory, register()):
        values = entry.values
        next_on = _day(values.get("next_on"))
        lines.append(
            PlannedTest(
                entry,
                values["name"],
                values.get("who", ""),
                _day(values.get("last_on")),
                results.format(values["result"]) if "result" in values else "",
                LOOKS.get(values.get("result", ""), ""),
                next_on,
                (next_on - today).days if next_on else None,
            )
        )
    return sorted(lines, key=lambda line: (line.next_on is None, line.next_on or date.max, line.name))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def begin(territory: Territory, by: Person) -> int:
    """Add the tests that Beffroi proposes and that were never here; how many."""
    return registers.begin_with_rows(territory, by, register())


def record_result(
    entry: RegisterEntry,
    by: Person,
    *,
    last_on: date,
    result: str,
    next_on: date | None,
    findings: Sequence[str] = (),
    owner: str = "",
    due_on: date | None = None,
    seen: int | None = None,
) -> list[FollowedAction]:
    """Note a test and make each finding an action of the plan, accepted, with its owner and day: all of it, or nothing.

    Raises ContinuityError; GuideError and StaleEntryError of the register.
    """
    require(by, "continuity.answer", entry.territory)
    findings = [line for each in findings if (line := " ".join(each.split()))]
    if last_on > timezone.localdate():
        raise ContinuityError("Cet essai n'a pas encore eu lieu : corrigez le jour.", "last_on")
    if result == "passed" and findings:
        raise ContinuityError(
            "Un essai réussi n'a rien à corriger : choisissez « avec des écarts ».", "result"
        )
    if result in ("gaps", "failed") and not findings:
        raise ContinuityError("Dites ce qui n'a pas marché, une ligne par point.", "findings")
    if short := next((each for each in findings if len(each) < SHORTEST_FINDING), ""):
        raise ContinuityError(f"« {short} » : dites en quelques mots ce qu'il faut corriger.", "findings")
    if findings and not owner.strip():
        raise ContinuityError("Dites qui corrige : sans nom, rien ne se fait.", "owner")
    if findings and due_on is None:
        raise ContinuityError("Dites pour quel jour c'est corrigé.", "due_on")
    with transaction.atomic():
        bulk_insert.lock_chain(entry.territory_id)
        values: dict[str, Any] = entry.values | {"last_on": last_on.isoformat(), "result": result}
        values |= {"findings": findings, "next_on": next_on.isoformat() if next_on else ""}
        saved = registers.save_entry(entry.territory, by, register(), values, entry=entry, seen=seen)
        why = f"Essai « {saved.values['name']} » du {french_date(last_on)}."
        return [_correction(saved.territory, by, each, why, owner, due_on) for each in findings]


def _correction(
    territory: Territory, by: Person, title: str, why: str, owner: str, due_on: date | None
) -> FollowedAction:
    corrections = plan()
    action = plans.add_action(
        territory, by, corrections, title, why=why, proof="L'essai refait, et réussi.", reduces=("outage",)
    )
    plans.update_action(action, by, corrections, owner=owner, due_on=due_on, spent=action.spent)
    plans.move_action(action, by, corrections, "accepted")
    return action
