"""Every forbidden path of a system's life, tried by every door: the service, the page, and the database itself.

The list is generated from the states: what is not a path is refused, whoever asks.
"""

from itertools import product
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.decisions.services import DecisionError, machine_at_work
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import NOT_ASSIGNABLE, RIGHTS, ROLES
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed, WorkshopError
from beffroi.web.workshop.life.gates import _gates, guarding
from beffroi.web.workshop.life.states import PATHS, State
from beffroi.web.workshop.models import LifeStep, Run, SystemUse
from beffroi.web.workshop.services.life import ACTS
from life import NEED, WHY, carry, prepare, sandbox, somebody, step, supervise
from places import a_person, strongly

pytestmark = pytest.mark.django_db

STATES = tuple(State)
FORBIDDEN = sorted(set(product(STATES, STATES)) - PATHS.keys())
# Roles that can be given without naming a thing or a date.
PLAIN = sorted(set(ROLES) - NOT_ASSIGNABLE - {"steward", "partner"})


def reach(use: SystemUse, state: str) -> SystemUse:
    """Bring the system to this state, by its ordinary path."""
    if state == State.STOPPED:
        services.advance(use, somebody(use.territory, "supervisor"), State.STOPPED, reason=WHY)
        use.refresh_from_db()
        return use
    return carry(use, state)


def refused_by_the_database(sql: str, *parameters: Any) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    return str(caught.value)


def insert_step(
    use: SystemUse, person: Person, start: str, state: str, **changes: Any
) -> tuple[str, list[Any]]:
    row = {
        "use_id": use.pk,
        "territory_id": use.territory_id,
        "rank": use.steps.count() + 1,
        "start": start,
        "state": state,
        "person_id": person.pk,
        "authority": "{}",
        "reason": WHY,
        "gates": "[]",
        "figures": "{}",
        "at": timezone.now(),
    } | changes
    names, holes = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
    return f"INSERT INTO workshop_lifestep ({names}) VALUES ({holes})", list(row.values())


@pytest.mark.parametrize("start", STATES)
def test_no_service_page_or_database_takes_a_path_that_is_not_one(
    measured: SystemUse, territory: Territory, start: State
) -> None:
    use = reach(measured, start)
    decider, held = somebody(territory, "decider"), use.steps.count()
    everything = a_person(territory, "administrator", "supervisor", "decider", email="tout@example.org")
    client = Client()
    strongly(client, everything)
    for state in (after for before, after in FORBIDDEN if before == start):
        with pytest.raises(WorkshopError, match="aucune étape ne se saute"):
            services.advance(use, everything, state, reason=WHY)
        there = reverse("system-advance", kwargs={"slug": territory.slug, "system": use.system})
        assert client.post(there, {"state": state, "reason": WHY}).status_code == 422
        sql, row = insert_step(use, everything, start, state)
        refused_by_the_database(sql, *row)
        sql, row = insert_step(use, decider, State.SANDBOX, state)
        refused_by_the_database(sql, *row)
        if state != start:
            refused_by_the_database(
                "UPDATE workshop_systemuse SET state = %s, review_on = %s WHERE id = %s",
                state,
                timezone.localdate(),
                use.pk,
            )
    use.refresh_from_db()
    assert (use.state, use.steps.count()) == (start, held)


# A longer trial has its own test, beside those of the sandbox.
@pytest.mark.parametrize("path", sorted(PATHS.keys() - {(State.SANDBOX, State.SANDBOX)}), ids="-".join)
def test_a_path_is_taken_by_those_who_may_and_refused_to_all_others(
    measured: SystemUse, territory: Territory, path: tuple[State, State]
) -> None:
    start, state = path
    use = reach(measured, start)
    prepare(use, state)
    for role in PLAIN:
        if ACTS[state] in RIGHTS[role]:
            continue
        person = somebody(territory, role)
        with pytest.raises(PermissionDenied):
            services.advance(use, person, state, reason=WHY)
        sql, row = insert_step(use, person, start, state)
        refused_by_the_database(sql, *row)
    for nobody in (None, "canteen", 1, object()):
        with pytest.raises(PermissionDenied):
            services.advance(use, nobody, state, reason=WHY)  # type: ignore[arg-type]
    allowed = next(role for role in ("supervisor", "decider") if ACTS[state] in RIGHTS[role])
    with machine_at_work(), pytest.raises(DecisionError):
        services.advance(use, somebody(territory, allowed), state, reason=WHY)
    for reason in ("", "  \n", "ok"):
        with pytest.raises(WorkshopError, match="pourquoi"):
            services.advance(use, somebody(territory, allowed), state, reason=reason)
    services.advance(use, somebody(territory, allowed), state, reason=WHY)
    use.refresh_from_db()
    assert use.state == state
    assert ledger.lines_of(territory).last().act == "system.state"


