"""Billing statements: a thousand subscribers of three services to the cent, against a count written apart; what is impossible is said."""

import html
import io
import random
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from beffroi.web.continuity.billing import services
from beffroi.web.continuity.billing.calculation import compute
from beffroi.web.continuity.billing.payer_bills import Service, Tables
from beffroi.web.continuity.billing.statement_tables import ReadTable, read, schemas
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import BillingStatement
from beffroi.web.guides import tables
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui import workbooks
from places import a_person

from .billing_reference import BRACKETS, WATER, exact, expected_water, half_up

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


def test_a_thousand_water_bills_are_equal_to_the_reference_to_the_cent():
    draw = random.Random(22)
    subscribers, readings, due = [], [], {}
    for n in range(1000):
        number, before, used = (
            f"{n:04}",
            draw.randrange(0, 4000),
            draw.choice([0, 12, 60, 61, draw.randrange(1, 400)]),
        )
        one = {"number": number, "name": f"Abonné {n}", "last_index": before, "last_read_on": "2025-12-28"}
        days = 181
        if n % 10 == 3:
            begun = FIRST + timedelta(draw.randrange(1, 150))
            one["begun_on"] = begun.isoformat()
            days = (LAST - begun).days + 1
        reading = {"number": number, "index": before + used, "read_on": "2026-06-29"}
        if n % 25 == 7:  # the meter was changed
            reading |= {"removed_index": before + 5, "new_index": 2, "index": 2 + max(0, used - 5)}
            used = 5 + max(0, used - 5)
        subscribers.append(one)
        readings.append(reading)
        due[number] = expected_water(Fraction(used), days)
    found = compute("water", Tables(WATER, subscribers, readings, FIRST, LAST))
    assert {bill.subscriber["number"]: int(bill.total * 100) for bill in found.bills} == due
    assert not [remark for remark in found.remarks if remark.blocking]


@pytest.mark.parametrize("service", ["canteen", "after_school"])
def test_a_thousand_children_are_equal_to_the_reference_to_the_cent(service: Any):
    draw = random.Random(service)
    rates = []
    for name, start, end, meal, half_hour in BRACKETS:
        rate = {"bracket": name, "from_quotient": start, "price": meal if service == "canteen" else half_hour}
        rate |= {"to_quotient": end} if end else {}
        rate |= {"unbooked_price": meal + 2} if service == "canteen" else {"unit_minutes": 30}
        rates.append(rate)
    children, presence, due = [], [], {}
    for n in range(1000):
        number, quotient = f"E{n:04}", draw.choice([0, 499.99, 500, 999, 1000, draw.randrange(0, 3000)])
        children.append(
            {"number": number, "name": f"Enfant {n}", "payer": f"Parent {n}", "quotient": quotient}
        )
        _, _, _, meal, half_hour = next(
            b for b in BRACKETS if quotient >= b[1] and (b[2] is None or quotient < b[2])
        )
        booked = unbooked = units = 0
        for day in range(1, draw.randrange(2, 20)):
            row: dict[str, Any] = {"number": number, "day": f"2026-03-{day:02}"}
            if service == "canteen":
                asked = draw.random() < 0.9
                row |= {"booked": "yes" if asked else "no"}
                booked, unbooked = booked + asked, unbooked + (not asked)
            else:
                minutes = draw.randrange(1, 150)
                row |= {"session": "evening", "minutes": minutes}
                units += (minutes + 29) // 30
            presence.append(row)
        meals = half_up(booked * exact(meal)) + half_up(unbooked * (exact(meal) + 2))
        due[number] = meals if service == "canteen" else half_up(units * exact(half_hour))
    found = compute(service, Tables(rates, children, presence, date(2026, 3, 1), date(2026, 3, 31)))
    assert {bill.subscriber["number"]: int(bill.total * 100) for bill in found.bills} == due


def one_reading(**changes: Any) -> list[str]:
    subscriber = {"number": "1", "name": "A", "last_index": 100, "last_read_on": "2025-12-28"}
    reading = {"number": "1", "index": 150, "read_on": "2026-06-29"} | changes
    found = compute("water", Tables(WATER, [subscriber], [reading], FIRST, LAST))
    assert bool(found.bills) == (
        not any(remark.blocking for remark in found.remarks if remark.subscriber == "1")
    )
    return [remark.text for remark in found.remarks]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"index": 90}, "plus petit que le dernier"),
        ({"read_on": "2025-01-01"}, "plus ancien"),
        ({"removed_index": 120}, "l'index de l'ancien et celui du neuf"),
        ({"removed_index": 90, "new_index": 0}, "un index recule"),
        ({"index": 100}, "aucune consommation"),
        ({"read_on": "2026-09-01"}, "pas de la période"),
    ],
)
def test_a_reading_that_is_impossible_or_unusual_is_said(changes: dict[str, Any], words: str):
    assert any(words in text for text in one_reading(**changes))


