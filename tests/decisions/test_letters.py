"""The letter of a decision: the authority's, with the notice of the law, the remedies, and the explanation on its own page."""

import pytest
from django.test import Client

from beffroi.web.decisions import letters, notices, references, second_reading
from beffroi.web.decisions.case_corrections import correct_case
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.notices import Notice
from beffroi.web.decisions.services import decide
from beffroi.web.platform.models import Membership, Person, Territory
from decisions.conftest import OWN_TEXT, proposals_of
from places import ELECTION, a_person, strongly

pytestmark = pytest.mark.django_db


def letter_of(case: Proposal, person: Person) -> str:
    reply = strongly(Client(), person).get(f"/t/{case.territory.slug}/decisions/{case.pk}/lettre/")
    assert reply.status_code == 200
    return reply.content.decode().replace("&#x27;", "'").replace("\u00a0", " ").replace("&nbsp;", " ")


def test_there_is_no_letter_before_a_person_has_decided(
    case: Proposal, elected: Person, territory: Territory
) -> None:
    client = strongly(Client(), elected)
    here = f"/t/{territory.slug}/decisions/{case.pk}/lettre/"
    assert client.get(here).status_code == 404
    second_reading.prepare(case, elected, Choice("refuse", None, "Rang", text=OWN_TEXT))
    assert client.get(here).status_code == 404
    meal = proposals_of(territory, run="run-9")[0]
    decide(meal, elected, "accept", reason="Bon")
    assert client.get(f"/t/{territory.slug}/decisions/{meal.pk}/lettre/").status_code == 404


def test_an_unfavourable_letter_holds_the_persons_own_text(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared = second_reading.prepare(case, elected, Choice("refuse", None, "Rang", text=OWN_TEXT))
    second_reading.confirm(prepared, reader, "Vu", version=1)
    page = letter_of(case, elected)
    assert OWN_TEXT in page
    assert "n'a pas donné une suite favorable" in page


def test_a_corrected_case_has_a_letter_that_says_so(case: Proposal, elected: Person) -> None:
    decision = decide(case, elected, "change", value=0.5, reason="Mi-temps", unfavourable=False)
    assert "0,5 place" in letter_of(case, elected)
    correct_case(decision, elected, Choice("accept", None, "Trois enfants, et non un"))
    page = letter_of(case, elected)
    assert "a donné une suite favorable" in page and "était erronée" in page
    assert "Trois enfants, et non un" in page


def test_the_letter_of_a_corrected_refusal_is_that_of_who_corrected_it(
    case: Proposal, elected: Person, reader: Person, territory: Territory
) -> None:
    prepared = second_reading.prepare(case, elected, Choice("refuse", None, "Rang", text=OWN_TEXT))
    decision = second_reading.confirm(prepared, reader, "Vu", version=1)
    other = a_person(territory, "decider", email="adjointe@example.org")
    other.name = "Claire Adjointe"
    other.save(update_fields=["name"])
    Membership.objects.filter(person=other).update(legal_act_reference="arrêté 2026-77")
    correct_case(decision, other, Choice("accept", None, "Trois enfants, et non un"))
    page = letter_of(case, elected)
    assert "a donné une suite favorable" in page and OWN_TEXT not in page
    assert page.count("Trois enfants, et non un") == 1
    assert "<strong>Claire Adjointe</strong>" in page and "arrêté 2026-77" in page
    assert f"<strong>{elected}</strong>" not in page


def test_the_purpose_is_that_of_the_systems_card(
    case: Proposal, elected: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(case, elected, "accept", reason="Bon")
    told = Notice("Crèches", "Service petite enfance", "Écrivez-nous.", purpose="Ranger les demandes")
    monkeypatch.setattr(notices, "_tellers", [lambda territory, system: told])
    letter = letters.of(Proposal.objects.get(pk=case.pk))
    assert letter is not None and letter.purpose == "Ranger les demandes"
    assert letter.reference == references.of(letter.decision)


@pytest.mark.requirement("R36")
def test_the_letter_is_signed_by_the_person_under_their_mandate(case: Proposal, elected: Person) -> None:
    decide(case, elected, "accept", reason="Dossier complet")
    page = (
        strongly(Client(), elected)
        .get(f"/t/{case.territory.slug}/decisions/{case.pk}/lettre/")
        .content.decode()
    )
    page = page.replace("&#x27;", "'")
    start, signature = page.index("Madame, Monsieur"), page.index(f"Pour {case.territory.name}")
    body = page[start:signature]
    assert case.territory.name in body and "a donné une suite favorable" in body
    for word in ("système", "algorithme", case.system):
        assert word not in body, "a system writes to nobody"
    assert elected.name in page[signature:] and ELECTION.reference.replace("'", "'") in page[signature:]


@pytest.mark.requirement("R113")
def test_the_letter_has_the_notice_the_remedies_and_the_four_explanations(
    case: Proposal, elected: Person
) -> None:
    decision = decide(case, elected, "accept", reason="Dossier complet")
    page = (
        strongly(Client(), elected)
        .get(f"/t/{case.territory.slug}/decisions/{case.pk}/lettre/")
        .content.decode()
        .replace("\xa0", " ")
    )
    for said in (
        "L311-3-1",
        "R311-3-1-2",
        "CADA",
        "tribunal administratif",
        "R421-1",
        "/contester/",
        "Responsable",
    ):
        assert said in page, said
    assert references.of(decision) in page
    for told in ("commission décide", "Quotient familial, déclaré", "60 % du rang", "Somme pondérée"):
        assert told in page, told
