"""What comes out of a decision prepared by a system says so, and leads to the system's public card."""

import pytest
from django.test import Client

from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services as workshop
from decisions.conftest import a_case, proposals_of
from places import a_person, strongly

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]


@pytest.fixture
def used(territory: Territory, elected: Person) -> Proposal:
    """A decided file of a system in use here, whose card is public."""
    supervisor = a_person(territory, "data_officer", "supervisor", email="superviseur@example.org")
    workshop.adopt(territory, supervisor, "canteen", supervisor=supervisor)
    case = proposals_of(territory, a_case())[0]
    decide(case, elected, "accept", reason="Complet")
    return case


@pytest.mark.requirement("R37")
def test_what_comes_out_says_that_a_machine_took_part_and_leads_to_its_card(
    used: Proposal, elected: Person
) -> None:
    slug, client = used.territory.slug, strongly(Client(), elected)
    card = f"/p/{slug}/services-ia/canteen/"
    assert Client().get(card).status_code == 200
    letter = client.get(f"/t/{slug}/decisions/{used.pk}/lettre/").content.decode()
    assert "traitement algorithmique" in letter and card in letter
    page = client.get(f"/t/{slug}/decisions/{used.pk}/").content.decode()
    assert "système automatisé" in page and f"/t/{slug}/services-ia/canteen/" in page
    assert f"/p/{slug}/contester/?service=canteen" in Client().get(card).content.decode()


@pytest.mark.requirement("R37")
def test_the_contestation_of_a_service_names_it(used: Proposal) -> None:
    page = Client().get(f"/p/{used.territory.slug}/contester/?service=canteen").content.decode()
    assert 'value="canteen" selected' in page
