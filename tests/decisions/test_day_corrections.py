"""What was decided for a day is corrected beside, with a reason, until its order leaves; nothing decided is written over."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from beffroi.systems.contract import Item
from beffroi.web.decisions import day_corrections, day_sheet
from beffroi.web.decisions.models import CaseCorrection, Deadline, Decision, Proposal
from beffroi.web.decisions.services import decide, decide_day
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import MONDAY, a_case, an_order, proposals_of
from decisions.test_day_page import FAR, SLOT, page_of, read, signed_in, url
from places import a_person
from support.clock import on

pytestmark = pytest.mark.django_db
WHY = "Sortie, fête ou classe absente"


@pytest.fixture
def decided(territory: Territory, elected: Person) -> list[Proposal]:
    lines = proposals_of(territory, an_order("Anatole"), an_order("Berthe"), an_order("Césaire"))
    values = {line.pk: line.value for line in lines}
    decide_day(territory, elected, system="canteen", day=MONDAY, values=values, reason="Vus")
    return lines


def sent(*lines: Proposal, usual: str = WHY, **changed: Any) -> dict[str, Any]:
    numbers = {f"{name}-{line.pk}": f"{line.value:g}" for line in lines for name in ("was", "n")}
    return {"proposal": [line.pk for line in lines], "usual": usual, "words": ""} | numbers | changed


def test_a_number_is_corrected_beside_its_decision_with_a_reason_and_a_ledger_line(
    territory: Territory, decided: list[Proposal], elected: Person
) -> None:
    client, there = signed_in(elected), url("decisions-correct", territory, SLOT)
    assert "Corriger ce qui est décidé" in page_of(elected, territory)
    fields = sent(*decided, **{f"n-{decided[0].pk}": "95"})
    refused = client.post(there, fields | {"usual": ""})
    assert refused.status_code == 422 and "Il manque le motif" in read(refused)
    assert 'value="95"' in read(refused) and not CaseCorrection.objects.exists()
    assert client.post(there, fields).headers["Location"] == url("decisions", territory, SLOT)
    row = CaseCorrection.objects.get()
    assert (row.decision.proposal, row.verdict, row.value, row.reason) == (decided[0], "change", 95.0, WHY)
    assert Decision.objects.get(proposal=decided[0]).value == 120.0
    assert [line.act for line in ledger.sealed_lines(territory)].count("decision.correct") == 1
    assert ">335<" in page_of(elected, territory)  # the total of the day, and the sheet, follow
    (sheet,) = day_sheet.of_day(territory, MONDAY, "canteen")
    assert sheet.total == 335
    html = read(client.get(there))
    assert 'value="95"' in html and "corrigé" in html


def test_it_is_undone_by_another_correction(
    territory: Territory, decided: list[Proposal], elected: Person
) -> None:
    client, there = signed_in(elected), url("decisions-correct", territory, SLOT)
    one = decided[0]
    client.post(there, sent(one, **{f"n-{one.pk}": "95"}))
    stale = client.post(there, sent(one, **{f"n-{one.pk}": "96"}))
    assert stale.status_code == 422 and "a changé depuis" in read(stale)
    client.post(there, sent(one, **{f"was-{one.pk}": "95"}))
    assert Decision.objects.get(proposal=one).in_force == ("accept", 120.0)
    assert CaseCorrection.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "écrivez 0"),
        ("beaucoup", "Écrivez un nombre"),
        ("-4", "négative"),
        ("95,5", "nombre entier"),
        ("9000", "dépasse 10 fois"),
    ],
)
def test_a_number_that_makes_no_sense_is_said_beside_its_line(
    territory: Territory, decided: list[Proposal], elected: Person, typed: str, words: str
) -> None:
    fields = sent(*decided, **{f"n-{decided[1].pk}": typed})
    reply = signed_in(elected).post(url("decisions-correct", territory, SLOT), fields)
    html = read(reply)
    assert reply.status_code == 422 and words in html[html.index(f'id="erreur-{decided[1].pk}"') :][:300]
    assert not CaseCorrection.objects.exists()


@pytest.mark.parametrize("typed", ["0", "400"])
def test_a_number_far_from_the_interval_is_confirmed_before_it_is_taken(
    territory: Territory, decided: list[Proposal], elected: Person, typed: str
) -> None:
    client, there, one = signed_in(elected), url("decisions-correct", territory, SLOT), decided[1]
    fields = sent(*decided, **{f"n-{one.pk}": typed})
    assert "Je confirme ces nombres" not in read(client.get(there))
    reply = client.post(there, fields)
    html = read(reply)
    assert reply.status_code == 422 and not CaseCorrection.objects.exists()
    assert f"{typed} est très loin" in html[html.index(f'id="erreur-{one.pk}"') :][:300]
    assert f'value="{typed}"' in html and 'name="confirmed"' in html
    absurd = client.post(there, fields | {f"n-{decided[0].pk}": "9000", "confirmed": "on"})
    assert absurd.status_code == 422 and not CaseCorrection.objects.exists()
    assert client.post(there, fields | {"confirmed": "on"}).status_code == 302
    assert CaseCorrection.objects.get().value == float(typed)


def test_nothing_changed_is_no_correction(
    territory: Territory, decided: list[Proposal], elected: Person
) -> None:
    reply = signed_in(elected).post(url("decisions-correct", territory, SLOT), sent(*decided))
    assert reply.status_code == 422 and "Aucun nombre n'a changé" in read(reply)


def test_once_the_hour_has_passed_the_order_has_left(territory: Territory, elected: Person) -> None:
    with on(FAR - timedelta(days=1)):
        (line,) = proposals_of(territory, an_order("Anatole", day=FAR))
        decide(line, elected, "accept", reason="Vu")
        there = f"?systeme=canteen&jour={FAR}"
        assert "Corriger ce qui est décidé" in page_of(elected, territory, there)
    Deadline.objects.create(territory=territory, system="canteen", at=time(10, 30), by=elected)
    with on(FAR):
        html = page_of(elected, territory, there)
        assert "La commande est partie" in html and "Corriger ce qui est décidé" not in html
        client, page = signed_in(elected), url("decisions-correct", territory, there)
        assert "la commande est partie. Prévenez directement" in read(client.get(page))
        reply = client.post(page, sent(line, **{f"n-{line.pk}": "95"}))
        assert reply.status_code == 422 and "la commande est partie" in read(reply)
    assert not CaseCorrection.objects.exists()


def test_a_day_without_an_hour_is_corrected_until_its_end(territory: Territory, elected: Person) -> None:
    with on(FAR - timedelta(days=1)):
        (line,) = proposals_of(territory, an_order("Anatole", day=FAR))
        decision = decide(line, elected, "accept", reason="Vu")
    with on(FAR):
        assert not day_corrections.why_closed([decision], FAR, None)
    with on(FAR + timedelta(days=1)):
        assert day_corrections.why_closed([decision], FAR, None) == "Ce jour est passé."


def test_what_has_no_day_is_corrected_while_it_is_recent(territory: Territory, elected: Person) -> None:
    there = "?systeme=canteen&jour=sans"
    with on(FAR):
        (leak,) = proposals_of(territory, an_order("Bourg", day=None))
        decide(leak, elected, "accept", reason="Vu")
    for days, status, linked in ((6, 200, True), (8, 302, False)):
        with on(FAR + timedelta(days=days)):
            client = signed_in(elected)
            page = read(client.get(url("proposal", territory, pk=leak.pk)))
            assert ("corriger ce nombre" in page) is linked
            assert client.get(url("decisions-correct", territory, there)).status_code == status


def test_neither_a_persons_file_nor_a_plan_is_corrected_there(territory: Territory, elected: Person) -> None:
    plan = an_order("Camion 1", 9.0, items=(Item("a", "Borne A"),))
    for one in proposals_of(territory, a_case(day=MONDAY, place="Crèche"), plan):
        decide(one, elected, "accept", reason="Vu")
    assert "Corriger ce qui est décidé" not in page_of(elected, territory)
    reply = signed_in(elected).get(url("decisions-correct", territory, SLOT))
    assert reply.headers["Location"] == url("decisions", territory, SLOT)


def test_only_who_decides_corrects(territory: Territory, decided: list[Proposal]) -> None:
    reader = a_person(territory, "supervisor")
    assert "Corriger ce qui est décidé" not in page_of(reader, territory)
    client, there = signed_in(reader), url("decisions-correct", territory, SLOT)
    assert client.get(there).status_code == client.post(there, sent(*decided)).status_code == 404
    with pytest.raises(PermissionDenied):
        day_corrections.correct_day(
            territory,
            reader,
            system="canteen",
            day=MONDAY,
            numbers={decided[0].pk: (120.0, 95.0)},
            reason=WHY,
        )


def test_what_is_decided_again_counts_once(territory: Territory, elected: Person) -> None:
    for value in (120.0, 130.0):
        (line,) = proposals_of(territory, an_order("Anatole", value), run=f"run-{value}")
        decide(line, elected, "accept", reason="Vu")
    assert ">130<" in page_of(elected, territory)
    proposals_of(territory, an_order("Anatole", 140.0), run="run-3")
    assert ">140<" in page_of(elected, territory)


def test_forty_numbers_are_corrected_in_as_many_requests_as_four(
    territory: Territory, elected: Person
) -> None:
    def cost(day: date, count: int) -> tuple[int, int]:
        lines = proposals_of(
            territory, *(an_order(f"site {n}", day=day) for n in range(count)), run=f"run-{day}"
        )
        values = {line.pk: line.value for line in lines}
        decide_day(territory, elected, system="canteen", day=day, values=values, reason="Vus")
        client, there = (
            signed_in(elected),
            url("decisions-correct", territory, f"?systeme=canteen&jour={day}"),
        )
        changed = {f"n-{line.pk}": "110" for line in lines}
        with CaptureQueriesContext(connection) as written:
            assert client.post(there, sent(*lines, **changed)).status_code == 302
        with CaptureQueriesContext(connection) as page:
            assert client.get(there).status_code == 200
        return len(written), len(page)

    cost(date(2026, 12, 2), 2)
    written, page = cost(MONDAY, 40)
    assert (written, page) == cost(date(2026, 12, 1), 4) and page <= 20
