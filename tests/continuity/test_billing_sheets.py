"""Billing statements straight from sheets that were typed again: no file between, whose each row is, what is said and refused."""

import html
import io
import zipfile
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.continuity.billing import services
from beffroi.web.continuity.billing.calculation import compute
from beffroi.web.continuity.billing.payer_bills import Tables
from beffroi.web.continuity.billing.rekeyed_quantities import read_sheets, rekeyed_sheets
from beffroi.web.continuity.billing.statement_tables import ReadTable
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import BillingStatement, RekeyingBatch
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.rekeying import batches, entries
from beffroi.web.continuity.rekeying.typed_sheets import Sheet
from beffroi.web.platform.models import Person, Territory
from places import a_person

from .sheets import TYPED_DAY, allotted, canteen, opened, water
from .test_billing import csv_file

pytestmark = pytest.mark.django_db
MONTH = date(2026, 11, 1), date(2026, 11, 30)
RATES = [{"bracket": "A", "from_quotient": 0, "price": 2, "unbooked_price": 5}]


def typed_twice(
    territory: Territory, by: Person, key: str, sheets: list[Sheet], counter: str = "A"
) -> tuple[RekeyingBatch, list[Any]]:
    """A batch of these sheets, settled, not closed yet."""
    form, found = allotted(territory, by, key, len(sheets) + 3, counter)
    batch = opened(territory, by, form, len(sheets), counter=counter)
    for number, sheet in zip(found, sheets, strict=False):
        entries.enter_again(entries.enter(batch, by, str(number), sheet), by, sheet)
    return batch, found


def stays(code: str, until: str) -> Sheet:
    values = {"day": TYPED_DAY, "place": "Préau", "session": "2", "row_count": "1"}
    return Sheet(values, [{"code": code, "name": "", "until": until}])


def child(number: str, name: str = "Léa") -> dict[str, Any]:
    return {"number": number, "name": name, "payer": "P", "quotient": 1}


def posted(territory: Territory, **changed: Any) -> tuple[str, dict[str, Any]]:
    there = reverse("billing-new", kwargs={"slug": territory.slug, "service": "canteen"})
    data = {
        "first_day": "2026-11-01",
        "last_day": "2026-11-30",
        "source": "sheets",
        "rates": csv_file("tarifs.csv", "Tranche;QF mini;Prix;Prix non réservé", "A;0;2;5"),
        "subscribers": csv_file(
            "enfants.csv", "N°;Enfant;Payeur;QF", "1A01;Léa;M. Un;1", "1A02;Tom;Mme Deux;1"
        ),
    }
    return there, data | changed


def test_sheets_are_chosen_beside_a_file_and_wait_until_their_batch_is_closed(
    client: Client, territory: Territory, secretary: Person
) -> None:
    client.force_login(secretary)
    there, data = posted(territory)
    assert 'name="source"' not in client.get(there).content.decode()
    batch, found = typed_twice(
        territory, secretary, "form_canteen", [canteen(["1A01", "1A02"]), canteen(["1A03"])]
    )
    numbers.end_number(territory, found[3], "lost", "emportée par erreur", secretary)
    page = html.unescape(client.get(there).content.decode())
    assert "2 feuilles saisies en 1 lot" in page.replace("\u00a0", " ") and "lot à fermer" in page
    assert "1 perdue, 1 sans nouvelles" in page.replace("\u00a0", " ")
    refused = client.post(there, data)
    assert refused.status_code == 422 and "ne sont pas prêtes" in html.unescape(refused.content.decode())
    batches.close(batch, secretary)
    there, data = posted(territory)
    answer = client.post(there, data)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    statement = BillingStatement.objects.get()
    assert statement.sources["quantities"]["sheets"]["entered"] == 2
    page = html.unescape(client.get(answer["Location"]).content.decode()).replace("\u00a0", " ")
    assert f"Feuille {found[0]}" in page and "Des feuilles ne sont pas facturées" in page
    assert str(found[2]) in page  # of which nothing is known
    assert "enfant 1A03" in page and f"ajoutez l'enfant (feuille {found[1]})" in page
    searched = client.get(answer["Location"], {"q": str(found[0])}).content.decode()
    assert "1A01" in searched
    # The list is completed: the sheets stay the source, without a file.
    again = reverse("billing-new", kwargs={"slug": territory.slug, "service": "canteen"})
    more = csv_file("enfants.csv", "N°;Enfant;Payeur;QF", "1A01;Léa;M. Un;1", "1A02;Tom;D;1", "1A03;Ana;T;1")
    data = {"first_day": "2026-11-01", "last_day": "2026-11-30", "source": "file", "subscribers": more}
    assert client.post(f"{again}?remplace={statement.pk}", data).status_code == 302
    right = BillingStatement.objects.get(replaces=statement)
    assert right.result == {"bills": 3, "cents": 600, "remarks": 0, "blocking": 0}
    assert right.sources["quantities"]["sheets"]["entered"] == 2
    services.check(right, a_person(territory, "data_officer"), "trois feuilles relues")
    detail = client.get(reverse("billing-file", args=[territory.slug, right.pk, "detail"]))
    with zipfile.ZipFile(io.BytesIO(detail.content)) as book:
        texts = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
    assert str(found[1]).encode() in texts
    twice = services.prepare(territory, secretary, "canteen", *MONTH, _tables(right), {})
    page = client.get(reverse("billing-statement", args=[territory.slug, twice.pk])).content.decode()
    assert page.count("Un autre état porte sur ces jours") == 1 and "facturé deux fois" in page
    page = client.get(reverse("billing-statement", args=[territory.slug, statement.pk])).content.decode()
    assert "Un autre état porte" not in page  # it was replaced


