"""How proposals are used: closed until staff were heard, of the whole only, never of a person, with a warning when all is accepted."""

import dataclasses
import inspect
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.decisions import usage
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.models import Proposal, StaffConsultation
from beffroi.web.decisions.services import decide
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import an_act, proposals_of
from places import a_person, strongly
from support.clock import on

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(territory: Territory) -> Person:
    return a_person(territory, "administrator")


def heard(territory: Territory, keeper: Person) -> StaffConsultation:
    return usage.record_consultation(
        territory,
        keeper,
        informed_on=date(2026, 9, 1),
        consulted_on=date(2026, 9, 20),
        body="Comité social territorial",
        reference="PV n° 12",
    )


def told(keeper: Person, territory: Territory) -> list[usage.Cell]:
    """What is shown next month: the one that runs is not."""
    with on(next_month()):
        return usage.cells(keeper, territory) or []


def next_month() -> date:
    return (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)


def the_page(keeper: Person, territory: Territory) -> str:
    with on(next_month()):
        client = strongly(Client(), keeper)
        return client.get(f"/t/{territory.slug}/decisions/usage/").content.decode()


def decided(
    territory: Territory, count: int, people: int, verdicts: str = "a", mark: str = ""
) -> list[Person]:
    """Decisions of one month, shared between people; `verdicts` repeated: a accepted, c changed, r refused."""
    deciders = [a_person(territory, "decider", email=f"elu{n}{mark}@example.org") for n in range(people)]
    acts = (an_act(f"jour {n} {mark}") for n in range(count))
    for n, proposal in enumerate(proposals_of(territory, *acts, run=f"run-1{mark}")):
        kind = {"a": "accept", "c": "change", "r": "refuse"}[verdicts[n % len(verdicts)]]
        value = 95.0 if kind == "change" else None
        decide(proposal, deciders[n % people], kind, value=value, reason="Vu")
    return deciders


def test_a_month_hidden_alone_takes_the_smallest_other_with_it(territory: Territory, keeper: Person) -> None:
    year = timezone.localdate().year + 1
    for month, count in ((1, 21), (2, 20), (3, 2)):
        with on(date(year, month, 15)):
            decided(territory, count, min(count, 3), mark=f"m{month}")
    heard(territory, keeper)

    def shown(year: int) -> set[int]:
        with on(date(year, 5, 1)):
            return {cell.month.month for cell in usage.cells(keeper, territory) or [] if cell.figures}

    assert shown(year) == {1}
    with on(date(year, 4, 15)):
        decided(territory, 1, 1, mark="m4")
    assert shown(year) == {1, 2}  # two are hidden by themselves


def test_a_year_is_informed_once_it_has_ended(territory: Territory, keeper: Person) -> None:
    decided(territory, 20, 3, "aacr")
    heard(territory, keeper)
    (cell,) = told(keeper, territory)
    year = cell.month.year
    assert usage.of_year(territory, "canteen", year) is None
    with on(date(year, 12, 31)):
        assert usage.of_year(territory, "canteen", year) is None
    with on(date(year + 1, 1, 1)):
        assert usage.of_year(territory, "canteen", year) == cell.figures
        assert usage.of_year(territory, "canteen", year - 1) is None
        assert usage.of_year(territory, "autre", year) is None


def test_a_month_that_runs_is_not_told_day_by_day(territory: Territory, keeper: Person) -> None:
    decided(territory, 20, 3)
    heard(territory, keeper)
    assert usage.cells(keeper, territory) == []
    page = strongly(Client(), keeper).get(f"/t/{territory.slug}/decisions/usage/").content.decode()
    assert "Aucun mois terminé encore" in page


def test_nothing_is_counted_before_staff_were_heard(territory: Territory, keeper: Person) -> None:
    decided(territory, 20, 3)
    assert usage.cells(keeper, territory) is None
    system = Proposal.objects.of(territory).values_list("system", flat=True).distinct().get()
    with on(date(timezone.localdate().year + 1, 1, 1)):
        assert usage.of_year(territory, system, timezone.localdate().year - 1) is None
    page = strongly(Client(), keeper).get(f"/t/{territory.slug}/decisions/usage/").content.decode()
    assert "Ces chiffres sont fermés" in page and "%" not in page.split("<main")[1].split("</main")[0]


