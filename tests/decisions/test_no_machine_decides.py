"""Every other way to a decision: no model, no service identity, no direct writing in the database opens one."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

import beffroi
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import DecisionError, decide, decide_day, machine_at_work
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.tenancy import tokens
from decisions.conftest import MONDAY, an_act, an_order, proposals_of
from places import a_person

pytestmark = pytest.mark.django_db
SOURCE = Path(beffroi.__file__).parent
ALLOWED_TO_CALL = {
    "web/decisions/services.py",
    "web/decisions/second_reading.py",  # which records what two people did
    "web/decisions/case_views.py",
    "web/decisions/day_views.py",
}
DECIDING = {"decide", "decide_day", "take"}


def refused_by_the_database(sql: str, *parameters: Any) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    return str(caught.value)


def insert(proposal: Proposal, person_id: int, **changes: Any) -> tuple[str, list[Any]]:
    row = {
        "proposal_id": proposal.pk,
        "territory_id": proposal.territory_id,
        "person_id": person_id,
        "verdict": "accept",
        "value": proposal.value,
        "reason": "Parce que",
        "simulated": False,
        "at": timezone.now(),
        "mandate_id": Membership.objects.filter(person=person_id).values_list("pk", flat=True).first(),
        "authority": "{}",
    } | changes
    names = ", ".join(f'"{name}"' for name in row)
    holes = ", ".join(["%s"] * len(row))
    return f"INTO decisions_decision ({names}) VALUES ({holes})", list(row.values())


@pytest.mark.parametrize("nobody", [None, "canteen", "host", 1, object()])
@pytest.mark.requirement("R31")
@pytest.mark.requirement("R32")
def test_what_is_not_a_person_cannot_decide(proposal: Proposal, elected: Person, nobody: Any) -> None:
    with pytest.raises(PermissionDenied):
        decide(proposal, nobody, "accept", reason="Le score est bon")
    assert not Decision.objects.exists()


def test_a_person_who_is_not_in_the_register_cannot_decide(proposal: Proposal) -> None:
    with pytest.raises(PermissionDenied):
        decide(proposal, Person(email="robot@example.org", name="robot"), "accept", reason="Bon")


def test_an_inactive_decider_cannot_decide(proposal: Proposal, elected: Person) -> None:
    Person.objects.filter(pk=elected.pk).update(is_active=False)
    with pytest.raises(PermissionDenied):
        decide(proposal, elected, "accept", reason="Bon")


@pytest.mark.requirement("R32")
def test_while_a_system_runs_nobody_decides_even_with_a_borrowed_name(
    proposal: Proposal, elected: Person
) -> None:
    with machine_at_work(), pytest.raises(DecisionError, match="jamais décider"):
        decide(proposal, elected, "accept", reason="Au nom de l'élu")
    (ordinary,) = proposals_of(proposal.territory, an_order("Anatole"), run="run-2")
    line = {
        "system": "canteen",
        "day": MONDAY,
        "values": {ordinary.pk: ordinary.value},
        "reason": "Au nom de l'élu",
    }
    with machine_at_work(), pytest.raises(DecisionError, match="jamais décider"):
        decide_day(proposal.territory, elected, **line)
    assert decide(proposal, elected, "accept", reason="Moi-même").person == elected


@pytest.mark.requirement("R31")
def test_a_service_account_does_not_decide_whatever_it_is_given(proposal: Proposal, elected: Person) -> None:
    keeper = a_person(proposal.territory, "administrator", email="a@example.org")
    robot = tokens.create_service(proposal.territory, "Robot", "Décider", by=keeper).person
    with pytest.raises(PermissionDenied):
        decide(proposal, robot, "accept", reason="Le score est bon")
    with pytest.raises(DatabaseError, match="service account never decides"), transaction.atomic():
        Membership.objects.create(
            territory=proposal.territory,
            person=robot,
            role="decider",
            legal_act_reference="Arrêté",
            legal_act_date="2026-01-01",
        )
    mandate = Membership.objects.get(person=elected)
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.create(
            territory=proposal.territory, proposal=proposal, person=robot, verdict="accept", value=proposal.value,
            reason="x", mandate=mandate, authority={},
        )  # fmt: skip
    assert not Decision.objects.exists()


def makes_decisions(source: str) -> bool:
    """Whether a module calls the service that decides, or makes rows of decisions without it."""
    if "decision" not in source:
        return False
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and {a.name for a in node.names} & DECIDING:
            return True
        if isinstance(node, ast.Attribute) and node.attr in DECIDING - {"take"}:
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("Decision", "models.Decision")):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in {"Decision", "create", "bulk_create", "get_or_create", "update_or_create"}:
                return True
    return False


# Two rules refuse such a row; PostgreSQL applies them in the order of their names, and the first one speaks.
NO_MANDATE = {"sqlite": "not in force", "postgresql": "only a member who may decide decides"}


@pytest.mark.requirement("R32")
def test_only_the_pages_and_the_demonstration_call_decide() -> None:
    callers = {
        where
        for path in SOURCE.rglob("*.py")
        if makes_decisions(path.read_text("utf-8")) and (where := path.relative_to(SOURCE).as_posix())
    }
    assert {where for where in callers if not where.startswith("demonstration/")} == ALLOWED_TO_CALL


def test_the_systems_floor_cannot_even_reach_the_room_of_decisions() -> None:
    for path in (SOURCE / "systems").rglob("*.py"):
        assert "beffroi.web" not in path.read_text("utf-8"), path
        assert "django" not in path.read_text("utf-8"), path


def test_a_decision_can_be_neither_changed_nor_deleted(proposal: Proposal, elected: Person) -> None:
    decision = decide(proposal, elected, "accept", reason="Bon")
    for sql in (
        "UPDATE decisions_decision SET verdict = 'refuse', value = NULL WHERE id = %s",
        "UPDATE decisions_decision SET reason = 'autre' WHERE id = %s",
        "DELETE FROM decisions_decision WHERE id = %s",
    ):
        assert "append-only" in refused_by_the_database(sql, decision.pk)
    decision.reason = "autre"
    with pytest.raises(DatabaseError), transaction.atomic():
        decision.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.all().delete()
    assert Decision.objects.get().reason == "Bon"


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"])
def test_a_second_decision_is_refused_by_the_database_however_it_is_written(
    proposal: Proposal, elected: Person, verb: str
) -> None:
    if connection.vendor == "postgresql" and verb != "INSERT":
        pytest.skip("PostgreSQL has no such verb")
    first = decide(proposal, elected, "accept", reason="Bon")
    for changes in ({}, {"id": first.pk}):
        sql, row = insert(proposal, elected.pk, verdict="refuse", value=None, **changes)
        assert "already decided" in refused_by_the_database(f"{verb} {sql}", *row)
    assert Decision.objects.get().verdict == "accept"


def test_a_superseded_proposal_is_refused_by_the_database(
    territory: Territory, proposal: Proposal, elected: Person
) -> None:
    proposals_of(territory, an_act(value=130), run="run-2")
    sql, row = insert(proposal, elected.pk)
    assert "superseded" in refused_by_the_database(f"INSERT {sql}", *row)


def test_a_decision_of_somebody_without_the_role_is_refused_by_the_database(
    territory: Territory, proposal: Proposal
) -> None:
    agent = a_person(territory, "agent", "administrator")
    sql, row = insert(proposal, agent.pk)
    assert NO_MANDATE[connection.vendor] in refused_by_the_database(f"INSERT {sql}", *row)


def test_a_decision_of_somebody_whose_mandate_ended_is_refused_by_the_database(
    proposal: Proposal, elected: Person
) -> None:
    Membership.objects.filter(person=elected).update(until=timezone.now())
    sql, row = insert(proposal, elected.pk)
    assert NO_MANDATE[connection.vendor] in refused_by_the_database(f"INSERT {sql}", *row)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"reason": " \n\t"},
        {"simulated": True},
        {"value": 119.0},
        {"value": None},
        {"verdict": "refuse"},
        {"verdict": "auto"},
        {"verdict": "change", "value": float("inf")},
        {"verdict": "change", "value": float("nan")},
        {"person_id": None},
    ],
)
@pytest.mark.requirement("R32")
def test_an_ill_formed_decision_is_refused_by_the_database(
    proposal: Proposal, elected: Person, changes: dict[str, Any]
) -> None:
    sql, row = insert(proposal, **({"person_id": elected.pk} | changes))
    refused_by_the_database(f"INSERT {sql}", *row)
    assert not Decision.objects.exists()


def test_the_database_accepts_what_the_service_would_have_written(
    proposal: Proposal, elected: Person
) -> None:
    """Or the refusals above would prove nothing."""
    sql, row = insert(proposal, elected.pk)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT {sql}", row)
    assert Decision.objects.get().person == elected


@pytest.mark.parametrize(
    "change", ["value = 1", "evidence = '{}'", "reasons = '[]'", "subject = 'x'", "high = 9999", "id = 77"]
)
def test_what_was_proposed_is_frozen(proposal: Proposal, change: str) -> None:
    refused_by_the_database(f"UPDATE decisions_proposal SET {change} WHERE id = %s", proposal.pk)


def test_a_proposal_is_neither_deleted_nor_replaced(proposal: Proposal) -> None:
    refused_by_the_database("DELETE FROM decisions_proposal WHERE id = %s", proposal.pk)
    columns = [field.column for field in Proposal._meta.fields]
    kept = ", ".join(f'"{name}"' if name != "value" else "1" for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    refused_by_the_database(
        f"INSERT OR REPLACE INTO decisions_proposal ({names}) SELECT {kept} FROM decisions_proposal WHERE id = %s",
        proposal.pk,
    )
    assert Proposal.objects.get(pk=proposal.pk).value == 120


def test_a_decided_proposal_cannot_be_hidden_as_superseded(proposal: Proposal, elected: Person) -> None:
    decide(proposal, elected, "accept", reason="Bon")
    refused_by_the_database(
        "UPDATE decisions_proposal SET superseded_at = %s WHERE id = %s", timezone.now(), proposal.pk
    )


def test_a_superseded_proposal_cannot_be_revived(territory: Territory, proposal: Proposal) -> None:
    proposals_of(territory, an_act(value=130), run="run-2")
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(superseded_at=None)
