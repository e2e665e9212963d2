"""From a dropped file to a shared chart in six actions at most, by pointer then by keyboard alone, opened signed out; from two
files to a shared ratio in twenty.

An action is whatever a person does: a drop, a click, a key that acts, a field filled. Moving the focus is none.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Page, expect

from browser import axe, no_horizontal_scroll, screenshot
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
MOST = 6
MOST_OF_TWO = 20
MEALS = "date,site,prevision,reel\n" + "".join(
    f"2025-{month:02}-{day:02},{site},{100 + rank},{90 + rank + day % 5}\n"
    for month in range(1, 7)
    for day in range(1, 28)
    for rank, site in enumerate(["COUDRAY", "CHAUVINIERE"])
)
CALENDAR = "Date,TypeJour\n" + "".join(
    f"2025-{month:02}-{day:02},{'Ouvrable' if day % 7 else 'Férié'}\n"
    for month in range(2, 13)
    for day in range(1, 28)
)
COLLECTED = "Date;Secteur;Flux;Tonnage (tonnes)\n" + "".join(
    f"{day:02}/{month:02}/2025;{sector};{flow};{10 + month + 3 * rank}\n"
    for month in range(1, 13)
    for day in (6, 20)
    for rank, (sector, flow) in enumerate([("Nord", "verre"), ("Nord", "papier"), ("Sud", "verre"), ("Est", "papier")])
)  # fmt: skip
_DROP = """async ([target, name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type: "text/csv" }));
  const on = document.querySelector(target);
  for (const kind of ["dragenter", "dragover", "drop"])
    on.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""


