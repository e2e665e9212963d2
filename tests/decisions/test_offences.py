"""A supposed offence: seen and confirmed by authorised agents alone, forgotten with its evidence when nobody did in time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from beffroi.systems.contract import Item
from beffroi.web.decisions import contesting, offences, proposing, second_reading, teaching
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Contestation, Decision, Proposal, Replay
from beffroi.web.decisions.services import decide, decide_day
from beffroi.web.platform import home_cards as home_cards
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.platform.rights import RIGHTS
from decisions.conftest import ANSWER, OWN_TEXT, UNTIED, a_case, a_contestation, proposals_of
from places import a_person, strongly

pytestmark = pytest.mark.django_db
DEPOT: dict[str, Any] = {
    "case": "",
    "effect": "none",
    "offence": True,
    "subject": "Dépôt sauvage, rue des Lilas",
    "reasons": ("Un volume est apparu entre deux relevés.",),
    "evidence": {"picture": "frelon", "site": "Lilas"},
    "about": "Devant les Lilas",
}


@pytest.fixture
def sworn(territory: Territory) -> Person:
    return a_person(territory, "authorised_agent")


@pytest.fixture
def offence(territory: Territory) -> Proposal:
    return proposals_of(territory, a_case(**DEPOT))[0]


@pytest.fixture
def old(territory: Territory, monkeypatch: pytest.MonkeyPatch) -> Proposal:
    """One that expired yesterday."""
    monkeypatch.setattr(proposing, "OFFENCE_DAYS", -1)
    return proposals_of(territory, a_case(**DEPOT))[0]


def forget() -> int:
    with scope.nowhere():
        return offences.expire()


@pytest.mark.requirement("R34")
def test_an_authorised_agent_confirms_under_their_own_title(offence: Proposal, sworn: Person) -> None:
    assert [role for role, acts in RIGHTS.items() if "offence.confirm" in acts] == ["authorised_agent"]
    decision = decide(offence, sworn, "accept", reason="Constaté sur place")
    assert decision.mandate.role == "authorised_agent"
    assert decision.authority["kind"] == "authorised"


@pytest.mark.parametrize("role", ["decider", "supervisor", "administrator", "agent", "security_officer"])
@pytest.mark.requirement("R34")
def test_nobody_else_confirms_nor_sees(offence: Proposal, role: str) -> None:
    person = a_person(offence.territory, role)
    with pytest.raises(PermissionDenied):
        decide(offence, person, "accept", reason="Vu")
    client, slug = strongly(Client(), person), offence.territory.slug
    for path in (f"decisions/{offence.pk}/", f"decisions/{offence.pk}/lettre/", f"decisions/infractions/{offence.pk}/",
                 "decisions/infractions/"):  # fmt: skip
        assert client.get(f"/t/{slug}/{path}").status_code == 404, path
    for path in (f"decisions/{offence.pk}/decider/", f"decisions/infractions/{offence.pk}/decider/"):
        assert client.post(f"/t/{slug}/{path}", {"verdict": "accept", "words": "x"}).status_code == 404
    assert not Decision.objects.exists()


def test_no_list_no_export_no_card_and_no_answer_in_data_holds_it(
    offence: Proposal, sworn: Person, elected: Person
) -> None:
    other = proposals_of(offence.territory, a_case(**(DEPOT | {"subject": "Dépôt, quai"})), run="run-2")[0]
    decide(other, sworn, "accept", reason="Constaté")
    client, slug = strongly(Client(), elected), offence.territory.slug
    for path in ("decisions/", "decisions/historique/", "decisions/a-relire/", ""):
        page = client.get(f"/t/{slug}/{path}").content.decode()
        assert "Dépôt" not in page, path
    export = b"".join(client.get(f"/t/{slug}/decisions/historique.csv").streaming_content).decode()
    assert "Dépôt" not in export
    assert not [c for c in home_cards.cards_for(elected, offence.territory) if c.title == "À valider"]
    with pytest.raises(DecisionError, match="n'attend plus"):
        decide_day(
            offence.territory,
            elected,
            system=offence.system,
            day=offence.due,
            values={offence.pk: offence.value},
            reason="Tout",
        )


def test_a_contestation_is_not_tied_to_it_by_who_may_not_see_it(offence: Proposal) -> None:
    row, agent = a_contestation(offence.territory), a_person(offence.territory, "administrator")
    with pytest.raises(DecisionError, match="Aucune décision"):
        contesting.tie(row, agent, offence)
    client = strongly(Client(), agent)
    here = f"/t/{offence.territory.slug}/decisions/contestations/{row.pk}/rapprocher/"
    told = [client.post(here, {"found": str(pk)}).content.decode() for pk in (offence.pk, 987654)]
    assert "Aucune décision d" in told[0] and "Dépôt" not in told[0]
    both = a_person(offence.territory, "administrator", "authorised_agent", email="deux@example.org")
    contesting.tie(row, both, offence)
    page = strongly(Client(), agent).get(f"/t/{offence.territory.slug}/decisions/contestations/{row.pk}/")
    assert "Dépôt" not in page.content.decode()


@pytest.mark.parametrize("role", ["administrator", "auditor", "supervisor", "data_officer"])
def test_past_cases_and_corrections_of_a_system_do_not_name_it(
    offence: Proposal, proposal: Proposal, sworn: Person, role: str
) -> None:
    territory = offence.territory
    keeper = a_person(territory, "data_officer", "authorised_agent", email="deux@example.org")
    decide(offence, sworn, "accept", reason="Constaté")
    tied, row = a_contestation(territory, system="canteen"), a_contestation(territory, system="canteen")
    contesting.tie(tied, keeper, offence)
    for each in (tied, row):
        contesting.answer(
            each, keeper, "confirmed", ANSWER, "Le bac attendait sa collecte.", untied_reason=UNTIED
        )
    tied.refresh_from_db()
    teaching.add_regression(tied, keeper)
    where = {"subject": offence.subject}
    teaching.add_rule(tied, keeper, where=where, action="never_propose", value=None, reason="Un bac")
    Replay.objects.create(
        territory=territory, system="canteen", contestation=row, key="k", by=keeper,
        affected=[{"proposal": p.pk, "was": 1.0, "would_be": None, "decided": False} for p in (offence, proposal)],
    )  # fmt: skip
    here = f"/t/{territory.slug}/decisions/contestations/{row.pk}/"
    for person, sees in ((keeper, True), (a_person(territory, role), False)):
        client = strongly(Client(), person)
        for path in ("systeme/", "reexaminer.csv"):
            told = client.get(here + path).content.decode()
            assert ("Dépôt" in told) is sees, path
            assert "Jean-Moulin" in told, path


def test_before_anyone_confirmed_it_no_case_keeps_its_subject(offence: Proposal) -> None:
    row = a_contestation(offence.territory)
    keeper = a_person(offence.territory, "data_officer", "authorised_agent")
    contesting.tie(row, keeper, offence)
    contesting.answer(row, keeper, "confirmed", ANSWER, "Le bac attendait sa collecte.")
    row.refresh_from_db()
    with pytest.raises(DecisionError, match="s'oublie"):
        teaching.add_regression(row, keeper)


def test_the_authorised_agent_has_pages_of_their_own(offence: Proposal, sworn: Person) -> None:
    client, here = strongly(Client(), sworn), f"/t/{offence.territory.slug}/decisions/infractions/"
    assert "Dépôt sauvage" in client.get(here).content.decode()
    page = client.get(f"{here}{offence.pk}/").content.decode()
    assert "agent habilité" in page and "frelon" in page
    assert client.get(f"/t/{offence.territory.slug}/decisions/{offence.pk}/").status_code == 404
    fields = {"verdict": "refuse", "value": "", "usual": "", "words": "Un bac en attente de collecte"}
    assert client.post(f"{here}{offence.pk}/decider/", fields).status_code == 302
    assert Decision.objects.get().verdict == "refuse"


def test_against_somebody_another_authorised_agent_reads_it_first(
    territory: Territory, sworn: Person
) -> None:
    told = DEPOT | {"case": "constat 44", "effect": "unfavourable"}
    offence = proposals_of(territory, a_case(**told))[0]
    with pytest.raises(DecisionError, match="seconde personne"):
        decide(offence, sworn, "accept", reason="Seul")
    prepared = second_reading.prepare(offence, sworn, Choice("accept", None, "Constaté", text=OWN_TEXT))
    with pytest.raises(PermissionDenied):
        second_reading.confirm(prepared, a_person(territory, "supervisor"), "Vu", version=1)
    other = a_person(territory, "authorised_agent", email="autre@example.org")
    assert second_reading.confirm(prepared, other, "Vu sur place", version=1).second_reader == other


@pytest.mark.requirement("R34")
def test_expired_it_is_forgotten_with_its_evidence_and_a_line_says_so(old: Proposal, sworn: Person) -> None:
    with pytest.raises(DecisionError, match="expiré"):
        decide(old, sworn, "accept", reason="Trop tard")
    assert forget() == 1
    again = Proposal.objects.get(pk=old.pk)
    assert (again.evidence, again.waiting, again.state) == ({}, False, "expirée, preuves effacées")
    assert ledger.lines_of(old.territory).filter(act="offence.expire").count() == 1
    assert forget() == 0
    assert ledger.verify(old.territory).ok


def test_nothing_is_left_of_whom_where_and_why(
    territory: Territory, sworn: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "OFFENCE_DAYS", -1)
    told = DEPOT | {"case": "constat 44", "effect": "unfavourable"}
    two = (a_case(**(told | {"subject": subject})) for subject in ("Dépôt, quai", "Dépôt, pont"))
    stops = (Item("lilas", "Les Lilas", ("volume",)),)
    several = a_case(**(DEPOT | {"subject": "Dépôt, talus", "items": stops, "spare": (Item("s", "Dépôt"),)}))
    first, second, third = proposals_of(territory, *two, several)
    assert forget() == 3
    for row in Proposal.objects.filter(pk__in=[first.pk, second.pk, third.pk]):
        kept = " ".join(str(value) for value in vars(row).values())
        assert not any(word in kept for word in ("Dépôt", "Lilas", "volume", "constat 44", "Quotient")), kept
        assert row.subject == f"Infraction oubliée n° {row.pk}"
    client = strongly(Client(), sworn)
    here = f"/t/{territory.slug}/decisions/infractions/"
    assert client.get(f"{here}{first.pk}/").status_code == 404
    assert client.get(here).status_code == 200
    row = a_contestation(territory)
    Contestation.objects.filter(pk=row.pk).update(proposal=first)
    page = strongly(
        Client(), a_person(territory, "administrator", "authorised_agent", email="deux@example.org")
    )
    assert page.get(f"/t/{territory.slug}/decisions/contestations/{row.pk}/").status_code == 200


def test_what_an_earlier_version_left_is_forgotten_too(old: Proposal) -> None:
    now = timezone.now()
    with lifted("proposal_evidence_frozen"), connection.cursor() as cursor:
        cursor.execute(ERASE, (now, now, old.pk))
    assert forget() == 1
    assert "Dépôt" not in Proposal.objects.get(pk=old.pk).subject


def test_what_was_confirmed_or_is_still_fresh_is_kept(offence: Proposal, sworn: Person) -> None:
    assert forget() == 0
    decide(offence, sworn, "accept", reason="Constaté")
    assert Proposal.objects.get().evidence["picture"] == "frelon"


def refused(sql: str, *values: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@contextmanager
def lifted(rule: str) -> Iterator[None]:
    """Without this rule of the database, as before it was widened."""
    if connection.vendor != "sqlite":
        pytest.skip("a rule is lifted for a while on SQLite only")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", (rule,))
        (sql,) = cursor.fetchone()
        cursor.execute(f"DROP TRIGGER {rule}")
        yield
        cursor.execute(sql)


ERASE = "UPDATE decisions_proposal SET evidence = '{}', superseded_at = %s, erased_at = %s WHERE id = %s"


def test_the_database_erases_evidence_in_that_one_case_only(offence: Proposal, proposal: Proposal) -> None:
    now = timezone.now()
    refused(ERASE, now, now, offence.pk)  # still fresh
    refused(ERASE, now, now, proposal.pk)  # no offence
    late = now + timedelta(days=30)
    refused(ERASE, late, late, offence.pk)  # the clock is the database's own


def test_the_database_does_not_replace_evidence_by_other_evidence(old: Proposal) -> None:
    now = timezone.now()
    refused(ERASE.replace("'{}'", """'{"picture": "autre"}'"""), now, now, old.pk)
    refused("UPDATE decisions_proposal SET evidence = '{}' WHERE id = %s", old.pk)
    refused(ERASE, now, now, old.pk)  # the rest stays to be read
    refused("UPDATE decisions_proposal SET subject = 'Rien' WHERE id = %s", old.pk)
    assert forget() == 1
    refused("UPDATE decisions_proposal SET subject = 'Dépôt sauvage' WHERE id = %s", old.pk)


def raw(proposal: Proposal, person: Person, **changes: Any) -> None:
    mandate = Membership.objects.get(person=person)
    fields = {
        "verdict": "accept",
        "value": proposal.value,
        "reason": "Vu",
        "mandate": mandate,
        "authority": {},
    }
    with transaction.atomic():
        Decision.objects.create(
            territory=proposal.territory, proposal=proposal, person=person, **(fields | changes)
        )


def test_the_database_takes_only_an_authorised_agent_on_an_offence_and_only_a_decider_elsewhere(
    offence: Proposal, proposal: Proposal, sworn: Person, elected: Person
) -> None:
    with pytest.raises(DatabaseError):
        raw(offence, elected)
    with pytest.raises(DatabaseError):
        raw(proposal, sworn)
    raw(offence, sworn)
    raw(proposal, elected)


def test_the_database_takes_nothing_on_an_expired_one(old: Proposal, sworn: Person) -> None:
    with pytest.raises(DatabaseError, match="expired"):
        raw(old, sworn)
