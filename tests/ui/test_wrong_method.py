"""An address asked for by the wrong method answers 405 with a page, and shows the way to one that opens."""

import re
from urllib.parse import urljoin

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.platform.models import Person
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Person:
    return a_person(a_territory("Valbruyère", code="99T01"), "administrator", "decider")


def there(name: str, **kwargs: object) -> str:
    return reverse(name, kwargs={"slug": "valbruyere", **kwargs})


def leads(html: str, address: str) -> list[str]:
    """Where the page's links lead from this address."""
    return [urljoin(address, link) for link in re.findall(r'<a class="button[^"]*" href="([^"]+)"', html)]


def refused(client: Client, address: str, method: str = "get", **headers: str) -> str:
    answer = getattr(client, method)(address, headers=headers)
    assert answer.status_code == 405
    return answer.content.decode().replace("&nbsp;", " ")


@pytest.mark.parametrize(
    ("address", "above"),
    [
        (("decisions-accept", {}), ("decisions", {})),
        (("system-advance", {"system": "canteen"}), ("system-life", {"system": "canteen"})),
        (("contestation-take", {"pk": 7}), ("contestation", {"pk": 7})),
    ],
)
def test_the_page_leads_to_the_nearest_one_above_that_opens(member, address, above):
    client = Client()
    strongly(client, member)
    here = there(address[0], **address[1])
    html = refused(client, here)
    assert "reçoit un formulaire ; elle ne" in html
    assert leads(html, here) == [there(above[0], **above[1]), "/"]
    assert here not in html  # what somebody typed is not said again


def test_a_page_above_that_takes_only_forms_is_passed_over(settings, client):
    settings.ROOT_URLCONF = "ui.form_addresses"
    for here in ("/room/form/again/", "/room/form/again/paper.txt"):
        assert leads(refused(client, here), here) == ["/room/", "/"]


def test_a_form_sent_to_what_is_only_read_is_reported_so(settings, client):
    settings.ROOT_URLCONF = "ui.form_addresses"
    assert "elle ne reçoit pas de formulaire" in refused(client, "/room/read/", "post")


def test_a_program_that_reads_no_page_keeps_the_bare_refusal(settings, client):
    settings.ROOT_URLCONF = "ui.form_addresses"
    assert refused(client, "/room/form/", accept="application/json") == ""


def test_the_api_keeps_its_own_way_of_refusing(client):
    answer = client.post("/api/v1/schemas/")
    assert "<html" not in answer.content.decode()
