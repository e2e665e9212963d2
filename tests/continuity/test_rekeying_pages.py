"""Pages of paper forms and of re-keying, as people post them."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from beffroi.web.continuity.models import NumberRange, RefusedEntry, RekeyedForm, RekeyingBatch
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.rekeying import entries
from beffroi.web.platform.models import Person, Territory
from places import a_person

from .sheets import allotted, canteen, opened, report, water

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


@pytest.fixture
def desk(client: Client, secretary: Person) -> Client:
    client.force_login(secretary)
    return client


def at(territory: Territory, name: str, *more: object) -> str:
    return reverse(name, args=[territory.slug, *more])


def typed(sheet, number: str = "") -> dict[str, str]:
    """What the entry page posts."""
    data = {f"v_{key}": value for key, value in sheet.values.items()} | {"number": number}
    for rank, row in enumerate(sheet.rows, start=1):
        data |= {f"r{rank}_{key}": value for key, value in row.items()}
    return data


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no input {name}"
    return found[1]


def test_numbers_are_allotted_and_printed_from_the_page_of_a_form(desk: Client, territory: Territory) -> None:
    address = at(territory, "paper-form", "form_receipt")
    data = {"counter": "a", "counter_name": "Régie de la piscine", "count": "3", "is_exercise": "on"}
    assert desk.post(address, data).status_code == 302
    row = NumberRange.objects.of(territory).get()
    assert (row.counter, row.size, row.is_exercise) == ("A", 3, True)
    made = desk.get(at(territory, "number-range-html", row.pk)).content.decode()
    assert made.count("REG-A-0002") >= 2 and "EXERCICE" in made and made.count("<svg") == 3
    page = desk.get(address).content.decode()
    assert "Régie de la piscine" in page and "EXERCICE" in page
    assert desk.post(address, data | {"counter": "K"}).status_code == 422
    assert desk.post(address, data | {"count": "201"}).status_code == 422
    assert desk.get(at(territory, "paper-form", "form_nothing")).status_code == 404
    assert desk.get(at(territory, "paper-form-preview", "form_receipt")).content.startswith(b"%PDF-")


def test_a_void_sheet_is_noted_and_gaps_are_listed(
    desk: Client, territory: Territory, secretary: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_report", 4)
    batch = opened(territory, secretary, form, 3)
    for rank in (0, 3):
        entries.enter(batch, secretary, str(sheets[rank]), report())
    address = at(territory, "number-ends")
    page = desk.get(address).content.decode()
    assert str(sheets[1]) in page and str(sheets[2]) in page
    data = {"number": str(sheets[1]), "outcome": "void", "reason": "rature, remplacée"}
    assert desk.post(address, data).status_code == 302
    assert desk.post(address, data).status_code == 422
    page = desk.get(address).content.decode()
    assert "rature, remplacée" in page and f"{sheets[1]}" not in page


def test_the_next_sheet_begins_with_what_stays_and_what_is_refused_comes_back(
    desk: Client, territory: Territory, secretary: Person
) -> None:
    _, sheets = allotted(territory, secretary, "form_canteen")
    data = {
        "form": "form_canteen",
        "counter": "a",
        "day": "2026-11-20",
        "announced_count": "2",
        "announced_total": "",
    }
    entry = desk.post(at(territory, "rekeying"), data)["Location"]
    page = desk.get(entry).content.decode()
    assert value_of(page, "v_day") == "20112026" and value_of(page, "v_school") == ""
    assert desk.post(entry, typed(canteen(["1A01"]), str(sheets[0]))).status_code == 302
    page = desk.get(entry).content.decode()
    assert value_of(page, "v_school") == "Jean-Moulin" and value_of(page, "v_row_count") == ""
    wrong = desk.post(entry, typed(canteen(["1A02", "1A0"]), str(sheets[0])))
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert "déjà été saisie" in page and "Ligne 2" in page
    assert value_of(page, "r1_code") == "1A02" and value_of(page, "number") == str(sheets[0])
    assert page.count("data-carried") == 2  # the day and the school, as on a fresh sheet
    faulty = desk.post(entry, typed(canteen(["1A02"], day="1"), str(sheets[2]))).content.decode()
    assert faulty.count("data-carried") == 1
    RefusedEntry.objects.of(territory).last().delete()
    draft = RefusedEntry.objects.of(territory).get()
    again = desk.get(f"{entry}?brouillon={draft.pk}").content.decode()
    assert value_of(again, "r2_code") == "1A0"
    data = typed(canteen(["1A02", "1A03"]), str(sheets[1])) | {"draft": str(draft.pk)}
    assert desk.post(entry, data).status_code == 302
    assert not RefusedEntry.objects.of(territory).exists()


def test_the_second_typing_shows_nothing_of_the_first_and_the_differences_are_settled(
    desk: Client, territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 1)
    sheet = entries.enter(batch, agent, str(sheets[0]), water(index="1017", remark="portail bleu"))
    second = at(territory, "rekeying-second", sheet.pk)
    page = desk.get(second).content.decode()
    assert "1017" not in page and "portail" not in page
    assert desk.post(second, typed(water(index="x"))).status_code == 422
    assert desk.post(second, typed(water())).status_code == 302
    address = at(territory, "rekeying-differences", sheet.pk)
    page = desk.get(address).content.decode()
    assert "portail bleu" in page and page.count("autre chose") == 4
    assert desk.post(address, {"choice_0": "second"}).status_code == 422
    data = {"choice_0": "other", "value_0": "1107", "choice_1": "first"}
    assert desk.post(address, data).status_code == 302
    sheet.refresh_from_db()
    assert sheet.answers["values"]["index"] == 1107
    page = desk.get(at(territory, "rekeying-sheet", sheet.pk)).content.decode()
    assert "portail bleu" in page and "Écart tranché" in page


def test_nothing_of_the_sheet_before_fills_a_second_typing(
    desk: Client, territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_canteen")
    batch = opened(territory, secretary, form, 2)
    firsts = [entries.enter(batch, agent, str(each), canteen(["1A01"])) for each in sheets[:2]]
    assert (
        desk.post(at(territory, "rekeying-second", firsts[0].pk), typed(canteen(["1A01"]))).status_code == 302
    )
    page = desk.get(at(territory, "rekeying-second", firsts[1].pk)).content.decode()
    assert value_of(page, "v_day") == value_of(page, "v_school") == "" and "data-carried" not in page


def test_money_typed_by_one_person_is_not_offered_to_them_again(
    desk: Client, territory: Territory, secretary: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_civil_followup")
    batch = opened(territory, secretary, form, 1)
    from .sheets import civil

    sheet = entries.enter(batch, secretary, str(sheets[0]), civil("birth", 3, "20112026"))
    page = desk.get(at(territory, "rekeying-second", sheet.pk)).content.decode()
    assert "autre personne" in page and "v_act_number" not in page


def test_a_batch_is_closed_exported_and_erased(desk: Client, territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    batch = opened(territory, secretary, form, 2)
    entries.enter(batch, secretary, str(sheets[0]), report())
    close = at(territory, "rekeying-close", batch.pk)
    refused = desk.post(close, {"note": ""})
    assert (
        refused.status_code == 422 and "2\u00a0feuilles annoncées, 1\u00a0saisie" in refused.content.decode()
    )
    count = {"announced_count": "1", "announced_total": ""}
    assert desk.post(at(territory, "rekeying-announce", batch.pk), count).status_code == 302
    assert desk.post(close, {"note": ""}).status_code == 302
    for extension in ("csv", "xlsx", "json"):
        made = desk.get(at(territory, "rekeying-export", batch.pk, extension))
        assert "simulees" in made["Content-Disposition"] and made.status_code == 200
    assert desk.get(at(territory, "rekeying-export", batch.pk, "exe")).status_code == 404
    assert desk.post(at(territory, "rekeying-erase", batch.pk)).status_code == 302
    page = desk.get(at(territory, "rekeying-batch", batch.pk)).content.decode()
    assert "Réponses effacées" in page
    assert RekeyedForm.objects.of(territory).get().answers is None
    assert RekeyingBatch.objects.of(territory).get().erased_by == secretary


def test_a_corrected_sheet_says_why(desk: Client, territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    sheet = entries.enter(opened(territory, secretary, form, 1), secretary, str(sheets[0]), report())
    address = at(territory, "rekeying-sheet", sheet.pk)
    assert desk.post(address, typed(report(place="14 rue"))).status_code == 422
    assert (
        desk.post(address, typed(report(place="14 rue")) | {"reason": "lu 12, c'est 14"}).status_code == 302
    )
    assert "lu 12" in desk.get(address).content.decode()


def test_a_file_that_is_no_scan_is_refused_beside_its_field(desk: Client, territory: Territory) -> None:
    address = at(territory, "rekeying-scans")
    answer = desk.post(address, {"file": SimpleUploadedFile("lot.pdf", b"bonjour")})
    assert answer.status_code == 422 and "ni un PDF ni une image" in answer.content.decode().replace(
        "\u00a0", " "
    )


def test_the_home_says_what_waits_to_whom_may_type_it(
    client: Client, territory: Territory, secretary: Person
) -> None:
    form, _ = allotted(territory, secretary, "form_report")
    opened(territory, secretary, form, 7)
    client.force_login(secretary)
    home = reverse("territory", args=[territory.slug])
    assert "À ressaisir" in client.get(home).content.decode()
    client.force_login(a_person(territory, "auditor"))
    assert "À ressaisir" not in client.get(home).content.decode()
    assert client.get(at(territory, "rekeying")).status_code == 404


def test_the_list_of_forms_says_what_is_the_reserve_of_the_kit(
    desk: Client, territory: Territory, secretary: Person
) -> None:
    form, _ = allotted(territory, secretary, "form_receipt")
    numbers.kit_reserve(territory, form)
    page = desk.get(at(territory, "paper-forms")).content.decode()
    assert page.count("dont 10 pour le kit") == 1
    assert str(NumberRange(mark="REG", counter="A", first=1, last=1)) == "REG-A-0001"


def test_the_total_of_a_batch_says_of_what_and_in_which_unit(
    desk: Client, territory: Territory, secretary: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 2)
    address = at(territory, "rekeying-batch", batch.pk)
    page = desk.get(address).content.decode()
    assert "saisi" in page and "0,00" not in page and "Index, en m³" in page
    entries.enter(batch, secretary, str(sheets[0]), water())
    assert re.search(
        r"Total «.Index.» des feuilles réglées.*m³", html.unescape(desk.get(address).content.decode())
    )
    form, _ = allotted(territory, secretary, "form_report")
    report_batch = opened(territory, secretary, form, 2)
    assert (
        "announced_total" not in desk.get(at(territory, "rekeying-batch", report_batch.pk)).content.decode()
    )


def test_a_number_that_is_too_small_is_refused_in_our_words(desk: Client, territory: Territory) -> None:
    data = {"counter": "a", "counter_name": "Régie", "count": "0"}
    page = desk.post(at(territory, "paper-form", "form_receipt"), data).content.decode()
    assert "d'au moins 1." in html.unescape(page) and "Assurez-vous" not in page
    page = desk.post(at(territory, "rekeying"), {"announced_count": "0"}).content.decode()
    assert "d'au moins 1." in html.unescape(page) and "Assurez-vous" not in page


def test_the_keyboard_says_what_remains_and_takes_the_last_sheet_up_again(
    desk: Client, territory: Territory, secretary: Person, agent: Person, client: Client
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 2)
    entry = at(territory, "rekeying-entry", batch.pk)
    assert desk.post(entry, typed(water(1, index="17"), str(sheets[0]))).status_code == 302
    page = html.unescape(desk.get(entry).content.decode())
    assert "1 sur 2, il en reste 1" in page and '<progress class="answered" max="2" value="1"' in page
    sheet = RekeyedForm.objects.of(territory).get()
    correct = at(territory, "rekeying-sheet", sheet.pk) + "?saisie=1"
    assert correct in page
    assert value_of(desk.get(correct).content.decode(), "v_index") == "17"
    assert desk.post(correct, typed(water(1, index="x"))).status_code == 422
    answer = desk.post(correct, typed(water(1, index="71")))
    assert answer["Location"] == entry
    assert entries.first_entry(sheet).answers["values"]["index"] == 71
    desk.post(entry, typed(water(2), str(sheets[1])))
    page = desk.get(entry).content.decode()
    assert "toutes sont saisies" in page and "Toutes les feuilles annoncées" in page
    client.force_login(agent)
    page = client.get(correct).content.decode()  # the first typing is hidden from who will make the second
    words = re.sub(r"<[^>]*>", " ", page.partition("<main")[2].partition("</main>")[0])  # no token of a form
    assert not re.search(r"\b71\b", words) and "v_index" not in page


def test_refused_sheets_keep_a_batch_from_being_said_typed(
    desk: Client, territory: Territory, secretary: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 1)
    entry = at(territory, "rekeying-entry", batch.pk)
    for rank in (1, 2):
        refused = desk.post(entry, typed(water(index="x"), str(sheets[rank])))
        assert refused.status_code == 422
    assert "1 feuille refusée attend" in refused.content.decode()  # the other one: this one is on the page
    desk.post(entry, typed(water(), str(sheets[0])))
    page = desk.get(entry).content.decode()
    batch_page = at(territory, "rekeying-batch", batch.pk)
    assert "2 feuilles refusées attendent" in page and f'href="{batch_page}#refusees"' in page
    assert "toutes sont saisies" not in page and "Toutes les feuilles annoncées" not in page
    page = html.unescape(desk.get(batch_page).content.decode())
    assert 'id="refusees"' in page and "reprenez sa saisie" in page


def test_the_totals_of_the_batches_are_one_page_and_one_file(
    desk: Client, territory: Territory, secretary: Person, agent: Person
) -> None:
    assert "Aucun lot" in desk.get(at(territory, "rekeying-totals")).content.decode()
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 1, 1007)
    entries.enter_again(entries.enter(batch, secretary, str(sheets[0]), water()), agent, water())
    waiting = opened(territory, secretary, allotted(territory, secretary, "form_report")[0], 3)
    desk.post(at(territory, "rekeying-close", batch.pk))
    page = html.unescape(desk.get(at(territory, "rekeying-totals")).content.decode()).replace(
        "\u202f", "\u00a0"
    )
    assert (
        "1\u00a0007 m³ sur 1\u00a0007" in page
        and str(waiting) in page
        and "0 saisie" in page.replace("\u00a0", " ")
    )
    made = desk.get(at(territory, "rekeying-totals-export", "csv")).content.decode("utf-8-sig")
    assert "EAU-A" in made and "1007" in made and made.count("SIG-A") == 1
    assert desk.get(at(territory, "rekeying-totals-export", "exe")).status_code == 404
    closed = desk.get(at(territory, "rekeying-batch", batch.pk)).content.decode()
    assert "Préparer l'état de facturation" in html.unescape(closed) and "/water/?fiches=1" in closed
    desk.post(at(territory, "rekeying-erase", batch.pk))
    page = html.unescape(desk.get(at(territory, "rekeying-batch", batch.pk)).content.decode())
    assert "Total «" not in page and "fiches=1" not in page


def test_a_batch_says_what_keeps_it_open_and_which_numbers_are_missing(
    desk: Client, territory: Territory, secretary: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 3)
    for rank in (0, 2):
        entries.enter(batch, secretary, str(sheets[rank]), water(rank + 1))
    page = html.unescape(desk.get(at(territory, "rekeying-batch", batch.pk)).content.decode())
    assert f"Sans nouvelles à ce guichet : {sheets[1]}" in page.replace("\u00a0", " ")
    assert "Reste avant de fermer : 2 à saisir une seconde fois" in page.replace("\u00a0", " ")
