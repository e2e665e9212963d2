"""Every public page and file about AI says so and leads to the public card; a new page without a notice fails here."""

import io
import json
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.report import publishing
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import SystemUse

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]

# The public addresses that are not about AI: data, boards, the ledger, the contestation's own pages. Another must be tried below.
OTHER = {
    "portal-territory", "portal-dataset", "portal-dataset-csv", "portal-datasets", "portal-board", "portal-figure", "portal-link",
    "portal-link-figure", "portal-ledger", "portal-ledger-root", "portal-ledger-key", "portal-ledger-keys", "portal-ledger-proof",
    "portal-contest", "portal-contest-follow", "portal-contest-letter", "contribute", "cyber-call",
}  # fmt: skip
CARDS = ("portal-register-csv", "portal-register-json", "portal-register-nl-json")
FILES = ("portal-report-pdf", "portal-report-json")
PAGES = {
    "portal-systems": {}, "portal-system": {"system": "tiny"}, "portal-sign": {"system": "tiny"}, "portal-words": {},
    "portal-committee": {}, "portal-recommendations": {}, "portal-reports": {}, "portal-report": {"year": 0},
}  # fmt: skip


def public_names() -> set[str]:
    return {
        str(pattern.name)
        for include in get_resolver().url_patterns
        for pattern in getattr(include, "url_patterns", [])
        if str(pattern.pattern).startswith("p/")
    }


@pytest.fixture
def published(use: SystemUse, territory: Territory, steward: Person) -> Territory:
    Territory.objects.filter(pk=territory.pk).update(contact="Mairie, 01 23 45 67 89")
    territory.refresh_from_db()
    publishing.publish(territory, steward, timezone.localdate().year)
    return territory


def at(territory: Territory, name: str, **more: Any) -> str:
    if "year" in more:
        more["year"] = timezone.localdate().year
    return reverse(name, kwargs={"slug": territory.slug, **more})


@pytest.mark.requirement("R37")
def test_every_public_address_is_known_to_this_test() -> None:
    found = {name for name in public_names() if not name.startswith("api-")}
    assert found - OTHER == {*PAGES, *CARDS, *FILES}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.requirement("R37")
def test_every_public_page_about_ai_says_so_and_leads_to_the_cards(
    published: Territory, client: Client, name: str
) -> None:
    page = client.get(at(published, name, **PAGES[name]))
    assert page.status_code == 200
    assert "intelligence artificielle" in page.text or "service d'IA" in page.text.replace("&#x27;", "'")
    assert f"/p/{published.slug}/services-ia/" in page.text


@pytest.mark.requirement("R37")
def test_every_file_about_ai_names_the_page_where_its_card_is(published: Territory, client: Client) -> None:
    for name in CARDS:
        assert f"/p/{published.slug}/services-ia/tiny/" in client.get(at(published, name)).text, name
    told = json.loads(client.get(at(published, "portal-report-json", year=0)).content)
    assert told["page"].endswith(f"/p/{published.slug}/services-ia/")
    document = pypdfium2.PdfDocument(
        io.BytesIO(client.get(at(published, "portal-report-pdf", year=0)).content)
    )
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert f"/p/{published.slug}/services-ia/" in text.replace("\r", "").replace("\n", "")


@pytest.mark.requirement("R37")
def test_the_first_public_page_tells_of_each_service(published: Territory, client: Client) -> None:
    page = client.get(at(published, "portal-territory")).text
    assert at(published, "portal-system", system="tiny") in page and "une personne décide" in page


@pytest.mark.requirement("R37")
def test_a_service_that_serves_cannot_be_kept_from_citizens(tried: SystemUse, supervisor: Person) -> None:
    with pytest.raises(WorkshopError, match="les habitants doivent le savoir"):
        workshop.show(tried, supervisor, False, "Pour ne pas inquiéter les familles.")
