"""Paper forms: numbers that never overlap and end once, sheets that a machine reads back, those of the kit."""

import json
import re
from html import unescape
from itertools import product
from pathlib import Path

import pdfua
import pytest
import zxingcpp
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pypdfium2 import PdfDocument

from beffroi.guides import Register
from beffroi.text import fold_name
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import NumberEnd, NumberRange
from beffroi.web.continuity.offline_kit.parts import Page
from beffroi.web.continuity.paper_forms import kit_pages, numbers, printing
from beffroi.web.continuity.paper_forms.check_characters import ALPHABET, check_character
from beffroi.web.continuity.paper_forms.definitions import paper_form, paper_forms
from beffroi.web.continuity.paper_forms.kit_forms import kit_forms
from beffroi.web.continuity.paper_forms.sheet_numbers import (
    NumberError,
    SheetCode,
    SheetNumber,
    parse_code,
    parse_number,
)
from beffroi.web.guides.library import guide
from beffroi.web.guides.services.registers import begin_with_rows, save_entry
from beffroi.web.platform.models import LedgerLine, Person, Territory
from beffroi.web.ui.printing import render_pdf
from blank import blank
from commands import python
from places import strongly

from . import kits

pytestmark = pytest.mark.django_db
DESK = numbers.Counter("A", "Accueil de la mairie")


def test_the_check_character_is_that_of_the_standard() -> None:
    """The example of the Global Release Identifier, which uses ISO/IEC 7064 MOD 37,36."""
    assert check_character("A12425GABC1234002") == "M"


def test_every_wrong_character_and_nearly_every_swap_of_a_number_is_seen() -> None:
    whole = "CANTA0042"
    check = check_character(whole)
    wrong = [
        whole[:at] + sign + whole[at + 1 :]
        for at, sign in product(range(len(whole)), ALPHABET)
        if sign != whole[at]
    ]
    assert [text for text in wrong if check_character(text) == check] == []
    swaps = [
        whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :]
        for at in range(len(whole) - 1)
        if whole[at] != whole[at + 1]
    ]
    assert sum(check_character(text) == check for text in swaps) == 0


def test_a_number_is_read_as_people_type_it_and_refused_when_one_digit_is_wrong() -> None:
    number = SheetNumber("CANT", "A", 42)
    for text in (str(number), f" cant-a-0042{number.check.lower()}", f"CANTA-0042-{number.check}"):
        assert parse_number(text) == number
    assert parse_number(f"0042{number.check}", "CANT", "A") == number
    with pytest.raises(NumberError, match="dernier signe"):
        parse_number(f"CANT-A-0043-{number.check}")
    with pytest.raises(NumberError, match="n'est pas un numéro"):
        parse_number("la feuille bleue")
    with pytest.raises(NumberError, match="Beffroi"):
        parse_code("https://example.org")


def test_the_forms_are_there_each_with_its_own_mark(territory: Territory) -> None:
    forms = paper_forms(territory)
    assert len(forms) >= 22
    assert len({form.mark for form in forms}) == len(forms)
    assert paper_form(territory, "form_canteen").max_rows == 30
    assert paper_form(territory, "form_receipt").checked == "two_persons"


def test_every_form_that_a_sheet_names_is_one_that_is_printed(territory: Territory) -> None:
    """Under a title that no form has, a paper would be missing on the day."""
    forms = {fold_name(form.title): form for form in paper_forms(territory)}
    named = {name for row in guide(Register, "service_sheets").rows for name in row["forms"]}
    assert sorted(name for name in named if fold_name(name) not in forms) == []
    assert not [form.title for key, form in forms.items() if key not in {fold_name(name) for name in named}]


@pytest.mark.long
def test_every_form_is_printed_on_one_page(territory: Territory) -> None:
    for form in paper_forms(territory):
        document = printing.blank_forms(territory, form, [SheetNumber(form.mark, "K", 1)], "Kit")
        assert len(PdfDocument(render_pdf(document))) == 1, form.key


