"""Each public page leads to a person in one action, and each card says what the service cannot do."""

import re

import pytest
from django.test import Client

from beffroi.web.platform.models import Territory
from beffroi.web.portal.urls import urlpatterns
from beffroi.web.workshop.models import SystemUse

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]
PAGES = (
    "services-ia/",
    "services-ia/tiny/",
    "comite-ethique/",
    "recommandations/",
    "rapport-ia/",
    "mots-de-l-ia/",
)


@pytest.fixture
def reachable(territory: Territory) -> Territory:
    Territory.objects.filter(pk=territory.pk).update(contact="Mairie, 01 23 45 67 89, ia@exemple.fr")
    territory.refresh_from_db()
    return territory


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.requirement("R38")
def test_each_public_page_about_ai_leads_to_a_person(
    use: SystemUse, reachable: Territory, client: Client, path: str
) -> None:
    page = client.get(f"/p/{reachable.slug}/{path}").text
    assert "Parler à une personne" in page and "Mairie, 01 23 45 67 89" in page


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.requirement("R39")
def test_a_person_is_one_action_away(use: SystemUse, reachable: Territory, client: Client, path: str) -> None:
    page = client.get(f"/p/{reachable.slug}/{path}").text
    assert 'href="tel:0123456789"' in page and 'href="mailto:ia@exemple.fr"' in page


@pytest.mark.requirement("R38")
def test_a_town_without_a_written_contact_still_names_whom_to_ask(
    use: SystemUse, territory: Territory, client: Client
) -> None:
    assert f"L&#x27;accueil de {territory.name}" in client.get(f"/p/{territory.slug}/services-ia/tiny/").text


@pytest.mark.requirement("R44")
def test_the_card_and_the_report_say_what_it_cannot_do_and_whom_to_ask(
    use: SystemUse, reachable: Territory, client: Client
) -> None:
    page = client.get(f"/p/{reachable.slug}/services-ia/tiny/").text
    limits = page[page.index("Ses limites") :]
    assert "Ne connaît que la moyenne." in limits and "Il peut se tromper" in limits
    assert re.search(r'<a href="#parler">demandez à une personne</a>', limits)
    assert 'id="parler"' in page


@pytest.mark.requirement("R39")
def test_each_public_page_of_the_territory_names_whom_to_talk_to(territory: Territory) -> None:
    territory.contact = "Accueil de la mairie, 1 place du Beffroi, 01 02 03 04 05"
    territory.save(update_fields=["contact"])
    seen = 0
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if not route.startswith("p/<slug:slug>/") or route.count("<") > 1:
            continue
        reply = Client().get("/" + route.replace("<slug:slug>", territory.slug))
        if reply.status_code == 200 and reply.headers["Content-Type"].startswith("text/html"):
            seen += 1
            assert "Parler à un humain" in reply.content.decode(), route
            assert "1 place du Beffroi" in reply.content.decode(), route
    assert seen >= 5