def test_tiers_with_a_gap_an_unknown_child_and_an_unknown_quotient_are_said():
    rates = [
        {"bracket": "A", "from_quotient": 0, "to_quotient": 500, "price": 1},
        {"bracket": "B", "from_quotient": 600, "price": 2},
    ]
    children = [
        {"number": "1", "name": "A", "payer": "P"},
        {"number": "2", "name": "B", "payer": "Q", "quotient": 550},
    ]
    days = [{"number": n, "day": "2026-10-05"} for n in ("1", "2", "3")] + [
        {"number": "1", "day": "2027-01-05"}
    ]
    found = compute("canteen", Tables(rates, children, days, date(2026, 10, 1), date(2026, 10, 31)))
    text = " / ".join(remark.text for remark in found.remarks)
    for words in (
        "laissent un trou",
        "pas dans la liste",
        "tranche la plus haute",
        "aucune tranche",
        "hors de la période",
    ):
        assert words in text


DAYS = [{"number": "1", "day": "2026-10-05"}, {"number": "2", "day": "2026-10-05"}]
OPEN = [{"bracket": "A", "from_quotient": 0, "price": 2, "unit_minutes": 30}]


@pytest.mark.parametrize("service", ["canteen", "after_school"])
@pytest.mark.parametrize(
    ("rates", "day", "due"),
    [
        (OPEN, {"number": "1", "day": "2026-11-02"}, {"1": 200, "2": 200}),  # outside the period
        (OPEN, {"number": "3", "day": "2026-11-02"}, {"1": 200, "2": 200}),  # nor known
        (OPEN, {"number": "3", "day": "2026-10-06"}, {"1": 200, "2": 200}),
        (OPEN, {"number": "1", "day": "2026-10-06"}, {"1": 400, "2": 200}),
        ([OPEN[0] | {"from_quotient": 100}], DAYS[0], {}),
        ([OPEN[0] | {"to_quotient": 450}], DAYS[0], {}),
        ([OPEN[0] | {"to_quotient": 450}, OPEN[0] | {"from_quotient": 400, "price": 9}], DAYS[0], {}),
    ],
)
def test_what_is_impossible_is_not_billed(service: Any, rates: Any, day: dict[str, Any], due: dict[str, int]):
    children = [{"number": n, "name": n, "payer": "P", "quotient": q} for n, q in (("1", 420), ("2", 900))]
    rows = [row | {"minutes": 30} for row in [*DAYS, day]]
    found = compute(service, Tables(rates, children, rows, date(2026, 10, 1), date(2026, 10, 31)))
    assert {bill.subscriber["number"]: int(bill.total * 100) for bill in found.bills} == due
    assert any(remark.blocking for remark in found.remarks) == (sum(due.values()) != 600)


def test_euros_of_the_steps_have_two_decimals_and_more_where_needed():
    child = {"number": "1", "name": "A", "payer": "P", "quotient": 1}
    rates = [{"bracket": "A", "from_quotient": 0, "price": 2.1}]
    tables = Tables(rates, [child], DAYS[:1], date(2026, 10, 1), date(2026, 10, 31))
    (line,) = compute("canteen", tables).bills[0].lines
    assert "1 repas × 2,10 €" in line.steps
    subscriber = {"number": "1", "name": "A", "last_index": 0, "last_read_on": "2025-12-28"}
    reading = {"number": "1", "index": 10, "read_on": "2026-06-29"}
    lines = compute("water", Tables(WATER, [subscriber], [reading], FIRST, LAST)).bills[0].lines
    assert "48,50 € par an" in lines[0].steps and "10 m³" in lines[1].steps and "1,4235 €" in lines[1].steps


def test_tiers_of_water_that_overlap_give_no_bill():
    wrong = [WATER[1] | {"to_m3": 80}, WATER[2]]
    subscriber = {"number": "1", "name": "A", "last_index": 0, "last_read_on": "2025-12-28"}
    reading = {"number": "1", "index": 70, "read_on": "2026-06-29"}
    assert compute("water", Tables(wrong, [subscriber], [reading], FIRST, LAST)).bills == ()


