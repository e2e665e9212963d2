"""What is to be done this month: the oldest first, many of one reason in one line, counted one by one for the helper."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.cyber import overview
from beffroi.web.cyber.due import MOST_APART, due_this_month
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory


def a_device(territory: Territory, officer: Person, name: str, days: int) -> None:
    ends = (timezone.localdate() + timedelta(days)).isoformat()
    values = {"name": name, "kind": "desktop", "support_ends": ends}
    registers.save_entry(territory, officer, guide(Register, "devices"), values)


@pytest.mark.parametrize(("count", "lines"), [(MOST_APART, MOST_APART), (MOST_APART + 1, 1)])
def test_many_devices_without_support_are_one_line(
    territory: Territory, officer: Person, count: int, lines: int
) -> None:
    for number in range(count):
        a_device(territory, officer, f"PC-{number}", -10 - number)
    due = due_this_month(territory)
    assert len(due) == lines and sum(each.overdue for each in due) == count
    assert overview.figures(territory, False)["expired"] == count
    if lines == 1:
        assert due[0].what == f"{count}\xa0appareils" and due[0].url.endswith("/registres/devices/")
    else:
        assert [each.what for each in due] == ["PC-2", "PC-1", "PC-0"]
