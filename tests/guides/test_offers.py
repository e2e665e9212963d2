"""One act for many towns: each takes, adapts or refuses its own; the helper sees states and what is shared, nothing else."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.guides import domains
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.models import Offer, ProgressShare
from beffroi.web.guides.offers import services
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy.hosting import set_host_operator
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db
TEXT = "Bonjour {collectivité},\n\nPensez à essayer votre sauvegarde avant la fin du mois."


@pytest.fixture
def other(territory: Territory) -> Territory:
    return a_territory("Montclair", code="99T02")


@pytest.fixture
def helper(territory: Territory) -> Person:
    person = a_person(territory, "auditor", email="accompagnant@syndicat.example")
    with scope.nowhere():
        set_host_operator(person, active=True, by=None)
    return person


def proposed(helper: Person, *where: Territory, **change: object) -> None:
    arguments = {"kind": "letter", "title": "Essayer la sauvegarde", "text": TEXT} | change
    with scope.nowhere():
        services.propose(helper, "Syndicat du numérique", where, **arguments)


def offer_of(territory: Territory) -> Offer:
    return Offer.objects.of(territory).get()


@pytest.mark.requirement("R112")
def test_each_town_gets_its_own_text_and_answers_for_itself(
    territory: Territory, other: Territory, helper: Person
) -> None:
    agent = a_person(territory, "agent")
    proposed(helper, territory, other)
    mine = offer_of(territory)
    assert mine.text.startswith("Bonjour Valbruyère,")
    services.accept(mine, agent, mine.text + "\nAppelez-nous.")
    assert offer_of(territory).state == "adapted" and offer_of(territory).content.endswith("Appelez-nous.")
    assert ledger.lines_of(territory).last().act == "offer.answer"
    with elsewhere(other):
        assert offer_of(other).state == "proposed" and offer_of(other).text.startswith("Bonjour Montclair,")


def test_what_was_answered_is_not_answered_again(territory: Territory, helper: Person) -> None:
    agent = a_person(territory, "agent")
    proposed(helper, territory)
    with pytest.raises(GuideError, match="pourquoi"):
        services.refuse(offer_of(territory), agent, "")
    services.refuse(offer_of(territory), agent, "Déjà fait en juin")
    with pytest.raises(GuideError, match="déjà répondu"):
        services.accept(offer_of(territory), agent)
    with pytest.raises(DatabaseError), transaction.atomic():
        Offer.objects.of(territory).update(text="autre chose")
    proposed(helper, territory)
    (taken,) = Offer.objects.of(territory).filter(state="proposed")
    services.accept(taken, agent)
    with pytest.raises(GuideError, match="déjà répondu"):
        services.refuse(taken, agent, "Finalement non")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "court"}, "text"),
        ({"title": " "}, "title"),
        ({"text": "Bonjour {commune}, essayez votre sauvegarde."}, "text"),
        ({"kind": "guide", "guide": "system-need"}, "guide"),
        ({"due_on": timezone.localdate() - timedelta(1)}, "due_on"),
    ],
)
def test_a_proposal_that_says_nothing_is_refused(
    territory: Territory, helper: Person, change: dict[str, object], field: str
) -> None:
    with pytest.raises(GuideError) as refusal:
        proposed(helper, territory, **change)
    assert refusal.value.field == field and not Offer.objects.of(territory).exists()


def test_only_who_runs_the_host_proposes(territory: Territory) -> None:
    with pytest.raises(PermissionDenied):
        proposed(a_person(territory, "administrator"), territory)


def test_the_helper_sees_figures_where_they_are_shared_until_they_are_not(
    territory: Territory, other: Territory, helper: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"stage": 2}
    domain = domains.Domain("cyber", "Sécurité", "securite", "cyber", "cyber.read", "cyber.answer", "cyber.accept",
                            lambda place, answers: figures | ({"answers": True} if answers else {}))  # fmt: skip
    monkeypatch.setitem(domains._domains, "cyber", domain)
    decider = a_person(territory, "decider")
    with pytest.raises(PermissionDenied):
        services.share(territory, a_person(territory, "security_officer"), "cyber", "progress")
    services.share(territory, decider, "cyber", "progress")
    figures["stage"] = 3
    with scope.nowhere():
        services.measure_all()
        with scope.host():
            seen = {place.name: row.figures if row else None for place, row in services.shared("cyber")}
    assert seen == {"Valbruyère": {"stage": 3}, "Montclair": None}
    services.share(territory, decider, "cyber", "")
    assert ProgressShare.objects.of(territory).get().figures == {}
    with scope.nowhere(), scope.host():
        assert not any(row for _, row in services.shared("cyber"))


def test_the_pages_of_both_sides(
    territory: Territory, other: Territory, helper: Person, client: Client
) -> None:
    client.force_login(helper)
    typed = {"kind": "guide", "guide": "mon_aide_cyber", "territories": [territory.pk, other.pk]}
    read = client.post("/hote/propositions/", typed).content.decode()
    assert "Proposer à 2" in read and "Montclair" in read and not Offer.objects.of(territory).exists()
    assert client.post("/hote/propositions/", typed | {"change": "1"}).status_code == 200
    assert not Offer.objects.of(territory).exists()
    assert client.post("/hote/propositions/", typed | {"confirm": "1"}).status_code == 302
    assert "Diagnostic MonAideCyber" in client.get("/hote/propositions/").content.decode()
    agent = a_person(territory, "agent")
    client.force_login(agent)
    where = f"/t/{territory.slug}/guides/propositions/"
    assert "Diagnostic MonAideCyber" in client.get(where).content.decode()
    assert "Propositions de votre accompagnant" in client.get(f"/t/{territory.slug}/").content.decode()
    offer = offer_of(territory)
    assert client.post(f"{where}{offer.pk}/ecarter/", {"reason": ""}).status_code == 422
    assert client.post(f"{where}{offer.pk}/retenir/").status_code == 302
    assert offer_of(territory).state == "accepted"
    client.force_login(helper)
    batch = client.get(f"/hote/propositions/{offer.batch}/").content.decode()
    assert "Retenu" in batch and "Montclair" in batch


def test_the_helper_withdraws_what_nobody_answered(
    territory: Territory, other: Territory, helper: Person, client: Client
) -> None:
    proposed(helper, territory, other)
    mine = offer_of(territory)
    services.accept(mine, a_person(territory, "agent"))
    client.force_login(helper)
    there = f"/hote/propositions/{mine.batch}/"
    assert "Bonjour " in client.get(there).content.decode()
    assert client.post(f"{there}retirer/").status_code == 302
    assert offer_of(territory).state == "accepted"
    with elsewhere(other):
        assert (offer_of(other).state, offer_of(other).reason) == ("refused", services.WITHDRAWN)
        assert ledger.lines_of(other).last().act == "offer.withdraw"
    with scope.nowhere(), pytest.raises(GuideError, match="déjà répondu"):
        services.withdraw(mine.batch, helper)
    with scope.nowhere(), pytest.raises(PermissionDenied):
        services.withdraw(mine.batch, a_person(territory, "administrator"))