def csv_file(name: str, *lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(lines).encode(), "text/csv")


CANTEEN = (
    ("tarifs.csv", "Tranche;QF mini;QF maxi;Prix", "A;0;500;1,05", "B;500;;3,40"),
    ("enfants.csv", "N°;Enfant;Payeur;QF", "1;Léa;M. Un;420", "2;Tom;Mme Deux;900"),
    ("repas.csv", "N°;Date;Repas", "1;05/10/2026;1", "2;05/10/2026;1", "2;06/10/2026;1", "2;pas un jour;1"),
)


@pytest.mark.django_db
def test_three_files_give_a_statement_that_a_second_person_checks(
    client: Client, territory: Territory, secretary: Person
):
    client.force_login(secretary)
    parts = ("rates", "subscribers", "quantities")
    files = {part: csv_file(*content) for part, content in zip(parts, CANTEEN, strict=True)}
    there = reverse("billing-new", kwargs={"slug": territory.slug, "service": "canteen"})
    answer = client.post(there, {"first_day": "2026-10-01", "last_day": "2026-10-31", **files})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    statement = BillingStatement.objects.get()
    assert statement.result == {"bills": 2, "cents": 785, "remarks": 0, "blocking": 0}
    assert statement.sources["quantities"]["refused_count"] == 1
    text = client.get(answer["Location"]).content.decode()
    assert (
        "2\u00a0repas" in text.replace("\u202f", "\u00a0").replace("2 repas", "2\u00a0repas")
        and "mise de côté" in text
    )
    to_software = reverse("billing-file", kwargs={"slug": territory.slug, "pk": statement.pk, "form": "csv"})
    assert to_software not in text and "Projet, à contrôler" in text
    refused = client.get(to_software, follow=True)
    assert "n'est pas contrôlé" in html.unescape(refused.content.decode()) and refused.redirect_chain
    draft = client.get(to_software.replace("csv", "detail"))
    assert "projet" in draft["Content-Disposition"].casefold()
    with pytest.raises(ContinuityError, match="deuxième personne"):
        services.check(statement, secretary, "dix lignes relues")
    second = a_person(territory, "data_officer")
    client.force_login(second)
    page = client.get(answer["Location"]).content.decode()
    assert "Ce que vous avez contrôlé" in page and "facultatif" not in page
    check = reverse("billing-check", kwargs={"slug": territory.slug, "pk": statement.pk})
    for note in ("", "ok"):
        refused = client.post(check, {"note": note})
        said = html.unescape(refused.content.decode()).replace("\u00a0", " ")
        assert (
            refused.status_code == 422 and said.count("Dites ce que vous avez contrôlé") == 2
        )  # alert, field
    client.force_login(secretary)
    services.check(statement, second, "dix lignes relues")
    names = {
        client.get(to_software.replace("csv", form))["Content-Disposition"] for form in ("xlsx", "detail")
    }
    assert len(names) == 2
    exported = client.get(to_software).content.decode("utf-8-sig")
    assert "Mme Deux" in exported and "6,8" in exported and "contrôlé" in exported
    services.erase(statement, second)
    assert statement.read() == {} and services.result_of(statement).bills == ()
    answer = client.get(
        reverse("billing-file", kwargs={"slug": territory.slug, "pk": statement.pk, "form": "csv"})
    )
    assert answer.status_code == 404


