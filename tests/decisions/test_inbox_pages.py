"""The pages of the inbox: who sees what, what each proposal says, what a posted decision does."""

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.decisions import inbox, proposing
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide, propose
from beffroi.web.platform import home_cards as home_cards
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import a_case, an_act, proposals_of
from places import a_person, a_territory, strongly
from support.clock import on

pytestmark = pytest.mark.django_db


def signed_in(person: Person) -> Client:
    client = Client()
    strongly(client, person)
    return client


def url(name: str, territory: Territory, **kwargs: int) -> str:
    return reverse(name, kwargs={"slug": territory.slug, **kwargs})


def answer(verdict: str = "accept", **fields: str) -> dict[str, str]:
    return {"verdict": verdict, "value": "", "usual": "", "words": "Vérifié avec la cuisine"} | fields


def test_the_inbox_says_what_for_when_how_sure_why_and_by_which_system(
    territory: Territory, proposal: Proposal, elected: Person
) -> None:
    page = signed_in(elected).get(url("decisions-all", territory)).content.decode()
    for words in (
        "Repas du lundi 30 novembre, école Jean-Moulin",
        "Pour le 30 novembre 2026",
        "(estimé, de 108 à 132)",
        "Les quatre derniers lundis",
        "systèmes automatisés",
        "version 1.0",
    ):
        assert words in page, words


def test_nothing_is_ticked_nor_chosen_beforehand(
    territory: Territory, proposal: Proposal, elected: Person
) -> None:
    client = signed_in(elected)
    for page in (
        client.get(url("decisions", territory)),
        client.get(url("decisions-all", territory)),
        client.get(url("proposal", territory, pk=proposal.pk)),
    ):
        html = page.content.decode()
        assert " checked" not in html
        assert " selected" not in html.replace('<option value="" selected>', "")


@pytest.mark.requirement("R113")
def test_a_proposal_says_that_a_machine_made_it_who_answers_for_it_and_how_to_contest(
    territory: Territory, proposal: Proposal, elected: Person
) -> None:
    html = signed_in(elected).get(url("proposal", territory, pk=proposal.pk)).content.decode()
    for words in (
        "Proposition d'un système automatisé",
        "Responsable",
        "Contester",
        "Si vous refusez",
        "Pourquoi",
    ):
        assert words.replace("'", "&#x27;") in html or words in html, words
    assert proposal.contest and proposal.responsible in html
    assert f"/p/{territory.slug}/contester/" in html
    assert "16 novembre 2026" in html  # the frozen evidence


def test_a_decision_posted_from_the_page_is_recorded_and_leads_to_the_next_proposal(
    territory: Territory, elected: Person
) -> None:
    first, second = proposals_of(territory, an_act("A"), an_act("B"))
    client = signed_in(elected)
    reply = client.post(url("proposal-decide", territory, pk=first.pk), answer())
    assert reply.status_code == 302
    assert reply.headers["Location"] == url("proposal", territory, pk=second.pk)
    decision = Decision.objects.get()
    assert (decision.proposal, decision.person, decision.reason) == (
        first,
        elected,
        "Vérifié avec la cuisine",
    )
    reply = client.post(url("proposal-decide", territory, pk=second.pk), answer("refuse"))
    assert reply.headers["Location"] == url("decisions", territory)


def test_a_changed_value_is_read_with_a_french_comma(territory: Territory, elected: Person) -> None:
    (proposal,) = proposals_of(territory, replace(an_act(), unit="kg"))
    fields = answer("change", value="95,5", usual="Marge de sécurité voulue", words="Sortie")
    signed_in(elected).post(url("proposal-decide", territory, pk=proposal.pk), fields)
    decision = Decision.objects.get()
    assert (decision.value, decision.reason) == (95.5, "Marge de sécurité voulue. Sortie")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (answer(verdict=""), "Choisissez"),
        (answer(words=""), "motif"),
        (answer("change"), "valeur que vous retenez"),
        (answer("change", value="-4"), "négative"),
        (answer("change", value="nan"), "nombre"),
        (answer("accept", value="90"), "modifier"),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed_and_records_nothing(
    territory: Territory, proposal: Proposal, elected: Person, fields: dict[str, str], words: str
) -> None:
    reply = signed_in(elected).post(url("proposal-decide", territory, pk=proposal.pk), fields)
    assert reply.status_code == 422
    html = reply.content.decode()
    assert words in html
    assert fields["words"] in html
    assert not Decision.objects.exists()


def test_an_enormous_value_asks_to_confirm_then_is_taken(
    territory: Territory, proposal: Proposal, elected: Person
) -> None:
    client, there = signed_in(elected), url("proposal-decide", territory, pk=proposal.pk)
    assert 'name="confirmed"' not in client.get(url("proposal", territory, pk=proposal.pk)).content.decode()
    reply = client.post(there, answer("change", value="5000"))
    assert reply.status_code == 422
    assert 'name="confirmed"' in reply.content.decode()
    assert client.post(there, answer("change", value="5000", confirmed="on")).status_code == 302
    assert Decision.objects.get().value == 5000


