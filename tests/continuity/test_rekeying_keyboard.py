"""Re-keying by keyboard alone, in a real browser: the keys that it takes beyond the values, counted by the page itself.

It starts a site and a browser: long ring only. `pytest -s` prints the keys a form.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from beffroi.guides import Questionnaire, Register
from beffroi.guides.questions import CHOSEN, Question
from beffroi.web.guides.library import guide, library
from browser import axe, page_faults, screenshot
from house import SeededHome, seeded

from .drill import PaperSheet, a_day, by_form
from .sheets import DAY

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("rekeying")]
SHEETS, OF_EACH = 60, 3
OTHERS = ("form_afterschool", "form_intervention", "form_visit", "form_civil_extract", "form_civil_followup",
          "form_cemetery", "form_order", "form_log", "form_report")  # fmt: skip
"""The forms that the drill of a day does not use."""
MOST_KEYS = 12
FIRST = next(each for each in a_day(SHEETS, 0, DAY) if each.form == "form_water")
SEED = f"""
import json, sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
home = Home(Path(sys.argv[1]))
setup_django(home, base_url=sys.argv[2])
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.paper_forms.definitions import paper_form
from beffroi.web.continuity.rekeying import batches, entries
from beffroi.web.continuity.rekeying.typed_sheets import Sheet
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T22", name="Valcourt", kind="commune", population=900, is_fictional=True, contact="Mairie"))
people = [admit(town, name + "@example.org", name.capitalize(), [role], by=None, simulated=True)
          for name, role in (("secretaire", "administrator"), ("agent", "agent"))]
