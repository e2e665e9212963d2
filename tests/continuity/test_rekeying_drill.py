"""The drill: a day on paper typed again, with planted faults that must all be found, and nothing else; then billed to the cent.

The long ring types 500 sheets with 60 faults; the quick one a tenth.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from beffroi.web.continuity.billing import services
from beffroi.web.continuity.billing.rekeyed_quantities import read_sheets
from beffroi.web.continuity.billing.statement_tables import ReadTable
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import BillingStatement, RekeyedForm
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.rekeying import batches, entries
from beffroi.web.continuity.rekeying.typed_sheets import Sheet
from beffroi.web.platform.models import Person, Territory
from places import a_person
from rings import LONG

from .billing_reference import WATER, expected_water
from .drill import PaperSheet, a_day, by_form, mistyped
from .sheets import DAY, opened
from .sheets import allotted as allotted_once

pytestmark = pytest.mark.django_db
SHEETS, FAULTS = (500, 60) if LONG else (50, 6)


def allotted(territory: Territory, by: Person, key: str, count: int) -> tuple[Any, list[Any]]:
    """As many numbers as it takes, two hundred at a time."""
    found: list[Any] = []
    while len(found) < count:
        form, more = allotted_once(territory, by, key, min(200, count - len(found)))
        found += more
    return form, found


def billed(territory: Territory, by: Person, service: Any, day: list[PaperSheet]) -> BillingStatement:
    """A statement straight from the sheets of the day."""
    if service == "water":
        rates: Any = WATER
        subscribers: list[Any] = [
            {"number": f"A{at}", "name": "Abonné", "meter": sheet.values["meter"], "last_read_on": "2026-05-20",
             "last_index": int(sheet.values["index"]) - at % 90}
            for at, sheet in enumerate(readings(day))
        ]  # fmt: skip
    else:
        rates = [{"bracket": "A", "from_quotient": 0, "price": 2.35, "unbooked_price": 4.35}]
        subscribers = [
            {"number": code, "name": "Enfant", "payer": "Parent", "quotient": 1} for code in meals(day)
        ]
    tables = {
        "rates": ReadTable(rates),
        "subscribers": ReadTable(subscribers),
        "quantities": read_sheets(territory, service, DAY, DAY),
    }
    return services.prepare(territory, by, service, date(2026, 6, 1), date(2026, 11, 30), tables, {})


def readings(day: list[PaperSheet]) -> list[PaperSheet]:
    return [sheet for sheet in day if sheet.form == "form_water"]


def meals(day: list[PaperSheet]) -> dict[str, str]:
    """By child, « 1 » a meal that was booked, « 2 » one that was not: as the first sheet says it."""
    found: dict[str, str] = {}
    for sheet in day:
        if sheet.form == "form_canteen":
            for row in sheet.rows:
                found.setdefault(row["code"], row["meal"])
    return found


def water_due(day: list[PaperSheet]) -> dict[str, int]:
    return {f"A{at}": expected_water(Fraction(at % 90), 183) for at, _ in enumerate(readings(day))}


def canteen_due(day: list[PaperSheet]) -> dict[str, int]:
    return {code: 235 if meal == "1" else 435 for code, meal in meals(day).items()}


def test_all_planted_faults_of_a_day_on_paper_are_found_and_none_is_invented(
    territory: Territory, secretary: Person, record_property: Any
) -> None:
    agent, random = a_person(territory, "agent"), Random(5)
    day = a_day(SHEETS, FAULTS, DAY)
    found: dict[str, set[tuple[str, int]]] = {"missing": set(), "double": set(), "wrong": set()}
    planted = {kind: {(each.form, each.at) for each in day if each.fault == kind} for kind in found}
    assert sum(map(len, planted.values())) == FAULTS
    for key, paper in by_form(day):
        form, sheets = allotted(territory, secretary, key, len(paper) + 5)
        for sheet, number in zip(paper, sheets, strict=False):
            sheet.number = str(number)
        place = {sheet.number: (sheet.form, sheet.at) for sheet in paper}
        total = Decimal(str(round(sum(sheet.total() for sheet in paper), 2)))
        batch = opened(territory, secretary, form, len(paper), total)
        pile = [sheet for sheet in paper if sheet.fault != "missing"]
        pile += [sheet for sheet in pile if sheet.fault == "double"]
        for sheet in pile:
            number, typed = mistyped(sheet, random) if sheet.fault == "wrong" else (sheet.number, sheet)
            try:
                entries.enter(batch, secretary, number, Sheet(typed.values, typed.rows))
            except entries.EntryRefused as refusal:
                again = "déjà été saisie" in str(refusal)
                found["double" if again else "wrong"].add(place[sheet.number])
                if not again:  # the person looks at the paper, and takes the draft up again
                    entries.enter(
                        batch, secretary, sheet.number, Sheet(sheet.values, sheet.rows), draft=refusal.draft
                    )
        for row in batch.forms.filter(state=RekeyedForm.State.SECOND):
            sheet = next(each for each in paper if each.number == row.number)
            row = entries.enter_again(row, agent, Sheet(sheet.values, sheet.rows))
            if row.state == RekeyedForm.State.DIFFERS:
                found["wrong"].add(place[row.number])
                entries.settle(row, agent, {each.place: each.other for each in entries.differences_of(row)})
        for draft in batch.refused.all():
            entries.discard(draft, secretary)
        (counter,) = numbers.sheets_by_counter(territory, key)
        found["missing"] |= {place[str(number)] for number in counter.missing}
        missing = [sheet for sheet in paper if sheet.fault == "missing"]
        if missing:
            with pytest.raises(
                ContinuityError, match=f"{len(paper)}\u00a0feuilles annoncées, {len(paper) - len(missing)}"
            ):
                batches.close(batch, secretary)
        for sheet in missing:  # found again at the bottom of a drawer
            row = entries.enter(batch, secretary, sheet.number, Sheet(sheet.values, sheet.rows))
            entries.enter_again(row, agent, Sheet(sheet.values, sheet.rows))
        batches.close(batch, secretary)
        assert batches.progress_of(batch).total == total
    assert found == planted
    for service, due in (("water", water_due(day)), ("canteen", canteen_due(day))):
        statement = billed(territory, secretary, service, day)
        assert {
            bill.subscriber["number"]: int(bill.total * 100) for bill in services.result_of(statement).bills
        } == due
        assert statement.result["blocking"] == 0 and statement.result["cents"] == sum(due.values())
    record_property("rekeying", {kind: len(some) for kind, some in found.items()})
    print(f"{len(day)} sheets, found: { ({kind: len(some) for kind, some in found.items()}) }")
