"""What comes out of a decision prepared by a system says so, and leads to the system's public card."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from beffroi.systems import registry
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.models import SystemUse
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


@pytest.mark.requirement("R37")
def test_the_page_to_contest_lists_every_public_service_by_title_in_as_many_queries_as_one(
    used: Proposal,
) -> None:
    address = f"/p/{used.territory.slug}/contester/"
    Client().get(address)
    with CaptureQueriesContext(connection) as with_one:
        Client().get(address)
    for system, is_public in (("leaks", True), ("buildings", True), ("school_map", False)):
        SystemUse.objects.bulk_create([_copied_use(used.territory, system, is_public=is_public)])
    with CaptureQueriesContext(connection) as with_all:
        page = Client().get(address).content.decode()
    listed = re.findall(r'<option value="(\w+)"[^>]*>([^<]+)</option>', page)
    titles = {system: registry.get(system).manifest.title for system in ("canteen", "leaks", "buildings")}
    assert [option for option in listed if option[0] in titles] == sorted(
        ((system, escape(title)) for system, title in titles.items()), key=lambda option: titles[option[0]]
    )
    assert "school_map" not in dict(listed)
    assert len(with_all) == len(with_one)


def _copied_use(territory: Territory, system: str, *, is_public: bool) -> SystemUse:
    use = SystemUse.objects.get(territory=territory, system="canteen")
    use.pk, use.system, use.public = None, system, is_public
    return use
