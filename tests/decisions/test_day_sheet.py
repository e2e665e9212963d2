"""The sheet of a day: what stands for each place, what still waits, the sum; nothing of a person, in no other town."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.systems.contract import ProposedAct
from beffroi.web.decisions import day_sheet
from beffroi.web.decisions.models import CaseCorrection
from beffroi.web.decisions.services import decide, propose
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.ui.formats import french_date
from decisions.conftest import a_case, an_act, proposals_of
from places import a_person, a_territory, elsewhere, strongly

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 30)


def meals(place: str, value: float = 120.0) -> ProposedAct:
    return replace(an_act(f"Repas, {place}", value), day=DAY, place=place)


def test_the_sum_is_of_what_stands_and_what_waits_is_told(territory: Territory, elected: Person) -> None:
    first, second, third, _ = proposals_of(
        territory, meals("Arbre"), meals("Bois", 80), meals("Cerf", 60), meals("Daim", 40)
    )
    decide(first, elected, "accept", reason="Vérifié avec la cuisine")
    decide(second, elected, "change", value=90, reason="Sortie annulée, dix repas de plus")
    decide(third, elected, "refuse", reason="École fermée ce jour-là")
    (sheet,) = day_sheet.of_day(territory, DAY)
    assert [(line.place, line.value, line.text) for line in sheet.lines] == [
        ("Arbre", 120, "acceptée"),
        ("Bois", 90, "modifiée"),
        ("Cerf", None, "refusée"),
        ("Daim", None, "à valider"),
    ]
    assert (sheet.total, sheet.decided, sheet.waiting) == (210, 2, 1)


def test_a_corrected_value_is_its_corrector_s(territory: Territory, elected: Person) -> None:
    (first,) = proposals_of(territory, meals("Arbre"))
    decide(first, elected, "accept", reason="Vérifié avec la cuisine")
    (line,) = day_sheet.of_day(territory, DAY)[0].lines
    assert line.by == elected
    other = a_person(territory, "decider", email="autre@example.org")
    assert line.decision is not None
    CaseCorrection.objects.create(
        territory=territory,
        decision=line.decision,
        person=other,
        verdict="change",
        value=99,
        reason="Sortie annulée",
        mandate=Membership.objects.of(territory).get(person=other),
        authority=line.decision.authority,
    )
    (line,) = day_sheet.of_day(territory, DAY)[0].lines
    assert (line.value, line.by) == (99, other)


def test_a_new_proposal_on_what_was_decided_leaves_what_was_decided(
    territory: Territory, elected: Person
) -> None:
    (first,) = proposals_of(territory, meals("Arbre"))
    decide(first, elected, "accept", reason="Vérifié avec la cuisine")
    proposals_of(territory, meals("Arbre", 131), run="run-2")
    (sheet,) = day_sheet.of_day(territory, DAY)
    (line,) = sheet.lines
    assert (line.value, line.waiting and line.waiting.value) == (120, 131)


def test_nothing_that_concerns_a_person_is_on_it(territory: Territory) -> None:
    proposals_of(territory, replace(a_case(), day=DAY, place="Crèche"))
    assert day_sheet.of_day(territory, DAY) == []
    assert day_sheet.days(territory) == []


def test_units_that_differ_are_not_added(territory: Territory, elected: Person) -> None:
    other = meals("Bois")
    rows = proposals_of(territory, meals("Arbre"), replace(other, unit="goûters"))
    for row in rows:
        decide(row, elected, "accept", reason="Vérifié avec la cuisine")
    (sheet,) = day_sheet.of_day(territory, DAY)
    assert sheet.total is None


def test_it_opens_on_today_or_the_next_day_that_has_something(territory: Territory, elected: Person) -> None:
    today = timezone.localdate()
    near, far = today + timedelta(days=3), today + timedelta(days=7)
    proposals_of(
        territory,
        replace(an_act("Arbre"), day=near, place="Arbre"),
        replace(an_act("Bois"), day=far, place="Bois"),
        replace(an_act("Cerf"), day=today - timedelta(days=5), place="Cerf"),
    )
    client = Client()
    strongly(client, elected)
    page = client.get(reverse("decisions-sheet", kwargs={"slug": territory.slug})).content.decode()
    assert f"Pour le {french_date(near)}" in page
    assert "Arbre" in page
    assert "Bois" not in page
    assert "Cerf" not in page
    other = client.get(reverse("decisions-sheet", kwargs={"slug": territory.slug}) + "?jour=2031-01-01")
    assert f"Pour le {french_date(near)}" in other.content.decode()  # nothing is there that day
    assert day_sheet.nearest([DAY], date(2027, 1, 1)) == DAY


def test_the_file_says_the_same_and_runs_nothing(territory: Territory, elected: Person) -> None:
    first, _ = proposals_of(territory, meals("=Arbre", 120.5), meals("Bois"))
    decide(first, elected, "accept", reason="Vérifié avec la cuisine")
    client = Client()
    strongly(client, elected)
    answer = client.get(reverse("decisions-sheet-csv", kwargs={"slug": territory.slug}) + f"?jour={DAY}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [(row["lieu"], row["décidé"], row["en attente"]) for row in rows] == [
        ("'=Arbre", "120,5", ""),
        ("Bois", "", "120,0"),
    ]


def test_who_may_not_read_proposals_and_another_town_see_nothing(territory: Territory) -> None:
    proposals_of(territory, meals("Arbre"))
    address = reverse("decisions-sheet", kwargs={"slug": territory.slug})
    stranger = a_territory("Ailleurs", code="99T02")
    client = Client()
    with elsewhere(stranger):
        assert day_sheet.of_day(stranger, DAY) == []
        strongly(client, a_person(stranger, "decider"))
    assert client.get(address).status_code == 404
    assert Client().get(address).status_code in (302, 404)


def test_a_day_that_only_another_system_has_gives_way_to_the_nearest_of_the_one_chosen(
    territory: Territory,
) -> None:
    other = DAY + timedelta(days=3)
    proposals_of(territory, meals("Arbre"))
    propose(
        territory, system="leaks", system_version="1.0", run="nuit", acts=[replace(meals("Bois"), day=other)]
    )
    assert day_sheet.chosen(territory, other, "canteen", DAY) == DAY
    assert day_sheet.chosen(territory, other, "leaks", DAY) == other
    assert day_sheet.chosen(territory, other, "", DAY) == other
