"""The first hour of a small town: from the link that `beffroi init` prints to a ratio that anyone may open, without a terminal.

An action is whatever a person does: a link opened, a drop, a click, a field filled or chosen; three seconds each, in the
keystroke-level manner. The whole product of a browser, real files and real processes: long ring only.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from blank import founded
from browser import PATIENCE, axe, no_horizontal_scroll, screenshot
from coming_in import PASSWORD
from commands import free_address, serving
from reference_data import require_reference

pytestmark = pytest.mark.long
MOST = 20
SECONDS = 3
_DROP = """async ([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type: "text/csv" }));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.querySelector("main").dispatchEvent(
      new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""


class Walk:
    """A page, and what was done on it so far."""

    def __init__(self, page: Page) -> None:
        self.page, self.done = page, list[str]()

    def open(self, address: str) -> None:
        self.done.append("ouvrir le lien")
        self.page.goto(address)

    def click(self, kind: Any, name: str, arrive: str) -> None:
        self.done.append(f"« {name} »")
        self.page.get_by_role(kind, name=name).first.click()
        self.page.wait_for_url(arrive, timeout=PATIENCE, wait_until="load")

    def fill(self, field: str, text: str) -> None:
        self.done.append(f"remplir {field}")
        self.page.locator(field).fill(text)

    def choose_live(self, label: str, words: str) -> None:
        """Choose in a form whose answer follows beside it."""
        self.done.append(f"choisir « {words} »")
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.get_by_label(label).select_option(label=words)
        expect(self.page.get_by_text("L'aperçu est à jour.")).to_be_attached(timeout=PATIENCE)

    def drop(self, file: Path) -> None:
        self.done.append(f"déposer {file.name}")
        self.page.evaluate(_DROP, [file.name, file.read_text("utf-8")])
        self.page.wait_for_url("**/livraisons/*/", timeout=PATIENCE, wait_until="load")


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An instance that `beffroi init` has just made, in service; its first person's link."""
    require_reference()
    home, url = tmp_path_factory.mktemp("bourg") / "home", free_address()
    printed = founded(
        home, "--territory", "Nantes", "--email", "secretaire@example.org", "--name", "Awa Diallo", url=url
    )
    with serving(home, url):
        yield printed.strip()


def test_a_lone_agent_joins_two_files_and_shares_a_ratio_by_weekday(
    link: str, visit: Any, real_data: Path, record_property: Any
) -> None:
    meals = real_data / "open-data/nantes-canteens/raw/frequentation.csv"
    calendar = real_data / "open-data/calendar-temperature/calendrier_francais_complet.csv"
    walk = Walk(visit("about:blank").page)
    walk.open(link)
    walk.click("button", "Entrer", "**/password/set/**")
    for field in ("#id_password1", "#id_password2"):
        walk.fill(field, PASSWORD)
    walk.click("button", "Choisir ce mot de passe", "**/second-facteur/**")
    walk.click("button", "Plus tard", "**/t/nantes/")
    ticks(walk.page, 0)
    for file in (meals, calendar):
        if file is calendar:
            walk.click("link", "Accueil", "**/t/nantes/")
        walk.drop(file)
        walk.click("button", "Verser", "**/donnees/jeux/**")
    # From the calendar too: the join begins with the meals, each of which has one day.
    walk.click("link", "Rapprocher de « Frequentation »", "**jeu=frequentation**")
    walk.choose_live("Seule, ou avec une autre", "divisée par (÷)")
    walk.choose_live("Une ligne pour chaque…", "Jour de la semaine")
    expect(walk.page.locator("#reponse")).to_contain_text("66 884 lignes sur 83 265", use_inner_text=True)
    walk.click("button", "Mettre sur le tableau", "**/tableaux/**")
    walk.click("link", "Partager", "**/partager/")
    walk.click("button", "Faire le lien", "**/partager/")
    # The instance of the test is on 127.0.0.1: the page says that nobody else can open the link, and where to set it.
    expect(walk.page.locator("main")).to_contain_text("BEFFROI_URL")
    assert axe(walk.page) == []

    outside = Walk(visit("about:blank").page)
    outside.open(walk.page.locator("#lien").inner_text())
    page = outside.page
    page.wait_for_selector('[data-island="chart"][data-awake="yes"] svg')
    expect(page.locator("main")).to_contain_text("66 884 lignes", use_inner_text=True)
    for day in ("lundi", "mardi", "mercredi", "jeudi", "vendredi"):
        expect(page.locator("main table")).to_contain_text(day)
    assert axe(page) == []

    actions = walk.done + outside.done
    record_property("actions", len(actions))
    record_property("seconds", SECONDS * len(actions))
    assert len(actions) <= MOST, "\n".join(actions)
    walk.page.goto(link.partition("/entree/")[0] + "/t/nantes/")
    ticks(walk.page, 2)


def ticks(page: Page, done: int) -> None:
    """The home has ticked so many of its five first steps; each of the others leads somewhere."""
    section = page.locator("section", has=page.get_by_role("heading", name="Vos premiers pas"))
    expect(section.locator("li")).to_have_count(5)
    expect(section.locator("li.done")).to_have_count(done)
    expect(section.get_by_role("link")).to_have_count(5 - done)
    screenshot(page, f"first-steps-{done}")
    assert axe(page) == []
    assert no_horizontal_scroll(page) == []
