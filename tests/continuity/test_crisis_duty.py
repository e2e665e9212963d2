"""Relief and support: hours counted, limits of the law, read by two roles only; no word can be typed, so none of health."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from beffroi.web.continuity.crisis import cell, duty, roles
from beffroi.web.continuity.crisis.forms import LimitsForm, ShiftForm
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import Crisis, DutyShift, SupportCheck
from beffroi.web.platform.models import LedgerDetail, Person, Territory
from continuity.crisis_samples import a_crisis

MONDAY = datetime(2026, 11, 23)
NAME = "M. Faure"


@pytest.fixture
def crisis(territory: Territory, secretary: Person) -> Crisis:
    made = a_crisis(territory, secretary)
    roles.assign(made, secretary, ["director", "logistics"])
    roles.assign(made, secretary, ["field"], name=NAME)
    return made


def at(days: int, hour: float) -> datetime:
    return timezone.make_aware(MONDAY + timedelta(days=days, hours=hour))


def planned(crisis: Crisis, by: Person, days: int, begins: float, ends: float, name: str = NAME) -> DutyShift:
    return duty.plan_shift(crisis, by, name, at(days, begins), at(days, ends))


def hours_of(crisis: Crisis, name: str = NAME) -> duty.DutyHours:
    return next(each for each in duty.hours_on_duty(crisis) if each.name == name)


def test_ten_hours_a_day_pass_and_one_more_is_said(crisis: Crisis, secretary: Person) -> None:
    planned(crisis, secretary, 0, 8, 18)
    assert not hours_of(crisis).is_over
    planned(crisis, secretary, 0, 20, 21)
    assert hours_of(crisis).long_days == [(MONDAY.date(), 11)]


def test_48_hours_a_week_pass_and_one_more_is_said(crisis: Crisis, secretary: Person) -> None:
    for day in range(6):
        planned(crisis, secretary, day, 9, 17)
    assert hours_of(crisis).total == 48 and not hours_of(crisis).is_over
    planned(crisis, secretary, 6, 9, 10)
    assert hours_of(crisis).long_weeks == [(MONDAY.date(), 49)]


def test_a_night_counts_in_two_days_and_an_overlap_once(crisis: Crisis, secretary: Person) -> None:
    planned(crisis, secretary, 0, 20, 30)
    planned(crisis, secretary, 0, 22, 26)
    found = hours_of(crisis)
    assert found.total == 10 and not found.is_over
    planned(crisis, secretary, 1, 6, 11)
    assert hours_of(crisis).long_days == [((MONDAY + timedelta(1)).date(), 11)]


def test_an_hour_that_the_clocks_repeat_is_an_hour_worked(crisis: Crisis, secretary: Person) -> None:
    night = timezone.make_aware(datetime(2026, 10, 24, 22))
    duty.plan_shift(crisis, secretary, NAME, night, timezone.make_aware(datetime(2026, 10, 25, 6)))
    assert hours_of(crisis).total == 9


def test_a_shift_is_done_with_its_real_hours_or_cancelled(crisis: Crisis, secretary: Person) -> None:
    row = planned(crisis, secretary, 0, 8, 18)
    duty.set_shift(crisis, secretary, row.uuid, "done", at(0, 8), at(0, 20))
    assert hours_of(crisis).long_days == [(MONDAY.date(), 12)]
    duty.set_shift(crisis, secretary, row.uuid, "cancelled")
    assert duty.shifts(crisis) == [] and DutyShift.objects.of(crisis.territory).count() == 3
    with pytest.raises(ContinuityError, match="annulée"):
        duty.set_shift(crisis, secretary, row.uuid, "done")
    with pytest.raises(DatabaseError), transaction.atomic():
        DutyShift.objects.filter(pk=row.pk).update(name="Autre")


def test_a_limit_may_be_lower_than_the_laws_and_never_higher(crisis: Crisis, secretary: Person) -> None:
    planned(crisis, secretary, 0, 8, 17)
    cell.set_limits(crisis, secretary, 8, 40)
    assert hours_of(crisis).is_over
    for day, week in ((11, 48), (10, 49), (0, 48)):
        with pytest.raises(ContinuityError, match="limite"):
            cell.set_limits(crisis, secretary, day, week)


def test_a_shift_that_cannot_be_is_refused(crisis: Crisis, secretary: Person) -> None:
    for begins, ends in ((8, 8), (9, 8), (0, 25)):
        with pytest.raises(ContinuityError, match="24 heures"):
            planned(crisis, secretary, 0, begins, ends)
    with pytest.raises(ContinuityError, match="personne de la cellule"):
        planned(crisis, secretary, 0, 8, 9, name="Quelqu'un, malade depuis mardi")


def test_only_the_director_and_logistics_read_and_write(
    territory: Territory, secretary: Person, mayor: Person, crisis: Crisis
) -> None:
    assert roles.may_read_confidential(crisis, secretary) and not roles.may_read_confidential(crisis, mayor)
    roles.assign(crisis, mayor, ["field", "legal", "secretary", "spokesperson", "technical"])
    assert not roles.may_read_confidential(crisis, mayor), "another role of the cell is not enough"
    for act in (
        lambda: planned(crisis, mayor, 0, 8, 9),
        lambda: duty.check(crisis, mayor, "meals", done=True),
    ):
        with pytest.raises(PermissionDenied):
            act()
    roles.assign(crisis, mayor, ["logistics"], is_deputy=True)
    assert roles.may_read_confidential(crisis, mayor)
    roles.assign(crisis, mayor, ["director"])
    roles.assign(crisis, mayor, ["logistics"])
    assert not roles.may_read_confidential(crisis, secretary), "who handed over reads no more"


def test_nothing_of_it_is_free_text_nor_in_the_ledger(crisis: Crisis, secretary: Person) -> None:
    planned(crisis, secretary, 0, 8, 18)
    duty.check(crisis, secretary, "meals", done=True)
    details = str([each.payload for each in LedgerDetail.objects.all()])
    assert NAME not in details and "08:00" not in details
    fields: list[Any] = [*DutyShift._meta.get_fields(), *SupportCheck._meta.get_fields()]
    assert not [each for each in fields if isinstance(each, models.TextField)]
    shift = ShiftForm([NAME])
    assert type(shift.fields["name"]).__name__ == "ChoiceField" and set(LimitsForm().fields) == {
        "day_limit",
        "week_limit",
    }


def test_the_checklist_is_fixed_and_taken_back(crisis: Crisis, secretary: Person) -> None:
    duty.check(crisis, secretary, "meals", done=True)
    assert {each.key for each in duty.checklist(crisis) if each.done} == {"meals"}
    duty.check(crisis, secretary, "meals", done=False)
    assert not any(each.done for each in duty.checklist(crisis)) and len(duty.checklist(crisis)) >= 8
    with pytest.raises(ContinuityError, match="pas dans la liste"):
        duty.check(crisis, secretary, "sick_leave", done=True)


def test_the_debrief_has_hours_in_all_and_no_name(crisis: Crisis, secretary: Person) -> None:
    planned(crisis, secretary, 0, 8, 19)
    planned(crisis, secretary, 0, 8, 12, name=str(secretary))
    assert duty.totals(crisis) == (15, True)
