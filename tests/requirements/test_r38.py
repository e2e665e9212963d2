"""Human recourse is always possible: a person to ask on each screen, a contestation without an account, its delay tracked."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions import contest_reading, contesting
from beffroi.web.decisions.models import Proposal
from beffroi.web.territories.models import Person, Territory
from decisions.conftest import ANSWER, GIVEN
from places import a_person, strongly

pytestmark = pytest.mark.django_db


def test_r38_each_screen_leads_to_a_person(case: Proposal, elected: Person) -> None:
    slug = case.territory.slug
    inside = strongly(Client(), elected).get(f"/t/{slug}/decisions/{case.pk}/").content.decode()
    assert "Contester" in inside and f"/p/{slug}/contester/" in inside
    for path in ("", "contester/", "contester/suivi/", "contester/lettre/"):
        page = Client().get(f"/p/{slug}/{path}").content.decode()
        assert "Parler à un humain" in page
    assert f"/p/{slug}/contester/" in Client().get(f"/p/{slug}/").content.decode()


def test_r38_the_delay_of_answers_is_tracked(territory: Territory) -> None:
    agent = a_person(territory, "administrator")
    received = timezone.localdate() - timedelta(days=75)
    row = contesting.write_down(
        territory, agent, GIVEN, channel="letter", received=received, key="k" * 24
    ).contestation
    assert contest_reading.clock(territory).late == 1
    contesting.answer(row, agent, "not", ANSWER)
    clock = contest_reading.clock(territory)
    assert (clock.late, clock.answered_late, clock.median_days) == (0, 1, 75)
