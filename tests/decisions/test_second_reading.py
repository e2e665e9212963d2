"""A decision against somebody takes two people and a text of one's own; every other way to it is shut."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions import second_reading, words
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Decision, PreparedDecision, Proposal
from beffroi.web.decisions.services import decide, decide_day, machine_at_work
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.tenancy import services as people
from decisions.conftest import MONDAY, OWN_TEXT, a_case, an_order, proposals_of
from places import a_person, strongly

pytestmark = pytest.mark.django_db
REFUSAL = Choice("refuse", None, "Rang insuffisant", text=OWN_TEXT)


def refusal(**changes: Any) -> Choice:
    return Choice(**(REFUSAL.__dict__ | changes))


def prepared_by(person: Person, case: Proposal) -> PreparedDecision:
    return second_reading.prepare(case, person, REFUSAL)


@pytest.mark.requirement("R33")
def test_a_refusal_of_what_favours_somebody_is_prepared_and_decides_nothing(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared_by(elected, case)
    assert not Decision.objects.exists()
    assert Proposal.objects.get(pk=case.pk).attribution == "bloquée"
    (waiting,) = second_reading.to_read(case.territory, reader)
    assert waiting.text == OWN_TEXT
    assert not second_reading.to_read(case.territory, elected), "nobody reads their own"


@pytest.mark.requirement("R33")
def test_once_confirmed_it_is_the_first_persons_decision_with_both_names(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared = prepared_by(elected, case)
    decision = second_reading.confirm(prepared, reader, "Rang et pièces vérifiés", version=1)
    assert (decision.person, decision.second_reader, decision.verdict) == (elected, reader, "refuse")
    assert (decision.unfavourable, decision.text) == (True, OWN_TEXT)
    assert decision.mandate.person == elected
    acts = [line.act for line in ledger.sealed_lines(case.territory)]
    assert acts[-3:] == ["decision.prepare", "decision.record", "decision.confirm"]
    payloads = [row.detail.payload for row in ledger.lines_of(case.territory)]
    assert OWN_TEXT not in str(payloads)
    assert ledger.verify(case.territory).ok


def test_given_back_nothing_is_decided_and_the_first_person_writes_it_anew(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared = prepared_by(elected, case)
    second_reading.give_back(prepared, reader, "Le quotient a changé en octobre : à revoir")
    assert not Decision.objects.exists()
    assert not second_reading.to_read(case.territory, reader)
    again = second_reading.prepare(case, elected, refusal(text=OWN_TEXT + " Quotient d'octobre compris."))
    assert (again.pk, again.version, again.state) == (prepared.pk, 2, "waiting")
    with pytest.raises(DecisionError, match="récrite"):
        second_reading.confirm(again, reader, "Vu", version=1)
    assert second_reading.confirm(again, reader, "Vu", version=2).text.endswith("compris.")


def test_withdrawn_the_proposal_waits_as_before(case: Proposal, elected: Person, reader: Person) -> None:
    prepared = prepared_by(elected, case)
    second_reading.withdraw(prepared, elected)
    with pytest.raises(DecisionError, match="plus en préparation"):
        second_reading.confirm(prepared, reader, "Vu", version=1)
    assert decide(case, elected, "accept", reason="Après tout, oui").unfavourable is False


def test_what_is_favourable_is_decided_by_one(case: Proposal, elected: Person) -> None:
    assert decide(case, elected, "accept", reason="Bon").unfavourable is False


@pytest.mark.parametrize(("effect", "verdict"), [("favourable", "refuse"), ("unfavourable", "accept")])
@pytest.mark.requirement("R33")
def test_alone_nobody_decides_against_somebody(
    territory: Territory, elected: Person, effect: str, verdict: str
) -> None:
    case = proposals_of(territory, a_case(effect=effect))[0]
    for said in (None, False, True):
        with pytest.raises(DecisionError, match="seconde personne"):
            decide(case, elected, verdict, reason="Seul", unfavourable=said)
    assert not Decision.objects.exists()


def test_a_changed_value_says_whether_it_is_against_the_person(
    case: Proposal, elected: Person, reader: Person
) -> None:
    with pytest.raises(DecisionError, match="défavorable"):
        decide(case, elected, "change", value=0.5, reason="Mi-temps")
    with pytest.raises(DecisionError, match="seconde personne"):
        decide(case, elected, "change", value=0.5, reason="Mi-temps", unfavourable=True)
    choice = Choice("change", 0.5, "Mi-temps", unfavourable=True, text=OWN_TEXT)
    prepared = second_reading.prepare(case, elected, choice)
    assert second_reading.confirm(prepared, reader, "Vu", version=1).value == 0.5


REASON = "Le quotient familial de ce dossier est parmi les douze plus bas de la liste d'attente."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Trop court",
        " " * 80,
        "." * 80,
        REASON,
        REASON.upper(),
        REASON.replace(" ", "  ").replace(".", " !"),
        "le quotient familial, de ce dossier: est parmi les douze plus bas (de la liste d attente)",
        REASON + " Donc non.",
        "Cohérent avec ce que nous savons. Vérifié auprès des écoles. Marge de sécurité voulue",
    ],
)
@pytest.mark.requirement("R33")
def test_a_text_that_is_not_ones_own_is_refused(case: Proposal, elected: Person, text: str) -> None:
    with pytest.raises(DecisionError, match="propres mots"):
        second_reading.prepare(case, elected, refusal(text=text))
    assert not PreparedDecision.objects.exists()


def test_words_are_compared_by_their_letters_alone() -> None:
    assert words.plain("Élève n° 3 : « œuvre » !") == "elevn3oeuvre".replace("elevn", "eleven")
    assert words.of_ones_own("A, b. C", ["b"]) == 2


@pytest.mark.requirement("R33")
def test_nobody_reads_what_they_prepared(case: Proposal, elected: Person) -> None:
    prepared = prepared_by(elected, case)
    with pytest.raises(DecisionError, match="autre personne"):
        second_reading.confirm(prepared, elected, "Vu", version=1)


@pytest.mark.parametrize("role", ["agent", "administrator", "data_officer", "dpo", "auditor"])
def test_no_other_role_reads(case: Proposal, elected: Person, role: str) -> None:
    prepared = prepared_by(elected, case)
    other = a_person(case.territory, role, email="autre@example.org")
    for act in (
        lambda: second_reading.confirm(prepared, other, "Vu", version=1),
        lambda: second_reading.give_back(prepared, other, "Non"),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_a_second_reading_has_words(case: Proposal, elected: Person, reader: Person) -> None:
    with pytest.raises(DecisionError, match="vérifié"):
        second_reading.confirm(prepared_by(elected, case), reader, "  ", version=1)


def test_the_first_persons_mandate_is_asked_again_at_the_confirmation(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared = prepared_by(elected, case)
    people.suspend(case.territory, elected, by=None, reason="Enquête")
    with pytest.raises(PermissionDenied):
        second_reading.confirm(prepared, reader, "Vu", version=1)
    assert not Decision.objects.exists()
    assert PreparedDecision.objects.get().state == "waiting"


def test_what_somebody_left_behind_blocks_nobody(case: Proposal, elected: Person) -> None:
    prepared = prepared_by(elected, case)
    other = a_person(case.territory, "decider", email="autre@example.org")
    with pytest.raises(DecisionError, match="prépare déjà"):
        second_reading.prepare(case, other, REFUSAL)
    people.suspend(case.territory, elected, by=None, reason="Départ")
    again = second_reading.prepare(case, other, REFUSAL)
    assert (again.person, again.pk != prepared.pk) == (other, True)
    assert PreparedDecision.objects.get(pk=prepared.pk).state == "withdrawn"


def test_while_a_system_runs_nobody_prepares_nor_reads(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared = prepared_by(elected, case)
    with machine_at_work():
        for act in (
            lambda: second_reading.prepare(case, elected, REFUSAL),
            lambda: second_reading.confirm(prepared, reader, "Vu", version=1),
            lambda: second_reading.give_back(prepared, reader, "Non"),
        ):
            with pytest.raises(DecisionError, match="jamais décider"):
                act()


def test_a_proposal_replaced_meanwhile_is_not_decided(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared = prepared_by(elected, case)
    proposals_of(case.territory, a_case(value=0.5), run="run-2")
    assert not second_reading.to_read(case.territory, reader)
    with pytest.raises(DecisionError, match="remplacée"):
        second_reading.confirm(prepared, reader, "Vu", version=1)


def test_what_concerns_somebody_is_not_accepted_among_others(territory: Territory, elected: Person) -> None:
    several = proposals_of(territory, an_order(), a_case(day=MONDAY, place="Jean-Moulin"))
    values = {proposal.pk: proposal.value for proposal in several}
    with pytest.raises(DecisionError, match="à décider à part : Jean-Moulin"):
        decide_day(territory, elected, system="canteen", day=MONDAY, values=values, reason="Tout")
    assert not Decision.objects.exists()


# Without the service: what the database itself refuses.


def insert(case: Proposal, person: Person, reader: Person | None, **changes: Any) -> None:
    now = timezone.now()
    row = {
        "proposal_id": case.pk,
        "territory_id": case.territory_id,
        "person_id": person.pk,
        "verdict": "refuse",
        "value": None,
        "reason": "Rang insuffisant",
        "simulated": False,
        "at": now,
        "mandate_id": Membership.objects.filter(person=person).values_list("pk", flat=True).first(),
        "authority": "{}",
        "unfavourable": True,
        "text": OWN_TEXT,
        "second_reader_id": reader.pk if reader else None,
        "second_reading": "Vu",
        "second_read_at": now,
    } | changes
    names = ", ".join(f'"{name}"' for name in row)
    holes = ", ".join(["%s"] * len(row))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO decisions_decision ({names}) VALUES ({holes})", list(row.values()))


def test_the_database_accepts_what_the_service_would_have_written(
    case: Proposal, elected: Person, reader: Person
) -> None:
    insert(case, elected, reader)
    assert Decision.objects.get().second_reader == reader


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unfavourable": False}, "says that it is unfavourable"),
        ({"unfavourable": None}, "says that it is unfavourable"),
        ({"text": None}, "text of a person"),
        ({"text": ""}, "text of a person|does not copy"),
        ({"text": " \n" * 60}, "text of a person|does not copy"),
        ({"text": "court"}, "text of a person"),
        ({"text": "," * 60}, "does not copy"),
        ({"text": REASON}, "does not copy"),
        ({"text": REASON.upper().replace(" ", "\u00a0")}, "does not copy"),
        ({"second_reader_id": None}, "has a second reader"),
        ({"second_read_at": None}, "has a second reader|may read"),
        ({"second_reading": None}, "has a second reader"),
        ({"second_reading": "  "}, "has a second reader"),
        ({"verdict": "change", "value": 0.5, "unfavourable": None}, "says whether"),
        ({"verdict": "change", "value": 0.5, "text": "court"}, "text of a person"),
    ],
)
def test_the_database_refuses_a_decision_against_somebody_without_its_text_or_its_reader(
    case: Proposal, elected: Person, reader: Person, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(DatabaseError, match=why):
        insert(case, elected, reader, **changes)
    assert not Decision.objects.exists()


def test_the_database_refuses_ones_own_reading(case: Proposal, elected: Person) -> None:
    with pytest.raises(DatabaseError, match="their own"):
        insert(case, elected, elected)


@pytest.mark.parametrize("role", ["agent", "administrator", "auditor", "data_officer"])
def test_the_database_refuses_a_reader_without_the_role(case: Proposal, elected: Person, role: str) -> None:
    with pytest.raises(DatabaseError, match="may read"):
        insert(case, elected, a_person(case.territory, role, email="autre@example.org"))


@pytest.mark.parametrize("ended", [{"until": "now"}, {"suspended_at": "now"}, {"waiting_since": "now"}])
def test_the_database_refuses_a_reader_whose_role_is_not_in_force(
    case: Proposal, elected: Person, reader: Person, ended: dict[str, Any]
) -> None:
    Membership.objects.filter(person=reader).update(**dict.fromkeys(ended, timezone.now()))
    with pytest.raises(DatabaseError, match="may read"):
        insert(case, elected, reader)


def test_the_database_refuses_an_inactive_reader(case: Proposal, elected: Person, reader: Person) -> None:
    Person.objects.filter(pk=reader.pk).update(is_active=False)
    with pytest.raises(DatabaseError, match="may read"):
        insert(case, elected, reader)


# By the pages and the API.


def signed_in(person: Person) -> Client:
    return strongly(Client(), person)


def at(case: Proposal, end: str = "") -> str:
    return f"/t/{case.territory.slug}/decisions/{case.pk}/{end}"


POSTED = {"verdict": "refuse", "value": "", "usual": "", "words": "Rang insuffisant", "text": OWN_TEXT}


def test_the_page_prepares_then_the_reader_confirms(case: Proposal, elected: Person, reader: Person) -> None:
    assert signed_in(elected).post(at(case, "decider/"), POSTED).status_code == 302
    assert not Decision.objects.exists()
    client = signed_in(reader)
    assert "À relire" in client.get(f"/t/{case.territory.slug}/decisions/a-relire/").content.decode()
    page = client.get(at(case)).content.decode()
    for shown in ("dossier 2026-114", "Somme pondérée", "Rien n'est décidé".lower(), "Rang insuffisant"):
        assert shown in page.replace("&#x27;", "'").lower() or shown in page.replace("&#x27;", "'"), shown
    reply = client.post(at(case, "relire/"), {"version": 1, "words": "Pièces vues", "suite": "confirmer"})
    assert reply.status_code == 302
    assert Decision.objects.get().second_reader == reader
    assert OWN_TEXT[:40] in client.get(at(case)).content.decode()


def test_a_reader_without_words_is_told_and_nothing_is_decided(
    case: Proposal, elected: Person, reader: Person
) -> None:
    prepared_by(elected, case)
    reply = signed_in(reader).post(at(case, "relire/"), {"version": 1, "words": "", "suite": "confirmer"})
    assert reply.status_code == 422
    assert not Decision.objects.exists()


def test_the_page_of_a_copied_text_comes_back_with_it(case: Proposal, elected: Person) -> None:
    reply = signed_in(elected).post(at(case, "decider/"), POSTED | {"text": REASON})
    assert reply.status_code == 422
    assert "propres mots" in reply.content.decode()
    assert not PreparedDecision.objects.exists()


def test_by_no_address_does_the_first_person_confirm(case: Proposal, elected: Person) -> None:
    prepared_by(elected, case)
    client = signed_in(elected)
    reply = client.post(at(case, "relire/"), {"version": 1, "words": "Vu", "suite": "confirmer"})
    assert reply.status_code == 422
    client.post(f"/t/{case.territory.slug}/decisions/accepter/", {"proposal": case.pk, "words": "x"})
    assert not Decision.objects.exists()


def test_who_prepared_writes_it_anew_or_takes_it_back(case: Proposal, elected: Person) -> None:
    client = signed_in(elected)
    client.post(at(case, "decider/"), POSTED)
    page = client.get(at(case)).content.decode()
    assert "Retirer ce que j" in page
    assert client.post(at(case, "retirer/")).status_code == 302
    assert PreparedDecision.objects.values_list("state", "text").get() == ("withdrawn", "")


def test_the_api_gives_no_way_to_decide(case: Proposal, elected: Person) -> None:
    client = signed_in(elected)
    for method in (client.post, client.put, client.patch, client.delete):
        for path in ("proposals", f"proposals/{case.pk}", "decisions"):
            assert method(f"/api/v1/t/{case.territory.slug}/{path}").status_code in (401, 404, 405)
    assert not Decision.objects.exists()
