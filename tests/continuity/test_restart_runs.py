"""The restart as a runbook and its stopwatch: steps in order, frozen; time aimed and measured; services in time or late."""

from datetime import UTC, date, datetime, timedelta

from beffroi.guides import Runbook
from beffroi.web.continuity.restart.backup_ages import backup_ages, register_backup_ages
from beffroi.web.continuity.restart.drawing import MOST, draw
from beffroi.web.continuity.restart.nodes import Application, Service
from beffroi.web.continuity.restart.order import compute
from beffroi.web.continuity.restart.runbook import RESTART_ORDER, build
from beffroi.web.continuity.restart.stopwatch import measure
from beffroi.web.platform.models import Territory

DAY = date(2026, 11, 29)
START = datetime(2026, 11, 29, 8, tzinfo=UTC)
PEOPLE = ("Mme Roussel", "M. Cadet")
SERVICES = [
    Service("service_1", "État civil", 4),
    Service("service_2", "Archives", 720),
    Service("service_3", "Marché"),
]
APPLICATIONS = [
    Application("app_1", "Réseau", hours=1, people=PEOPLE, access="coffre"),
    Application("app_2", "Logiciel <état civil>", serves=("État civil",), needs=("Réseau",), hours=2, people=PEOPLE),
    Application("app_3", "Ancien : logiciel", serves=("Archives",), needs=("Réseau",), people=PEOPLE),
]  # fmt: skip


def a_runbook() -> Runbook:
    return build(compute(SERVICES, APPLICATIONS), DAY)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_the_runbook_has_a_step_an_application_in_order_then_a_check_a_service_that_uses_one() -> None:
    runbook = a_runbook()
    assert runbook.id == RESTART_ORDER and runbook.edition == "2026-11-29"
    assert [step.key for step in runbook.steps] == ["app_1", "app_2", "app_3", "service_1", "service_2"]
    network, software, old, civil, archives = runbook.steps
    assert network.role == "technician" and network.minutes == 60 and network.after == ()
    assert "Qui sait : Mme Roussel, M. Cadet" in network.text and "Accès sur papier : coffre" in network.text
    assert software.after == ("app_1",) and "Il lui faut : Réseau" in software.text
    assert old.minutes is None
    assert civil.role == "service" and civil.minutes == 240 and civil.after == ("app_2",)
    assert archives.title == "Contrôle par le service : Archives"


def test_a_circle_still_makes_a_runbook_whose_steps_can_all_begin() -> None:
    ring = [Application(f"app_{n}", f"App {n}", needs=(f"App {(n + 1) % 3}",)) for n in range(3)]
    runbook = build(compute([], ring), DAY)
    assert len(runbook.steps) == 3
    assert sum("Cercle : n'attend pas" in step.text for step in runbook.steps) == 1


def test_the_stopwatch_measures_a_step_from_what_it_waited_for_and_a_service_from_the_start() -> None:
    watch = measure(a_runbook(), {"app_1": at(0.5), "app_2": at(3.5), "service_1": at(3.75)}, START, at(5))
    network, software, old = watch.applications
    assert network.measured == timedelta(hours=0.5) and not network.is_over
    assert software.measured == timedelta(hours=3) and software.is_over
    assert old.name == "Ancien : logiciel" and old.began_at == at(0.5) and old.measured is None
    civil, archives = watch.services
    assert civil.measured == timedelta(hours=3.75) and archives.done_at is None
    assert watch.late_services == [] and watch.done_count == 3 and watch.total is None
    assert watch.elapsed == timedelta(hours=5)


def test_a_service_is_late_when_it_comes_back_after_its_limit_and_already_when_its_limit_is_past() -> None:
    runbook = a_runbook()
    assert [each.name for each in measure(runbook, {}, START, at(4.1)).late_services] == ["État civil"]
    assert measure(runbook, {}, START, at(4)).late_services == []
    done = {"app_1": at(1), "app_2": at(3), "service_1": at(4.5)}
    assert [each.name for each in measure(runbook, done, START, at(900)).late_services] == [
        "État civil",
        "Archives",
    ]


def test_what_is_left_of_the_critical_path_goes_down_as_time_and_steps_do() -> None:
    runbook = a_runbook()
    begun = measure(runbook, {}, START, START)
    assert begun.left == timedelta(hours=3) and begun.left_names == ("Réseau", "Logiciel <état civil>")
    assert begun.unknown == 1
    assert measure(runbook, {}, START, at(0.5)).left == timedelta(hours=2.5)
    assert measure(runbook, {}, START, at(2)).left == timedelta(
        hours=2
    )  # nothing is done faster than it can be
    half = measure(runbook, {"app_1": at(1)}, START, at(2))
    assert half.left == timedelta(hours=1) and half.left_names == ("Logiciel <état civil>",)
    whole = {"app_1": at(1), "app_2": at(2), "app_3": at(3), "service_1": at(3), "service_2": at(4)}
    done = measure(runbook, whole, START, at(9))
    assert done.left == timedelta(0) and done.left_names == () and done.total == timedelta(hours=4)


def test_a_step_that_was_taken_back_stops_what_waited_for_it_and_a_clock_put_back_is_never_negative() -> None:
    watch = measure(a_runbook(), {"app_2": at(1)}, START, at(2))
    network, software, _ = watch.applications
    assert network.done_at is None and software.began_at is None and software.measured == timedelta(hours=1)
    assert measure(a_runbook(), {"app_1": at(-1)}, START, at(1)).applications[0].measured == timedelta(0)


def test_the_drawing_has_a_box_an_application_escaped_and_is_left_out_beyond_what_can_be_read() -> None:
    drawn = draw(compute(SERVICES, APPLICATIONS))
    assert drawn.count("<rect") == 3 and "Vague 2" in drawn
    assert "<état civil>" not in drawn and "&lt;état civil&gt;" in drawn
    many = [Application(f"app_{n}", f"App {n}") for n in range(MOST + 1)]
    assert draw(compute([], many)) == ""


def test_of_two_ages_of_one_backup_the_older_counts() -> None:
    from beffroi.web.continuity.restart import backup_ages as module

    before = list(module._sources)
    module._sources.clear()
    try:
        register_backup_ages(_some)
        register_backup_ages(_others)
        register_backup_ages(_some)
        assert backup_ages(Territory()) == {"paie": 30.0, "mail": 1.0}
    finally:
        module._sources[:] = before


def _some(territory: Territory) -> dict[str, float]:
    return {"Paie": 30.0}


def _others(territory: Territory) -> dict[str, float]:
    return {"PAIE": 2.0, "Mail": 1.0}