found = {{"slug": town.slug}}
with scope.inside(town):
    for key, count in (("form_water", {SHEETS // 2}), ("form_canteen", {SHEETS * 3 // 10}), ("form_receipt", {SHEETS // 5})):
        form = paper_form(town, key)
        row = numbers.allot(town, form, numbers.Counter("A", "Accueil"), count, people[0])
        batch = batches.open_batch(town, people[0], form, "A", date({DAY.year}, {DAY.month}, {DAY.day}), count)
        found[key] = {{"batch": batch.pk, "numbers": [str(each) for each in numbers.numbers_of(row)]}}
    for key in {[*OTHERS]}:
        form = paper_form(town, key)
        row = numbers.allot(town, form, numbers.Counter("A", "Accueil"), {OF_EACH}, people[0])
        batch = batches.open_batch(town, people[0], form, "A", date({DAY.year}, {DAY.month}, {DAY.day}), {OF_EACH})
        found[key] = {{"batch": batch.pk, "numbers": [str(each) for each in numbers.numbers_of(row)]}}
    # Two sheets of another counter that the first person typed: they wait for the second.
    form = paper_form(town, "form_water")
    row = numbers.allot(town, form, numbers.Counter("B", "Annexe"), 2, people[0])
    batch = batches.open_batch(town, people[0], form, "B", date({DAY.year}, {DAY.month}, {DAY.day}), 2)
    for number in numbers.numbers_of(row):
        entries.enter(batch, people[0], str(number), Sheet({json.dumps(FIRST.values)}))
    found["second"] = {{"batch": batch.pk, "numbers": [str(each) for each in numbers.numbers_of(row)]}}
(home.path / "drill.json").write_text(json.dumps(found))
for each in people:
    print(make_link(each, "signin"))
"""
COUNT = "window.addEventListener('keydown', () => localStorage.setItem('keys', 1 + Number(localStorage.getItem('keys') ?? 0)), true)"


def filled(key: str, at: int) -> PaperSheet:
    """A sheet of any form, every question answered, as many rows as it prints for the log, three elsewhere."""
    questionnaire, rows = guide(Questionnaire, key), library().guides.get(f"{key}_rows")
    fields = rows.fields if isinstance(rows, Register) else ()
    values = {each.key: answer(each, at) for each in questionnaire.questions}
    if fields:
        values["row_count"] = "5" if key == "form_log" else "3"
    written = [
        {each.key: answer(each, at + rank) for each in fields}
        for rank in range(int(values.get("row_count", "0")))
    ]
    return PaperSheet(key, at, values, written)


def answer(question: Question, at: int) -> str:
    """What a hand writes: a day, a rank, a number, a line of some words."""
    if question.key == "hour":
        return f"08{at:02}"
    if question.kind == "date":
        return f"{DAY:%d%m%Y}"
    if question.kind in CHOSEN:
        return "1"
    if question.kind == "number":
        return str(10 + at)
    return f"{1000 + at}" if question.max_length == 4 else f"Mot {at}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("rekeying") / "home", SEED, "secretary", "agent") as home:
        yield home


@dataclass
class Typist:
    """Someone at the keyboard. `values`: keys that the paper itself takes; those of the page are counted by it."""

    page: Page
    values: int = 0

    def value(self, text: str) -> None:
        """One answer: its signs, then Enter where the page cannot know that it is whole."""
        focused = self.page.evaluate("document.activeElement.name")
        self.page.keyboard.type(text)
        self.values += len(text)
        if self.page.evaluate("document.activeElement.name") == focused:
            self.page.keyboard.press("Enter")

    def number(self, text: str) -> None:
        """The number of the sheet: its rank and its check character; none of it is a value."""
        self.page.keyboard.type(text[-6:-2] + text[-1])

    def answers(self, sheet: PaperSheet) -> None:
        """The rest, in the order of the page; what is carried from the sheet before is not typed."""
        while (name := self.page.evaluate("document.activeElement.name")) != "":
            if name.startswith("v_"):
                self.value(sheet.values[name[2:]])
            else:
                rank, _, key = name[1:].partition("_")
                self.value(sheet.rows[int(rank) - 1][key])
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def keys(self) -> int:
        return int(self.page.evaluate("Number(localStorage.getItem('keys') ?? 0)"))


def test_a_form_takes_at_most_twelve_keys_beyond_its_values(
    served: SeededHome, visit: Any, record_property: Any
) -> None:
    facts = json.loads((served.home / "drill.json").read_text())
    day = a_day(SHEETS, 0, DAY)
    page = visit(f"{served.url}/t/{facts['slug']}/", cookies=served.badges["secretary"], once=True).page
    page.context.add_init_script(COUNT)
    spent: dict[str, list[int]] = {}
    faults: list[str] = []
    others = ((key, [filled(key, at) for at in range(OF_EACH)]) for key in OTHERS)
    for form, paper in (*by_form(day), *others):
        page.goto(f"{served.url}/t/{facts['slug']}/continuite/ressaisie/lots/{facts[form]['batch']}/saisir/")
        faults += page_faults(page)
        screenshot(page, f"rekeying-{form}")
        for sheet, number in zip(paper, facts[form]["numbers"], strict=True):
            typist, before = Typist(page), int(page.evaluate("Number(localStorage.getItem('keys') ?? 0)"))
            expect(page.locator("form[data-awake=yes]")).to_be_attached()
            expect(page.locator("#id_number")).to_be_focused()
            typist.number(number)
            typist.answers(sheet)
            expect(page.locator("body")).to_contain_text(f"{number} : saisie")
            spent.setdefault(form, []).append(typist.keys() - before - typist.values)
    assert faults == []
    every = [keys for some in spent.values() for keys in some]
    figures = {form: (max(some), round(sum(some) / len(some), 1)) for form, some in spent.items()}
    print(
        f"keys beyond the values, most and mean: {figures}; all: {max(every)}, {sum(every) / len(every):.1f}"
    )
    record_property("keys_beyond_values", figures)
    assert max(every) <= MOST_KEYS
    assert len(every) == SHEETS + OF_EACH * len(OTHERS) and len(spent) == 12


def test_a_sheet_just_typed_is_corrected_by_keyboard_and_the_next_one_follows(
    served: SeededHome, visit: Any
) -> None:
    facts = json.loads((served.home / "drill.json").read_text())
    batch = facts["second"]["batch"]
    address = f"{served.url}/t/{facts['slug']}/continuite/ressaisie/lots/{batch}/saisir/"
    page = visit(address, cookies=served.badges["secretary"], once=True).page
    expect(page.locator("main")).to_contain_text("2 sur 2, toutes sont saisies")
    page.get_by_role("link", name="La corriger").press("Enter")
    expect(page.locator("form[data-awake=yes]")).to_be_attached()
    expect(page.locator("#id_v_day")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Enter")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#id_number")).to_be_focused()
    expect(page.locator("body")).to_contain_text("corrigée")
    assert axe(page) == []


def test_the_second_typing_by_keyboard_and_what_is_refused(served: SeededHome, visit: Any) -> None:
    facts = json.loads((served.home / "drill.json").read_text())
    batch, numbers = facts["second"]["batch"], facts["second"]["numbers"]
    page = visit(
        f"{served.url}/t/{facts['slug']}/continuite/ressaisie/lots/{batch}/",
        cookies=served.badges["agent"],
        once=True,
    ).page
    page.get_by_role("link", name="Commencer par").click()
    sheet = FIRST
    expect(page.locator("form[data-awake=yes]")).to_be_attached()
    expect(page.locator("#id_v_day")).to_be_focused()
    Typist(page).answers(sheet)
    expect(page.locator("body")).to_contain_text("les deux saisies sont pareilles")
    expect(page.locator("h1")).to_contain_text(numbers[1])
    expect(page.locator("#id_v_day")).to_have_value("")
    page.goto(f"{served.url}/t/{facts['slug']}/continuite/ressaisie/lots/{batch}/saisir/")
    expect(page.locator("form[data-awake=yes]")).to_be_attached()
    page.keyboard.type("BFR1:99T22:form_water:" + numbers[0])
    page.keyboard.press("Enter")
    typist = Typist(page)
    typist.answers(sheet)
    expect(page.get_by_role("alert")).to_contain_text("déjà été saisie")
    expect(page.locator("#id_v_meter")).to_have_value(sheet.values["meter"])
    expect(page.locator("#id_number")).to_be_focused()
    typist.number(numbers[1])
    expect(page.locator("#id_v_meter")).to_be_focused()  # the day is skipped, as on a fresh sheet
    assert axe(page) == []


PAGES = ("formulaires/", "formulaires/form_canteen/", "formulaires/numeros/",
         "ressaisie/", "ressaisie/totaux/", "ressaisie/numerisations/", "ressaisie/etat-civil/")  # fmt: skip


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_of_paper_forms_is_accessible(served: SeededHome, visit: Any, width: int) -> None:
    facts = json.loads((served.home / "drill.json").read_text())
    lots = [f"ressaisie/lots/{facts[form]['batch']}/" for form in ("second", "form_canteen")]
    more = (*lots, f"{lots[1]}saisir/", "ressaisie/feuilles/1/", "ressaisie/feuilles/2/seconde/")
    faults: dict[str, list[str]] = {}
    for path in (*PAGES, *more):
        page = visit(
            f"{served.url}/t/{facts['slug']}/continuite/{path}",
            width=width, dark=width == 320, cookies=served.badges["agent"],
        ).page  # fmt: skip
        page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true; })")
        if found := page_faults(page):
            faults[path] = found
        screenshot(page, f"paper-forms-{path.strip('/').replace('/', '-')}-{width}")
    assert faults == {}