def test_numbers_are_allotted_one_after_the_other_and_a_line_says_to_whom(
    territory: Territory, secretary: Person
) -> None:
    form = paper_form(territory, "form_water")
    first = numbers.allot(territory, form, DESK, 20, secretary)
    second = numbers.allot(territory, form, DESK, 5, secretary)
    other = numbers.allot(territory, form, numbers.Counter("B", "Annexe"), 5, secretary)
    assert [(row.first, row.last) for row in (first, second, other)] == [(1, 20), (21, 25), (1, 5)]
    assert LedgerLine.objects.filter(act="forms.allot").count() == 3


@pytest.mark.parametrize(("first", "last"), [(1, 5), (5, 9), (2, 3), (1, 20)])
def test_the_database_refuses_numbers_that_are_allotted_already(
    territory: Territory, secretary: Person, first: int, last: int
) -> None:
    row = numbers.allot(territory, paper_form(territory, "form_water"), DESK, 5, secretary)
    with pytest.raises(IntegrityError, match="allotted already"), transaction.atomic():
        NumberRange.objects.create(
            territory=territory, form=row.form, mark=row.mark, counter="A", counter_name="Autre",
            first=first, last=last, allotted_by=secretary,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        NumberRange.objects.of(territory).update(last=400)


TOGETHER = """
import json, sys, threading
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.db import connections
from beffroi.web.continuity.models import NumberRange
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.paper_forms.definitions import paper_form
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
town = found_territory(NewTerritory(code="99T71", name="Valcourt", kind="commune", population=900, is_fictional=True))
person = admit(town, "guichets@example.org", "Guichets", ["agent"], by=None, simulated=True)
with scope.inside(town):
    form = paper_form(town, "form_report")
barrier, errors = threading.Barrier(8), []

def allot():
    try:
        with scope.inside(town):
            barrier.wait()
            numbers.allot(town, form, numbers.Counter("A", "Accueil"), 7, person)
    except Exception as error:
        errors.append(repr(error))
    finally:
        connections.close_all()

threads = [threading.Thread(target=allot) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
with scope.inside(town):
    ranks = [rank for row in NumberRange.objects.of(town) for rank in range(row.first, row.last + 1)]
print(json.dumps({"errors": errors, "ranks": sorted(ranks)}))
"""


def test_counters_that_ask_at_the_same_time_share_no_number(tmp_path: Path) -> None:
    """Eight threads, each with its own connection, on a real home: the tests' own database has one connection."""
    done = python(TOGETHER, blank(tmp_path / "home", demo=True).path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"errors": [], "ranks": list(range(1, 57))}


def test_a_number_ends_once_but_a_lost_sheet_may_be_found_again(
    territory: Territory, secretary: Person
) -> None:
    row = numbers.allot(territory, paper_form(territory, "form_water"), DESK, 5, secretary)
    one, two, *_ = numbers.numbers_of(row)
    with pytest.raises(ContinuityError, match="dix signes"):
        numbers.end_number(territory, one, "void", "rature", secretary)
    numbers.end_number(territory, one, "void", "rature, remplacée", secretary)
    numbers.end_number(territory, two, "lost", "tombée dans l'eau du canal", secretary)
    for outcome in ("void", "lost"):
        with pytest.raises(ContinuityError, match="déjà annulée"):
            numbers.end_number(territory, one, outcome, "encore une fois", secretary)
    numbers.record_end(territory, two, NumberEnd.Outcome.ENTERED, secretary)
    with pytest.raises(IntegrityError), transaction.atomic():
        NumberEnd.objects.create(territory=territory, range=row, rank=1, outcome="entered", by=secretary)
    with pytest.raises(IntegrityError, match="never allotted"), transaction.atomic():
        NumberEnd.objects.create(territory=territory, range=row, rank=6, outcome="entered", by=secretary)


def test_gaps_are_listed_before_the_last_sheet_used_and_what_is_after_is_reserve(
    territory: Territory, secretary: Person
) -> None:
    form = paper_form(territory, "form_water")
    row = numbers.allot(territory, form, DESK, 10, secretary)
    sheets = numbers.numbers_of(row)
    for at in (0, 1, 4, 6):
        numbers.record_end(territory, sheets[at], NumberEnd.Outcome.ENTERED, secretary)
    numbers.end_number(territory, sheets[2], "void", "rature, remplacée", secretary)
    (found,) = numbers.sheets_by_counter(territory)
    assert found.missing == (sheets[3], sheets[5])
    assert (found.entered, len(found.explained), found.reserve) == (4, 1, 3)


@pytest.mark.parametrize("key", ["form_canteen", "form_civil_followup"])
def test_each_sheet_is_one_tagged_page_whose_code_is_read_back(
    territory: Territory, secretary: Person, key: str
) -> None:
    """A real PDF, drawn by pdfium, read by zxing."""
    form = paper_form(territory, key)
    row = numbers.allot(territory, form, DESK, 2, secretary, is_exercise=True)
    made = render_pdf(printing.range_document(row, form))
    document = PdfDocument(made)
    assert document.is_tagged()
    assert len(document) == row.size
    for number, page in zip(numbers.numbers_of(row), document, strict=True):
        words = page.get_textpage().get_text_range()
        assert (
            str(number) in words
            and "EXERCICE" in words
            and "Données simulées" in words
            and "page 1/1" in words
        )
        picture = page.render(scale=150 / 72, grayscale=True).to_pil()
        (code,) = zxingcpp.read_barcodes(picture)
        assert parse_code(code.text) == SheetCode(territory.code, key, number)


def test_a_sheet_speaks_of_boxes_where_it_has_some_and_names_its_edition_by_its_day(
    territory: Territory,
) -> None:
    texts = {}
    for form in paper_forms(territory):
        number = SheetNumber(form.mark, "K", 1)
        text = printing.sheets_html(territory, form, [number], "Kit")
        texts[form.key] = text
        letters = "En capitales, une lettre par case." in text
        assert letters <= ('class="sheet-box"' in text), form.key
        assert re.search(r"<p>Modèle du \d+(er)? \w+ \d{4} – page 1/1</p>", text), form.key
    assert "En capitales, une lettre par case." in texts["form_water"]
    assert "Un chiffre par case." in texts["form_civil_followup"]
    assert "une lettre" not in texts["form_civil_followup"]


def test_the_file_of_a_range_asks_for_no_font(
    client: Client, territory: Territory, secretary: Person
) -> None:
    row = numbers.allot(territory, paper_form(territory, "form_water"), DESK, 2, secretary)
    strongly(client, secretary)
    text = client.get(reverse("number-range-html", args=[territory.slug, row.pk])).content.decode()
    assert "beffroi:" not in text and "@font-face" not in text and "<style>" in text and "@page" in text
    assert "beffroi:sans" in printing.range_document(row, paper_form(territory, row.form))


@pytest.fixture
def begun(territory: Territory, secretary: Person) -> Territory:
    """Every model of sheet taken, none approved."""
    begin_with_rows(territory, secretary, guide(Register, "service_sheets"))
    return territory


def kit(territory: Territory) -> dict[str, Page]:
    return {page.name: page for page in kit_pages.pages(territory)}


def test_a_sheet_names_each_form_of_ours(territory: Territory) -> None:
    assert [each.form.title for each in kit_forms(territory) if not each.sheets] == []


def test_a_form_whose_sheet_nobody_approved_is_named_in_the_kit_and_has_no_number(begun: Territory) -> None:
    assert list(kit(begun)) == ["formulaires"]
    listed = unescape(kit(begun)["formulaires"].body)
    assert "Relevé d'eau\xa0: approuver la fiche «\xa0Eau potable\xa0»" in listed
    assert not NumberRange.objects.of(begun).exists()


def test_the_form_of_an_approved_sheet_is_in_the_kit_until_the_sheet_changes(
    begun: Territory, secretary: Person
) -> None:
    kits.approve_sheets(begun, secretary, "Eau potable")
    assert set(kit(begun)) == {"formulaires", "formulaire-water", "formulaire-intervention"}
    entry = kits.sheet_entry(begun, "Eau potable")
    values = {**entry.values, "forms": ["RELEVE D'EAU"], "holds": "Deux jours"}
    save_entry(begun, secretary, guide(Register, "service_sheets"), values, entry=entry)
    assert list(kit(begun)) == ["formulaires"]
    kits.approve_sheets(begun, secretary, "Eau potable")
    again = kit(begun)
    assert set(again) == {"formulaires", "formulaire-water"}
    assert "Demande d&#x27;intervention&nbsp;: aucune fiche ne le nomme" in again["formulaires"].body


def test_a_form_that_two_services_share_needs_one_approved_sheet(begun: Territory, secretary: Person) -> None:
    kits.approve_sheets(begun, secretary, "Actes et préfecture")
    (order,) = (each for each in kit_forms(begun) if each.form.key == "form_order")
    assert [sheet.service for sheet in order.sheets] == ["Plan communal de sauvegarde", "Actes et préfecture"]
    assert order.is_usable and [sheet.service for sheet in order.approved] == ["Actes et préfecture"]


def test_a_form_of_the_kit_is_a_tagged_pdf_too_whose_numbers_are_read_back(
    begun: Territory, secretary: Person, tmp_path: Path
) -> None:
    kits.approve_sheets(begun, secretary, "Eau potable")
    path = tmp_path / "water.pdf"
    path.write_bytes(render_pdf(kit(begun)["formulaire-water"].paper))
    assert pdfua.validate(path).findings == ()
    row = NumberRange.objects.of(begun).get(mark="EAU")
    document = PdfDocument(path)
    assert len(document) == numbers.KIT_RESERVE
    picture = document[3].render(scale=150 / 72, grayscale=True).to_pil()
    assert parse_code(zxingcpp.read_barcodes(picture)[0].text).number == numbers.numbers_of(row)[3]


def test_the_list_of_forms_leads_to_the_sheet_that_is_to_be_approved(
    begun: Territory, secretary: Person, client: Client
) -> None:
    strongly(client, secretary)
    kits.approve_sheets(begun, secretary, "Cantine")
    page = client.get(reverse("paper-forms", args=[begun.slug])).content.decode()
    named = kits.sheet_entry(begun, "Cantine").values["forms"]
    assert page.count("dans le kit") == len(named) == 3
    water = reverse("sheet", args=[begun.slug, kits.sheet_entry(begun, "Eau potable").pk])
    assert f'fiche à approuver</span><br><a href="{water}">Eau potable</a>' in page


def test_the_kit_prints_the_same_numbers_every_night_until_one_is_used(
    begun: Territory, secretary: Person
) -> None:
    kits.approve_sheets(begun, secretary, "Eau potable")
    first = {page.name: page.body for page in kit_pages.pages(begun)}
    assert {page.name: page.body for page in kit_pages.pages(begun)} == first
    used = NumberRange.objects.of(begun).get(mark="EAU")
    assert used.counter == numbers.KIT_COUNTER and used.allotted_by is None
    numbers.record_end(begun, numbers.numbers_of(used)[0], NumberEnd.Outcome.ENTERED, secretary)
    again = {page.name: page.body for page in kit_pages.pages(begun)}
    assert {name for name in first if first[name] != again[name]} == {"formulaire-water"}
    assert NumberRange.objects.of(begun).count() == 3
    assert "EAU-K-0011" in again["formulaire-water"]


def test_a_form_of_the_instance_has_its_own_mark_and_a_town_changes_the_settings(
    territory: Territory, secretary: Person
) -> None:
    register = guide(Register, "paper_forms")
    values = {"form": "form_report", "mark": "ALERT", "checked": "twice", "in_kit": "no"}
    save_entry(territory, secretary, register, values)
    form = paper_form(territory, "form_report")
    assert (form.mark, form.checked, form.in_kit) == ("ALERT", "twice", False)
