"""Data quality before AI: no trial opens before the readiness report on the tables, and a report that finds a fault closes it.

Each fault is planted in a file that a person deposits; the report is that of the gate « Données prêtes ».
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.platform.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life import serving
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import carry, prepare, step
from workshop.conftest import deposit, meals

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R10")]
type Bind = Callable[[str], SystemUse]


@pytest.fixture
def bind(use: SystemUse, supervisor: Person, steward: Person) -> Bind:
    """The system bound to this file of meals."""

    def bound(text: str) -> SystemUse:
        dataset = deposit(use.territory, steward, "repas servis.csv", text)
        columns = {"site": "ecole", "date": "jour", "meals": "repas_servis"}
        return services.bind(use, supervisor, {"attendance": {"dataset": dataset.slug, "columns": columns}})

    return bound


def without_meals(text: str, lines: int) -> str:
    """The same file, where the last lines have no number of meals."""
    rows = text.splitlines()
    for n in range(len(rows) - lines, len(rows)):
        site, day, _, menu = rows[n].split(";")
        rows[n] = f"{site};{day};;{menu}"
    return "\n".join(rows) + "\n"


def with_broken_rows(text: str, lines: int) -> str:
    """The same file, where the last lines have more cells than there are columns."""
    rows = text.splitlines()
    return "\n".join([*rows[:-lines], *(f"{row};de trop;encore" for row in rows[-lines:])]) + "\n"


def report(use: SystemUse) -> dict[str, Any]:
    (line,) = serving.data(use).evidence["tables"]
    return line


def closed(use: SystemUse) -> str:
    """What the gate says, once it was tried at the door of the sandbox."""
    found = serving.data(use)
    assert not found.open
    return found.message.replace("\u00a0", " ").replace("\u202f", " ")


def test_no_trial_on_data_that_are_not_there(measured: SystemUse, steward: Person) -> None:
    use = carry(measured, "checked")
    prepare(use, State.SANDBOX)
    catalogue.undo(Snapshot.objects.get(), steward)
    with pytest.raises(GateClosed, match="Données prêtes"):
        step(use, State.SANDBOX)


def test_the_report_on_the_tables_is_frozen_with_the_step(measured: SystemUse) -> None:
    use = carry(measured, "sandbox")
    said = {gate["key"]: gate["evidence"] for gate in use.steps.get(state="sandbox").gates}
    (line,) = said["data"]["tables"]
    assert (line["rows"], line["read"], line["aside"], line["number"]) == (40, 40, 0, 1)
    assert line["missing"] == {"École": 0, "Jour": 0, "Repas servis": 0}
    assert line["on"] == timezone.localdate().isoformat()


@pytest.mark.parametrize(("empty", "open_"), [(8, True), (9, False)])
def test_missing_values_are_counted_by_column_and_too_many_close_the_gate(
    bind: Bind, empty: int, open_: bool
) -> None:
    use = bind(without_meals(meals(), empty))
    assert report(use)["missing"] == {"École": 0, "Jour": 0, "Repas servis": empty}
    assert serving.data(use).open is open_
    if not open_:
        assert f"« Repas servis » est vide dans {empty} lignes sur 40" in closed(use)


def test_what_the_system_does_not_read_may_be_empty(bind: Bind) -> None:
    emptied = "\n".join(line.rpartition(";")[0] + ";" for line in meals().splitlines()[1:])
    use = bind(f"École;Jour;Repas servis;Menu\n{emptied}\n")
    assert "Menu" not in report(use)["missing"]
    assert serving.data(use).open


@pytest.mark.parametrize(("aside", "open_"), [(8, True), (9, False)])
def test_rows_set_aside_are_counted_and_too_many_close_the_gate(bind: Bind, aside: int, open_: bool) -> None:
    use = bind(with_broken_rows(meals(), aside))
    line = report(use)
    assert (line["read"], line["rows"], line["aside"]) == (40, 40 - aside, aside)
    assert serving.data(use).open is open_
    if not open_:
        assert f"{aside} lignes sur 40" in closed(use)


def test_an_old_delivery_is_dated_and_closes_nothing(bound: SystemUse) -> None:
    """The plan of a network or the list of schools may be years old, and right."""
    at = timezone.now() - timedelta(days=900)
    day = timezone.localdate(at)  # near midnight, not 900 days before today when summer time lies between
    Snapshot.objects.update(at=at)
    assert report(bound)["on"] == day.isoformat()
    judged = serving.data(bound)
    assert judged.open
    assert f"fichier reçu le {day:%d/%m/%Y}" in judged.message


def test_a_fault_in_the_tables_keeps_the_trial_shut_until_the_file_is_put_right(
    measured: SystemUse, steward: Person
) -> None:
    use = carry(measured, "checked")
    prepare(use, State.SANDBOX)
    (profile,) = Snapshot.objects.values_list("profile", flat=True)
    spoiled = profile | {"repas_servis": profile["repas_servis"] | {"missing": 30}}
    Snapshot.objects.update(profile=spoiled)
    with pytest.raises(GateClosed, match="« Repas servis » est vide dans 30"):
        step(use, State.SANDBOX)
    assert use.state == State.CHECKED
    Snapshot.objects.update(profile=profile)
    step(use, State.SANDBOX)