def _tables(statement: BillingStatement) -> dict[str, ReadTable]:
    return {part: ReadTable(rows) for part, rows in statement.read().items()}


def test_a_batch_whose_answers_are_erased_is_refused_and_days_without_sheets_are_said(
    territory: Territory, secretary: Person
) -> None:
    with pytest.raises(ContinuityError, match="Aucune fiche de ces jours"):
        read_sheets(territory, "canteen", *MONTH)
    batch, _ = typed_twice(territory, secretary, "form_canteen", [canteen(["1A01"])])
    batches.close(batch, secretary)
    assert len(read_sheets(territory, "canteen", *MONTH).entries) == 1
    assert rekeyed_sheets(territory, "canteen", date(2026, 11, 21)).entered == 0
    batches.erase(batch, secretary)
    with pytest.raises(ContinuityError, match="effacées"):
        read_sheets(territory, "canteen", *MONTH)


def test_a_reading_finds_its_subscriber_by_the_meter_and_says_what_the_sheet_says(
    territory: Territory, secretary: Person
) -> None:
    sheets = [water(1), water(2, state="3", remark="au fond"), water(3)]
    batch, found = typed_twice(territory, secretary, "form_water", sheets)
    batches.close(batch, secretary)
    readings = read_sheets(territory, "water", *MONTH).entries
    rates = [{"item": "Eau", "kind": "volume", "price": 1}]
    subscribers = [
        {
            "number": str(n),
            "name": "A",
            "meter": f"c26 {n:05}",
            "last_index": 1000,
            "last_read_on": "2026-05-01",
        }
        for n in (1, 2)
    ]
    statement = compute("water", Tables(rates, subscribers, readings, *MONTH))
    assert {bill.subscriber["number"]: (int(bill.total), bill.sheets) for bill in statement.bills} == {
        "1": (7, (str(found[0]),)),
        "2": (14, (str(found[1]),)),
    }
    (unknown,) = [remark for remark in statement.remarks if remark.blocking]
    assert unknown.subscriber == "compteur C2600003" and str(found[2]) in unknown.text
    assert any("compteur bloqué : au fond" in remark.text for remark in statement.remarks)


def test_a_child_outside_the_list_is_known_by_name_and_two_sheets_of_a_day_count_once() -> None:
    day = {"day": "2026-11-20", "booked": "yes"}
    rows = [
        {"code": "0012", "sheet": "S1"} | day,  # a spreadsheet takes the zeros away
        {"code": "12", "sheet": "S2"} | day,
        {"name": "ZOÉ  PETIT", "sheet": "S1"} | day,
        {"name": "Max Blanc", "sheet": "S1"} | day,
        {"name": "Deux Fois", "sheet": "S3"} | day,
    ]
    children = [child("12"), child("7", "Zoé Petit"), child("8", "Deux Fois"), child("9", "Deux Fois")]
    found = compute("canteen", Tables(RATES, children, rows, *MONTH))
    assert {bill.subscriber["number"]: int(bill.total) for bill in found.bills} == {"12": 2, "7": 2}
    said = [(remark.subscriber, remark.blocking) for remark in found.remarks]
    assert said == [
        ("7", False), ("enfant Max Blanc", True), ("enfant Deux Fois", True), ("12", False),
    ]  # fmt: skip


def test_brackets_of_an_hour_on_paper_count_as_units_of_the_rate(
    territory: Territory, secretary: Person
) -> None:
    sheets = [stays("1A01", "1"), stays("1A02", "3"), stays("1A03", "4")]
    batch, _ = typed_twice(territory, secretary, "form_afterschool", sheets)
    batches.close(batch, secretary)
    rates = [{"bracket": "A", "from_quotient": 0, "unit_minutes": 30, "price": 0.7}]
    rows = read_sheets(territory, "after_school", *MONTH).entries
    found = compute("after_school", Tables(rates, [child(f"1A0{n}") for n in (1, 2, 3)], rows, *MONTH))
    assert [int(bill.total * 100) for bill in found.bills] == [70, 210, 280]
    assert [remark.text[:24] for remark in found.remarks] == ["parti après l'heure : co"]


def test_sheets_announced_and_never_typed_are_said_in_the_statement(
    client: Client, territory: Territory, secretary: Person
) -> None:
    client.force_login(secretary)
    batch, _ = typed_twice(territory, secretary, "form_canteen", [canteen(["1A01", "1A02"])])
    batches.change_announced(batch, secretary, 3, None)
    batches.close(batch, secretary, "deux feuilles mouillées, illisibles")
    there, data = posted(territory)
    answer = client.post(there, data)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    page = html.unescape(client.get(answer["Location"]).content.decode()).replace("\u00a0", " ")
    assert "Des feuilles ne sont pas facturées" in page  # none of them is void, lost or between two others
    assert f"jamais saisies : {batch} : 2 feuilles sur 3 annoncées." in page