@pytest.mark.parametrize(
    ("start", "state"),
    [(State.IDEA, State.CHECKED), (State.CHECKED, State.SANDBOX), (State.SANDBOX, State.PRODUCTION),
     (State.PRODUCTION, State.REVIEWED)],
)  # fmt: skip
def test_each_gate_alone_keeps_the_entrance_shut(
    measured: SystemUse, territory: Territory, start: State, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is in order but one: for each gate in turn, the step is refused and says which."""
    from beffroi.web.workshop.life.gates import Gate, Judgement, register

    use = reach(measured, start)
    prepare(use, state)
    person = somebody(territory, "supervisor" if ACTS[state] == "system.bind" else "decider")
    gates = list(guarding(state))
    assert len(gates) >= 5
    for gate in gates:
        shut = Gate(gate.key, gate.label, gate.before, lambda use: Judgement(False, "fermée pour l'essai"))
        register(shut)
        try:
            with pytest.raises(GateClosed) as refused:
                services.advance(use, person, state, reason=WHY)
        finally:
            register(gate)
        assert refused.value.reasons == [f"{gate.label} : fermée pour l'essai"]
    services.advance(use, person, state, reason=WHY)


@pytest.mark.parametrize("key", ["prohibited", "legal", "papers", "committee"])
def test_a_required_gate_that_nobody_provides_refuses(
    measured: SystemUse, territory: Territory, key: str
) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    held = _gates.pop(key)
    try:
        with pytest.raises(GateClosed, match="Aucune salle de cette installation"):
            step(use, State.PRODUCTION)
    finally:
        _gates[key] = held
    step(use, State.PRODUCTION)


def test_what_each_gate_said_is_frozen_with_the_step(measured: SystemUse) -> None:
    use = carry(measured, "production")
    taken = use.steps.get(state="production")
    said = {gate["key"]: gate for gate in taken.gates}
    assert said["benefit"]["evidence"]["value"] == 3.0
    assert said["benefit"]["evidence"]["without_ai"] == 6.0
    assert taken.authority["kind"] == "elected"
    for sql in (
        "UPDATE workshop_lifestep SET reason = 'autre motif' WHERE id = %s",
        "DELETE FROM workshop_lifestep WHERE id = %s",
    ):
        assert "append-only" in refused_by_the_database(sql, taken.pk)


def test_the_database_accepts_what_the_service_would_have_written(measured: SystemUse) -> None:
    """Or the refusals above would prove nothing."""
    use = carry(measured, "checked")
    prepare(use, State.SANDBOX)
    decider = somebody(use.territory, "decider")
    sql, row = insert_step(use, decider, "checked", "sandbox")
    with connection.cursor() as cursor:
        cursor.execute(sql, row)
    assert LifeStep.objects.filter(use=use, state="sandbox").exists()


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("UPDATE workshop_systemuse SET supervisor_id = NULL WHERE id = %s", "supervisor"),
        (
            "UPDATE platform_membership SET until = since WHERE role = 'supervisor' AND %s > 0",
            "a supervisor in force",
        ),
    ],
)
def test_the_database_refuses_a_sandbox_without_a_supervisor_in_force(
    measured: SystemUse, missing: str, why: str
) -> None:
    use = carry(measured, "checked")
    prepare(use, State.SANDBOX)
    with connection.cursor() as cursor:
        cursor.execute(missing, [use.pk])
    sql, row = insert_step(use, somebody(use.territory, "decider"), "checked", "sandbox")
    assert why in refused_by_the_database(sql, *row)


def test_the_database_names_what_is_missing_when_all_the_rest_is_there(measured: SystemUse) -> None:
    use, territory = measured, measured.territory
    preparer, decider = somebody(territory, "supervisor"), somebody(territory, "decider")

    def why(person: Person, start: str, state: str, **changes: Any) -> str:
        sql, row = insert_step(use, person, start, state, **changes)
        return refused_by_the_database(sql, *row)

    services.answer(use, preparer, "need", NEED)
    assert "the law was not answered" in why(preparer, "idea", "checked")
    prepare(use, State.CHECKED)
    for changes, words in (
        ({"reason": " \n"}, "a step has a reason"),
        ({"rank": 7}, "steps follow each other"),
        ({"start": "stopped", "state": "idea"}, "a step leaves from where the system is"),
        ({"start": "idea", "state": "idea"}, "no such path"),
    ):
        assert words in why(preparer, **({"start": "idea", "state": "checked"} | changes))
    step(use, State.CHECKED)
    services.answer(use, preparer, "sandbox", sandbox())
    assert "its supervisor is trained" in why(decider, "checked", "sandbox")
    supervise(use, preparer, somebody(territory, "administrator"))
    assert "who decides opens this gate" in why(decider, "checked", "sandbox", authority=None)
    assert "who decides opens this gate" in why(preparer, "checked", "sandbox")
    step(use, State.SANDBOX)


def test_a_system_is_never_born_further_than_an_idea(measured: SystemUse, territory: Territory) -> None:
    for state in STATES[1:]:
        with pytest.raises(DatabaseError), transaction.atomic():
            SystemUse.objects.create(
                territory=territory, system=f"ne-{state}", processing=measured.processing, state=state
            )
    with pytest.raises(DatabaseError), transaction.atomic():
        SystemUse.objects.filter(pk=measured.pk).delete()


@pytest.mark.parametrize("state", ["idea", "checked", "stopped"])
def test_no_forecast_is_written_where_the_system_does_not_serve(measured: SystemUse, state: str) -> None:
    use = reach(measured, State(state))
    with pytest.raises(DatabaseError), transaction.atomic():
        Run.objects.create(territory=use.territory, use=use, key="x", verb="run", version="1", seed=0)
    if state == "stopped":
        with pytest.raises(DatabaseError), transaction.atomic():
            Run.objects.create(
                territory=use.territory, use=use, key="y", verb="backtest", version="1", seed=0
            )
