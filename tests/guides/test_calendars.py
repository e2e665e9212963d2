"""The days that expire in a register, as a calendar reads them; the lines without a day are named."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.register_forms import grid_fields
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db
ROW = {
    "topic": "budget", "what": "Voter le budget de la commune.", "concerns": "toutes", "rhythm": "year",
    "text": "CGCT", "certainty": "text", "read_on": timezone.localdate().isoformat(),
}  # fmt: skip
DUE = timezone.localdate() + timedelta(days=400)  # too far to be due
TITLE = "Vote; du budget, \\ et " + "é" * 60


@pytest.fixture
def secretary(territory: Territory, client: Client) -> Person:
    person = a_person(territory, "agent")
    deadlines = guide(Register, "legal_deadlines")
    registers.save_entry(territory, person, deadlines, ROW | {"title": TITLE, "due_on": DUE.isoformat()})
    registers.save_entry(territory, person, deadlines, ROW | {"title": "Sans aucun jour"})
    client.force_login(person)
    return person


def read(text: str) -> list[dict[str, str]]:
    """The events, as RFC 5545 says to read them: unfolded, then unescaped."""
    assert text.endswith("\r\n") and all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    events: list[dict[str, str]] = []
    for line in text.replace("\r\n ", "").split("\r\n"):
        if line == "BEGIN:VEVENT":
            events.append({})
        name, _, value = line.partition(":")
        if events:
            events[-1][name] = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)
    return events


@pytest.mark.usefixtures("secretary")
def test_a_calendar_reads_each_day_that_expires(territory: Territory, client: Client) -> None:
    answer = client.get(f"/t/{territory.slug}/guides/registres/legal_deadlines/agenda.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    events = read(answer.content.decode())
    (due,) = [one for one in events if "approche" in one["SUMMARY"]]
    assert due["SUMMARY"].startswith(TITLE)
    assert (due["DTSTART;VALUE=DATE"], due["DTEND;VALUE=DATE"]) == (
        f"{DUE:%Y%m%d}",
        f"{DUE + timedelta(days=1):%Y%m%d}",
    )
    assert len(events) == 3 and len({one["UID"] for one in events}) == 3


@pytest.mark.usefixtures("secretary")
def test_lines_without_a_day_are_counted_and_filtered(territory: Territory, client: Client) -> None:
    there = f"/t/{territory.slug}/guides/registres/legal_deadlines/"
    page = client.get(there).content.decode()
    assert "1 ligne sans date" in page and "etat=sans-date" in page
    page = client.get(f"{there}?etat=sans-date").content.decode()
    assert "Sans aucun jour" in page and "Vote; du budget" not in page


def test_the_grid_has_the_day_that_expires() -> None:
    assert "due_on" in [field.key for field in grid_fields(guide(Register, "legal_deadlines"))]
