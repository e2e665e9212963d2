"""Once people have decided a day, the morning and the home say what was decided, corrections included."""

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from beffroi.systems.contract import ProposedAct
from beffroi.web.catalogue.models import Dataset
from beffroi.web.decisions import day_corrections, deadlines, decided_days
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import decide, propose
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop.homecard import morning_cards
from beffroi.web.workshop.models import SystemUse
from life import carry, executed
from places import a_person, strongly

from . import daily

pytestmark = pytest.mark.django_db


@pytest.fixture
def use(tmp_path: Path, territory: Territory, supervisor: Person, dataset: Dataset) -> Iterator[SystemUse]:
    with daily.installed(tmp_path / "daily"):
        made = daily.bound(territory, supervisor, dataset)
        executed(made, supervisor, "backtest")
        yield carry(made, "sandbox")


def lead_of(person: Person, territory: Territory) -> str:
    """What the morning says first."""
    client = Client()
    strongly(client, person)
    address = reverse("system-morning", kwargs={"slug": territory.slug, "system": "daily"})
    client.get(address)  # what a process reads once
    with CaptureQueriesContext(connection) as captured:
        text = html.unescape(client.get(address).content.decode()).replace("\xa0", " ")
    assert len(captured) <= 21  # one of them asks what runs badly, for the banner of every page
    return text[text.index('class="lead"') : text.index('class="big"')]


def test_the_morning_and_the_home_say_what_was_decided(
    use: SystemUse, territory: Territory, supervisor: Person
) -> None:
    executed(use, supervisor, "run")
    decider = a_person(territory, "decider", email="elue@example.org")
    (before,) = morning_cards(supervisor, territory)
    assert before.text.startswith("Commandez 169 repas")
    first, second = Proposal.objects.of(territory).order_by("pk")
    decide(first, decider, "change", value=first.value + 6, reason="Kermesse")
    assert "Décidé" not in lead_of(supervisor, territory)  # one still waits
    decide(second, decider, "accept", reason="Vu")
    today = timezone.localdate()
    words = f"Décidé pour {deadlines.day_in_words(today)} : 180 repas (174 par le calcul)."
    lead = lead_of(supervisor, territory)
    assert words in lead and lead.index(words) < lead.index("Le calcul disait : Commandez 169 repas")
    (card,) = morning_cards(supervisor, territory)
    assert card.text.replace("\xa0", " ") == words
    numbers = {second.pk: (second.value, second.value - 6)}
    day_corrections.correct_day(
        territory, decider, system="daily", day=today, numbers=numbers, reason="Deux classes de moins"
    )
    (card,) = morning_cards(supervisor, territory)
    assert "174 repas." in card.text.replace("\xa0", " ") and "par le calcul" not in card.text


def test_the_first_day_decided_whole_is_told_of_each_system_in_as_many_requests(
    territory: Territory,
) -> None:
    decider = a_person(territory, "decider", email="elue@example.org")
    today = timezone.localdate()

    def proposed(system: str, place: str, ahead: int, unit: str = "repas") -> Proposal:
        day = today + timedelta(days=ahead)
        act = ProposedAct(f"{place}, {day}", 10.0, unit, 9.0, 11.0, ("Vu.",), {}, day=day, place=place)
        return propose(
            territory, system=system, system_version="1", run=f"{system}-{place}-{ahead}", acts=[act]
        )[0]

    for system in ("a", "b", "c"):
        for ahead in (1, 2):
            decide(proposed(system, "Nord", ahead), decider, "accept", reason="Vu")
    proposed("a", "Sud", 1)  # waits: the day after is told
    decide(proposed("c", "Sud", 1, unit="kg"), decider, "accept", reason="Vu")  # no sum of meals and kilos
    with CaptureQueriesContext(connection) as captured:
        found = decided_days.by_system(territory)
    assert len(captured) == 4  # one asks for the last act
    assert {name: (one.day - today).days for name, one in found.items()} == {"a": 2, "b": 1, "c": 2}