@pytest.mark.parametrize("role", ["agent", "administrator", "supervisor", "auditor", "data_officer"])
def test_those_who_may_not_decide_read_without_a_form_and_cannot_post(
    territory: Territory, proposal: Proposal, role: str
) -> None:
    client = signed_in(a_person(territory, role))
    html = client.get(url("proposal", territory, pk=proposal.pk)).content.decode()
    assert "<textarea" not in html
    assert "il faut le rôle « décideur (élu ou délégué) »" in html.replace("\xa0", " ")
    assert client.post(url("proposal-decide", territory, pk=proposal.pk), answer()).status_code == 404
    assert (
        client.post(url("decisions-accept", territory), {"proposal": proposal.pk, "words": "x"}).status_code
        == 404
    )
    assert not Decision.objects.exists()


def test_a_visitor_is_sent_to_the_door_and_a_stranger_sees_nothing(
    territory: Territory, proposal: Proposal
) -> None:
    neighbour = a_territory("Ailleurs", code="99T02", fictional=False)
    stranger = signed_in(a_person(neighbour, "decider", email="x@example.org"))
    for name, kwargs in (
        ("decisions", {}),
        ("decisions-all", {}),
        ("proposal", {"pk": proposal.pk}),
        ("decisions-history", {}),
        ("decisions-csv", {}),
    ):
        assert Client().get(url(name, territory, **kwargs)).status_code == 302
        assert stranger.get(url(name, territory, **kwargs)).status_code == 404
    assert stranger.get(url("proposal", neighbour, pk=proposal.pk)).status_code == 404
    assert stranger.post(url("proposal-decide", neighbour, pk=proposal.pk), answer()).status_code == 404
    stranger.post(url("decisions-accept", neighbour), {"proposal": proposal.pk, "words": "x"})
    assert not Decision.objects.exists()


def test_a_decision_cannot_be_recorded_by_following_a_link(
    territory: Territory, proposal: Proposal, elected: Person
) -> None:
    page = signed_in(elected).get(url("proposal-decide", territory, pk=proposal.pk))
    assert page.status_code == 405
    html = page.content.decode().replace("&nbsp;", " ")
    assert "Cette adresse reçoit un formulaire ; elle ne s'ouvre pas seule" in html.replace("&#x27;", "'")
    assert 'href="../"' in html


def test_filters_keep_a_day_a_site_and_a_system(territory: Territory, elected: Person) -> None:
    acts = [an_act("Lundi Moulin"), replace(an_act("Mardi Zola"), day=date(2026, 12, 1), place="Zola")]
    proposals_of(territory, *acts)
    client = signed_in(elected)

    def seen(query: str) -> tuple[bool, bool]:
        html = client.get(url("decisions-all", territory) + query).content.decode()
        return "Lundi Moulin" in html, "Mardi Zola" in html

    assert seen("") == (True, True)
    assert seen("?jour=2026-12-01") == (False, True)
    assert seen("?site=Jean-Moulin") == (True, False)
    assert seen("?systeme=autre") == (False, False)
    assert seen("?jour=nimporte") == (True, True)


def test_what_waits_for_a_day_that_passed_leaves_the_inbox(territory: Territory, elected: Person) -> None:
    with on(date(2026, 11, 27)):
        timely, late = proposals_of(
            territory,
            an_act("Pour lundi"),
            replace(an_act("Essai sur de vieux fichiers"), day=date(2026, 11, 20)),
        )
    for day, gone in ((date(2026, 11, 30), 0), (date(2026, 12, 1), 1), (date(2026, 12, 2), 0)):
        with on(day), scope.nowhere():
            assert proposing.expire_overdue_proposals() == gone
    timely.refresh_from_db()
    late.refresh_from_db()
    assert (timely.state, late.state) == ("jour passé, sans décision", "à valider")
    assert list(inbox.waiting(territory)) == [late]


def test_a_run_that_says_all_takes_the_place_of_what_waited_but_of_what_concerns_a_person(
    territory: Territory,
) -> None:
    with on(date(2026, 11, 27)):  # before the day of what is proposed: what is past waits at the end
        given = {"system": "canteen", "system_version": "1.0", "replaces": True}
        first, case = propose(territory, run="un", acts=[an_act("Conduite 12"), a_case()], **given)
        (second,) = propose(territory, run="deux", acts=[an_act("Conduite 13")], **given)
        assert list(inbox.waiting(territory)) == [second, case]
        first.refresh_from_db()
        assert first.state == "retirée"
        propose(territory, run="trois", acts=[], **given)
        assert list(inbox.waiting(territory)) == [case]


def test_the_history_says_who_when_why_and_what_was_simulated(
    territory: Territory, proposal: Proposal, elected: Person
) -> None:
    decide(proposal, elected, "change", value=95, reason="=2+3 Sortie")
    client = signed_in(elected)
    html = client.get(url("decisions-history", territory)).content.decode()
    assert elected.name in html
    assert "Sortie" in html
    export = b"".join(client.get(url("decisions-csv", territory)).streaming_content).decode()
    assert "réelle" in export
    assert ";'=2+3 Sortie;" in export  # a spreadsheet does not run it


def test_the_home_says_how_many_proposals_wait(territory: Territory, elected: Person) -> None:
    assert not [c for c in home_cards.cards_for(elected, territory) if c.title == "À valider"]
    proposals_of(territory, an_act("A"), an_act("B"))
    card = next(c for c in home_cards.cards_for(elected, territory) if c.title == "À valider")
    assert card.count == 2