def test_a_cell_tells_shares_and_a_median_of_the_whole(territory: Territory, keeper: Person) -> None:
    decided(territory, 20, 3, "aacr")
    heard(territory, keeper)
    (cell,) = told(keeper, territory)
    assert cell.figures is not None and cell.month == timezone.localdate().replace(day=1)
    assert (cell.figures.accepted, cell.figures.changed, cell.figures.refused) == (0.5, 0.25, 0.25)
    assert cell.figures.median_hours < 1 and not cell.figures.biased


@pytest.mark.parametrize(("count", "people"), [(19, 3), (20, 2), (40, 1)])
def test_too_few_decisions_or_people_make_no_figure(
    territory: Territory, keeper: Person, count: int, people: int
) -> None:
    decided(territory, count, people)
    heard(territory, keeper)
    (cell,) = told(keeper, territory)
    assert cell.figures is None
    with on(date(cell.month.year + 1, 1, 1)):
        assert usage.of_year(territory, "canteen", cell.month.year) is None
    page = the_page(keeper, territory)
    assert "trop peu pour un chiffre d" in page and "100 %" not in page


@pytest.mark.parametrize(
    ("count", "verdicts", "warned"), [(50, "a", True), (49, "a", False), (60, "aaaaaaaaar", False)]
)
def test_nearly_everything_accepted_is_a_warning(
    territory: Territory, keeper: Person, count: int, verdicts: str, warned: bool
) -> None:
    decided(territory, count, 3, verdicts)
    heard(territory, keeper)
    (cell,) = told(keeper, territory)
    assert cell.figures is not None and cell.figures.biased is warned
    page = the_page(keeper, territory)
    assert ('warn">biais' in page) is warned


def test_no_code_path_gives_a_figure_by_person(territory: Territory, keeper: Person) -> None:
    """No answer holds a person, no question takes one but the reader's own right, and the page names none of those who decided."""
    deciders = decided(territory, 21, 3, "acr")
    heard(territory, keeper)
    for kind in (usage.Cell, usage.Figures):
        assert not {"person", "decider", "people"} & {field.name for field in dataclasses.fields(kind)}
    for name, function in inspect.getmembers(usage, inspect.isfunction):
        if function.__module__ == usage.__name__ and not name.startswith("_"):
            assert set(inspect.signature(function).parameters) <= {
                "person", "territory", "informed_on", "consulted_on", "body", "reference", "system", "year", "moment",
            }, name  # fmt: skip
    assert told(keeper, territory) == told(a_person(territory, "auditor"), territory) != []
    client = strongly(Client(), keeper)
    here = reverse("decisions-usage", kwargs={"slug": territory.slug})
    plain = client.get(here).content.decode().split("<main")[1].split('<section class="card"')[0]
    for query in (f"?person={deciders[0].pk}", f"?qui={deciders[0].pk}", f"?decideur={deciders[0].name}"):
        asked = client.get(here + query).content.decode().split("<main")[1].split('<section class="card"')[0]
        assert asked == plain
    assert not any(decider.email in plain for decider in deciders)


@pytest.mark.parametrize("role", ["agent", "security_officer", "authorised_agent"])
def test_who_may_not_read_the_figures_does_not(territory: Territory, role: str) -> None:
    person = a_person(territory, role)
    with pytest.raises(PermissionDenied):
        usage.cells(person, territory)
    assert strongly(Client(), person).get(f"/t/{territory.slug}/decisions/usage/").status_code == 404


def test_a_consultation_is_recorded_once_and_for_good_by_who_may(
    territory: Territory, keeper: Person
) -> None:
    client, here = strongly(Client(), keeper), f"/t/{territory.slug}/decisions/usage/"
    fields = {"informed_on": "2026-09-01", "consulted_on": "2026-09-20", "body": "CST", "reference": ""}
    assert client.post(f"{here}consultation/", fields).status_code == 422
    assert client.post(f"{here}consultation/", fields | {"reference": "PV 12"}).status_code == 302
    assert ledger.lines_of(territory).filter(act="usage.consult").count() == 1
    officer = strongly(Client(), a_person(territory, "data_officer"))
    assert officer.post(f"{here}consultation/", fields | {"reference": "PV 13"}).status_code == 404
    for sql in (
        "UPDATE decisions_staffconsultation SET body = 'x'",
        "DELETE FROM decisions_staffconsultation",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_what_has_not_taken_place_is_not_recorded(territory: Territory, keeper: Person) -> None:
    with pytest.raises(DecisionError, match="à venir"):
        usage.record_consultation(
            territory,
            keeper,
            informed_on=timezone.localdate() + timedelta(days=1),
            consulted_on=timezone.localdate(),
            body="CST",
            reference="PV",
        )