class Walk:
    """A page, and the actions done on it so far; each page met is looked at by axe, by the first walk that meets it."""

    _examined: ClassVar[set[str]] = set()

    def __init__(self, page: Page) -> None:
        self.page, self.done = page, list[str]()

    def drop(self, name: str, text: str) -> None:
        self.done.append(f"déposer {name}")
        self.page.evaluate(_DROP, ["main", name, text])

    def click(self, name: str) -> None:
        self.done.append(f"cliquer « {name} »")
        self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first.click()

    def choose_file(self, path: Path) -> None:
        """The keyboard opens the system's own window of files: one choice."""
        self.done.append(f"choisir {path.name}")
        self.page.locator("input[type=file]").set_input_files(path)

    def choose(self, label: str, words: str) -> None:
        self.done.append(f"choisir « {words} »")
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.get_by_label(label).select_option(label=words)
        expect(self.page.get_by_text("L'aperçu est à jour.")).to_be_attached()

    def press(self, name: str, kind: str = "button") -> None:
        """Reach a control by the keyboard alone, then Enter."""
        self.done.append(f"Entrée sur « {name} »")
        target = self.page.get_by_role(kind, name=name).first  # type: ignore[arg-type]
        expect(target).to_be_visible()
        for _ in range(150):
            if target.evaluate("e => e === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        assert target.evaluate("e => e === document.activeElement"), f"the keyboard does not reach {name}"
        self.page.keyboard.press("Enter")

    def arrive(self, address: str) -> None:
        self.page.wait_for_url(address, timeout=120_000, wait_until="load")
        if address not in self._examined:
            assert not axe(self.page)
            self._examined.add(address)


@pytest.fixture(scope="module")
def empty(towns: Iterator[Town]) -> list[Town]:
    """Three towns where nothing was done yet."""
    return [next(towns), next(towns), next(towns)]


@pytest.fixture
def home(visit: Any, empty: list[Town]) -> Any:
    """The home of an empty territory, signed in."""

    def opened(rank: int, **more: Any) -> Page:
        page: Page = visit(empty[rank].url, cookies=empty[rank].cookies, **more).page
        return page

    return opened


def open_public_page(visit: Any, page: Page, **more: Any) -> Page:
    """The shared address, opened in a browser that nobody signed in."""
    address = page.locator("#lien").inner_text()
    outside: Page = visit(address, **more).page
    outside.wait_for_selector('[data-island="chart"][data-awake="yes"] svg')
    assert not axe(outside)
    expect(outside.locator(".figure-source").first).to_have_text(
        re.compile("^Unité\u00a0: tonnes"), use_inner_text=True
    )
    return outside


@pytest.mark.requirement("R04")
def test_by_pointer_a_dropped_file_becomes_a_shared_chart(home: Any, visit: Any) -> None:
    walk = Walk(home(0))
    walk.drop("Collectes.csv", COLLECTED)
    walk.arrive("**/livraisons/*/")
    walk.click("Verser")
    walk.arrive("**/jeux/**")
    walk.page.wait_for_selector('[data-island="chart"][data-awake="yes"] svg')
    screenshot(walk.page, "six-proposals")
    walk.click("Garder ce graphique")
    walk.arrive("**/tableaux/**")
    walk.click("Partager")
    walk.arrive("**/partager/")
    walk.click("Faire le lien")
    expect(walk.page.locator("#lien")).to_be_visible()
    assert not axe(walk.page)
    assert len(walk.done) <= MOST, walk.done
    outside = open_public_page(visit, walk.page)
    screenshot(outside, "six-shared")
    # The link has an end, and the page says until when.
    expect(walk.page.locator(".alert.good")).to_contain_text("jusqu'au", use_inner_text=True)


def test_by_keyboard_too(home: Any, visit: Any, tmp_path: Path) -> None:
    file = tmp_path / "Collectes.csv"
    file.write_text(COLLECTED, "utf-8")
    walk = Walk(home(1))
    walk.press("Déposer un premier fichier", "link")
    walk.arrive("**/deposer/")
    walk.choose_file(file)
    walk.press("Déposer et lire")
    walk.arrive("**/livraisons/*/")
    walk.press("Verser")
    walk.arrive("**/jeux/**")
    walk.press("Garder et partager")
    walk.arrive("**/partager/")
    walk.press("Faire le lien")
    expect(walk.page.locator("#lien")).to_be_visible()
    assert len(walk.done) <= MOST, walk.done
    narrow = open_public_page(visit, walk.page, width=320, dark=True)
    assert not no_horizontal_scroll(narrow)


def test_two_files_become_a_shared_ratio_by_day_of_the_week(home: Any, visit: Any) -> None:
    """The join is proposed and made, the answer follows each choice, the board is made when the answer is put on it."""
    walk = Walk(home(2))
    walk.drop("Frequentation.csv", MEALS)
    walk.arrive("**/livraisons/*/")
    walk.click("Verser")
    walk.arrive("**/jeux/**")
    walk.click("Données")
    walk.arrive("**/donnees/")
    walk.drop("Calendrier.csv", CALENDAR)
    walk.arrive("**/livraisons/*/")
    walk.click("Verser")
    walk.arrive("**/jeux/**")
    # From the calendar too: the join begins with the meals, each of which has one day.
    walk.click("Rapprocher de « Frequentation »")
    walk.arrive("**jeu=frequentation**")
    walk.choose("Seule, ou avec une autre", "divisée par (÷)")
    walk.choose("Une ligne pour chaque…", "Jour de la semaine")
    answer = walk.page.locator("#reponse")
    expect(answer).to_contain_text(
        "Compté : 270 lignes sur 324 ; 54 sans date commune".replace(" :", "\u00a0:")
    )
    days = answer.locator("tbody td:first-child")
    expect(days.nth(0)).to_have_text("lundi")
    expect(days.nth(1)).to_have_text("mardi")
    assert not axe(walk.page)
    screenshot(walk.page, "two-files-question")
    walk.click("Mettre sur le tableau")
    walk.arrive("**/tableaux/**")
    _arrange_by_hand(walk.page)
    walk.click("Partager")
    walk.arrive("**/partager/")
    walk.click("Faire le lien")
    expect(walk.page.locator("#lien")).to_be_visible()
    assert len(walk.done) <= MOST_OF_TWO, walk.done
    outside: Page = visit(walk.page.locator("#lien").inner_text()).page
    expect(outside.locator(".figure-source").first).to_contain_text("pour 100")


def _arrange_by_hand(page: Page) -> None:
    """The figure takes another width with the keyboard, then by dragging its edge; it is still there when read again."""
    place = page.locator(".board-place")
    with page.expect_response("**/ranger/"):
        place.locator(".sizer").press("ArrowRight")
    expect(place).to_have_attribute("data-width", "4")
    edge = place.locator(".sizer").bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + 10, edge["y"] + 10)
    page.mouse.down()
    page.mouse.move(edge["x"] + 600, edge["y"] + 10, steps=4)
    with page.expect_response("**/ranger/"):
        page.mouse.up()
    page.reload()
    expect(page.locator(".board-place")).to_have_attribute("data-width", "6")