@pytest.mark.django_db
def test_a_statement_with_impossible_lines_is_not_checked_and_a_corrected_table_makes_another(
    client: Client, territory: Territory, secretary: Person
):
    second = a_person(territory, "data_officer")
    tables = {
        "rates": [{"bracket": "A", "from_quotient": 0, "price": 2}],
        "subscribers": [{"number": "1", "name": "A", "payer": "P", "quotient": 1}],
        "quantities": [{"number": "9", "day": "2026-10-05"}],
    }

    def prepare(replaces: BillingStatement | None = None) -> BillingStatement:
        read = {part: ReadTable(rows, [], []) for part, rows in tables.items()}
        return services.prepare(
            territory, secretary, "canteen", date(2026, 10, 1), date(2026, 10, 31), read, {}, replaces
        )

    wrong = prepare()
    with pytest.raises(ContinuityError, match="impossibles"):
        services.check(wrong, second, "dix lignes relues")
    tables["quantities"] = [{"number": "1", "day": "2026-10-05"}]
    right = prepare(wrong)
    client.force_login(secretary)
    listed = client.get(reverse("billing", kwargs={"slug": territory.slug})).content.decode()
    assert listed.count("remplacé") == 1 and '<tr class="muted">' in listed
    there = reverse("billing-statement", kwargs={"slug": territory.slug, "pk": wrong.pk})
    assert "Un autre état le remplace" in client.get(there).content.decode()
    assert services.check(right, second, "dix lignes relues").checked_by == second
    for change in ({"result": {"cents": 1}}, {"inputs": b"x"}, {"checked_by": secretary}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BillingStatement.objects.filter(pk=right.pk).update(**change)


@pytest.mark.django_db
def test_a_statement_to_check_is_told_to_whom_may_check_it_and_not_to_who_prepared_it(
    client: Client, territory: Territory, secretary: Person
):
    second = a_person(territory, "data_officer")
    rows = {
        "rates": [{"bracket": "A", "from_quotient": 0, "price": 2}],
        "subscribers": [{"number": "1", "name": "A", "payer": "P", "quotient": 1}],
        "quantities": [{"number": "1", "day": "2026-10-05"}],
    }
    read = {part: ReadTable(entries) for part, entries in rows.items()}
    made = services.prepare(territory, secretary, "canteen", date(2026, 10, 1), date(2026, 10, 31), read, {})
    there = reverse("billing-statement", kwargs={"slug": territory.slug, "pk": made.pk})

    def told(person: Person) -> list[bool]:
        client.force_login(person)
        pages = [client.get(reverse(name, args=[territory.slug])) for name in ("territory", "continuity")]
        return [there in page.content.decode() for page in pages]

    assert told(secretary) == [False, False]
    assert told(a_person(territory, "auditor")) == [False, False]
    assert told(second) == [True, True]
    services.check(made, second, "dix lignes relues")
    assert told(second) == [False, False]


@pytest.mark.django_db
def test_a_table_without_its_column_and_a_file_that_is_none_say_what_to_do(
    client: Client, territory: Territory, secretary: Person
):
    client.force_login(secretary)
    there = reverse("billing-new", kwargs={"slug": territory.slug, "service": "canteen"})
    files = {
        "rates": csv_file("tarifs.csv", "Tarif unique", "3,40"),
        "subscribers": SimpleUploadedFile("photo.xlsx", io.BytesIO(bytes(range(256))).getvalue()),
        "quantities": csv_file(*CANTEEN[2]),
    }
    answer = client.post(there, {"first_day": "2026-10-01", "last_day": "2026-10-31", **files})
    assert answer.status_code == 422
    files = {part: csv_file(*content) for part, content in zip(files, CANTEEN, strict=True)}
    files["quantities"] = csv_file("repas.csv", "N°;Date", "1;jamais")
    answer = client.post(there, {"first_day": "2026-10-01", "last_day": "2026-10-31", **files})
    text = html.unescape(answer.content.decode()).replace("\u00a0", " ")
    assert "ne peut être lue. Ligne 2 : " in text
    assert not BillingStatement.objects.exists()
    assert Decimal(0) == sum(Decimal(row.result["cents"]) for row in BillingStatement.objects.all())


@pytest.mark.django_db
@pytest.mark.parametrize("service", ["water", "canteen", "after_school"])
def test_a_template_has_an_example_that_no_statement_reads(
    client: Client, territory: Territory, secretary: Person, service: Service
):
    client.force_login(secretary)
    territory.is_fictional = True
    territory.save(update_fields=["is_fictional"])
    for part, schema in schemas(service).items():
        there = reverse("billing-template", args=[territory.slug, service, part])
        content = client.get(there).content
        found = tables.read_upload(territory, schema.field_of, SimpleUploadedFile("modele.xlsx", content))
        assert found.heading == [
            each.label for each in schema.fields
        ]  # the mark of invented data is no column
        assert len(found.rows) == 1 and not read(schema, found).entries
        filled = dict(zip(found.heading, found.rows[0], strict=True)) | {found.heading[0]: "12"}
        sheet = workbooks.Sheet("T", found.heading, [found.rows[0], [12, *list(filled.values())[1:]]])
        book = SimpleUploadedFile("rempli.xlsx", workbooks.write("xlsx", [sheet]))
        result = read(schema, tables.read_upload(territory, schema.field_of, book))
        assert (len(result.entries), list(result.refused)) == (1, []), part
        assert "12" in result.entries[0].values()
