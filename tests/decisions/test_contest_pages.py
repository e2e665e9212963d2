"""The public pages of a contestation tell a stranger nothing, lose nothing, and slow down who floods them."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions import contesting, rate_limits, references
from beffroi.web.decisions.models import Contestation, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import ANSWER, GIVEN, UNTIED, a_contestation
from places import a_person, a_territory, strongly

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]


@pytest.fixture(autouse=True)
def fresh_pace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rate_limits, "contestations", rate_limits.RateLimit(10))
    monkeypatch.setattr(rate_limits, "wrong_codes", rate_limits.RateLimit(20))
    yield


def at(territory: Territory, end: str = "") -> str:
    return f"/p/{territory.slug}/contester/{end}"


def form(territory: Territory, **changes: str) -> dict[str, str]:
    page = Client().get(at(territory)).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    return {
        "about": "Place en crèche",
        "contested": "Le nombre d'enfants est faux",
        "answer_by": "tracking",
        "key": key[1],
    } | changes


@pytest.mark.requirement("R38")
def test_anyone_contests_and_follows_by_the_code_alone(territory: Territory) -> None:
    client = Client()
    reply = client.post(at(territory), form(territory))
    assert reply.status_code == 200
    assert "no-store" in reply.headers["Cache-Control"]
    code = re.search(r"<code[^>]*>([A-Z0-9-]{19})</code>", reply.content.decode())
    assert code
    followed = client.post(at(territory, "suivi/"), {"code": code[1].lower()}).content.decode()
    assert "reçue" in followed and "jours restants" in followed
    agent = a_person(territory, "administrator")
    contesting.answer(Contestation.objects.get(), agent, "not", ANSWER, untied_reason=UNTIED)
    assert "livret de famille" in client.post(at(territory, "suivi/"), {"code": code[1]}).content.decode()


def test_a_wrong_code_is_told_and_many_are_slowed_down(territory: Territory) -> None:
    client = Client()
    for _ in range(20):
        reply = client.post(at(territory, "suivi/"), {"code": "ABCD-EFGH-JKMN-PQRS"})
        assert reply.status_code == 422
    assert "Trop de codes" in client.post(at(territory, "suivi/"), {"code": "A" * 16}).content.decode()


def test_a_reference_is_answered_alike_whether_it_exists_or_not(case: Proposal, elected: Person) -> None:
    reference = references.of(decide(case, elected, "accept", reason="Bon"))

    def told(given: str) -> str:
        page = Client().post(at(case.territory), form(case.territory, reference=given)).content.decode()
        return re.sub(r"<code.*?</code>|csrf\w+\S*|n° \d+", "", page)

    assert told(reference) == told("D9999-ABCD")
    page = Client().get(at(case.territory) + f"?reference={reference}&service=inconnu").content.decode()
    assert "Place en crèche, dossier" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"about": ""}, "de quoi il s"),
        ({"contested": " "}, "contestez"),
        ({"answer_by": "email"}, "où vous répondre"),
        ({"website": "http://spam"}, "Videz ce champ"),
        ({"key": "court"}, "trop ancienne"),
    ],
)
def test_what_is_missing_is_told_and_what_was_typed_is_kept(
    territory: Territory, changes: dict[str, str], words: str
) -> None:
    reply = Client().post(at(territory), form(territory, requested_remedy="Relire mon dossier") | changes)
    assert reply.status_code == 422
    page = reply.content.decode()
    assert words in page.replace("&#x27;", "'") or words in page
    assert "Relire mon dossier" in page
    assert not Contestation.objects.exists()


def test_what_is_changed_after_a_lost_answer_becomes_a_second_message(territory: Territory) -> None:
    client, first = Client(), form(territory, contested="Le nombre d'enfants est faux")
    client.post(at(territory), first)
    more = first | {"contested": "Le nombre d'enfants est faux, et l'adresse aussi"}
    reply = client.post(at(territory), more)
    page = reply.content.decode()
    assert reply.status_code == 422 and "déjà enregistré" in page and "et l&#x27;adresse aussi" in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key and key[1] != first["key"]
    assert client.post(at(territory), first).status_code == 200, "the same words again give the same receipt"
    assert Contestation.objects.count() == 1
    assert client.post(at(territory), more | {"key": key[1]}).status_code == 200
    assert Contestation.objects.filter(contested__endswith="aussi").count() == 1


@pytest.mark.parametrize(
    ("days", "told"),
    [(2, "2 jours restants"), (1, "(1 jour restant)"), (0, "dernier jour"), (-1, "délai dépassé")],
)
def test_the_days_left_are_told_in_words(
    territory: Territory, monkeypatch: pytest.MonkeyPatch, days: int, told: str
) -> None:
    due = timezone.localdate() + timedelta(days=days)
    monkeypatch.setattr(contesting, "_due", lambda day: due)
    held = contesting.submit(territory, GIVEN, key="k" * 24)
    page = Client().post(at(territory, "suivi/"), {"code": held.code}).content.decode()
    assert told in page.replace("\u00a0", " ")


def test_a_flood_from_one_address_is_slowed_and_others_are_not(territory: Territory) -> None:
    for _ in range(10):
        assert Client().post(at(territory), form(territory)).status_code == 200
    reply = Client().post(at(territory), form(territory, contested="Mon texte à garder"))
    assert reply.status_code == 422
    assert "Mon texte à garder" in reply.content.decode()
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert other.post(at(territory), form(territory)).status_code == 200


def test_the_letter_needs_nothing(territory: Territory) -> None:
    page = Client().get(at(territory, "lettre/")).content.decode()
    assert "L311-3-1" in page and "Ce que je conteste" in page


def test_inside_only_who_may_read_sees_them(territory: Territory) -> None:
    row = a_contestation(territory)
    here = f"/t/{territory.slug}/decisions/contestations/"
    stranger = a_person(
        a_territory("Ailleurs", code="99T02", fictional=False), "decider", email="x@example.org"
    )
    for person in (stranger, a_person(territory, "agent")):
        client = strongly(Client(), person)
        assert client.get(here).status_code == 404
        assert client.get(f"{here}{row.pk}/").status_code == 404
        assert client.post(f"{here}{row.pk}/repondre/", {}).status_code == 404
    auditor = strongly(Client(), a_person(territory, "auditor"))
    assert auditor.get(f"{here}{row.pk}/").status_code == 200
    assert auditor.post(f"{here}{row.pk}/repondre/", {}).status_code == 404
    assert Client().get(here).status_code == 302


def test_an_agent_writes_down_a_letter_and_hands_over_its_receipt(territory: Territory) -> None:
    client = strongly(Client(), a_person(territory, "supervisor"))
    there = f"/t/{territory.slug}/decisions/contestations/inscrire/"
    page = client.get(there).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    fields = form(territory) | {"key": key[1], "channel": "letter", "received": "2026-11-02"}
    for received in ("0001-01-01", "2021-11-02"):
        reply = client.post(there, fields | {"received": received})
        assert reply.status_code == 422 and "plus de 2 ans" in reply.content.decode()
    reply = client.post(there, fields)
    assert "Reçu à remettre" in reply.content.decode()
    row = Contestation.objects.get()
    assert (row.channel, row.received_at.date().isoformat()[:7]) == ("letter", "2026-11")
    listed = client.get(f"/t/{territory.slug}/decisions/contestations/").content.decode()
    assert "Place en crèche" in listed


def test_a_wrong_answer_comes_back_with_its_words(territory: Territory) -> None:
    row = a_contestation(territory)
    client = strongly(Client(), a_person(territory, "administrator"))
    here = f"/t/{territory.slug}/decisions/contestations/{row.pk}/"
    reply = client.post(f"{here}repondre/", {"outcome": "not", "answer": "Trop court", "learned": ""})
    assert reply.status_code == 422
    assert "Trop court" in reply.content.decode()
    assert client.post(f"{here}rapprocher/", {"found": "D1-ZZZZ"}).status_code == 422
    assert client.post(f"{here}examiner/").status_code == 302
    assert Contestation.objects.get().state == "in_hand"


@pytest.mark.requirement("R38")
def test_each_screen_leads_to_a_person(case: Proposal, elected: Person) -> None:
    slug = case.territory.slug
    inside = strongly(Client(), elected).get(f"/t/{slug}/decisions/{case.pk}/").content.decode()
    assert "Contester" in inside and f"/p/{slug}/contester/" in inside
    for path in ("", "contester/", "contester/suivi/", "contester/lettre/"):
        page = Client().get(f"/p/{slug}/{path}").content.decode()
        assert "Parler à un humain" in page
    assert f"/p/{slug}/contester/" in Client().get(f"/p/{slug}/").content.decode()
