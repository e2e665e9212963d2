"""Five pairs of real files that no rule was written for, each carried by an agent from two drops to a shared board.

An action is whatever a person does: a drop, a click, a choice. A doubt is a question that a page asks on the way, or a refusal.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import screenshot
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.xdist_group("house")]
MOST_ACTIONS, MOST_DOUBTS = 20, 1
WAIT = 180_000
PAIRS = {
    "ma-cantine": ("open-data/ma-cantine/campagne_td_2021.csv", "geography/epci_leger.geojson"),
    "montpellier": (
        "open-data/montpellier-2014/VilleMTP_MTP_Batiments.csv",
        "open-data/montpellier-2014/VilleMTP_MTP_Quartiers.csv",
    ),
    "rivers": ("systems/river-flows/csv/A273011002.csv", "systems/river-flows/csv/A605102001.csv"),
    "schools": (
        "systems/schools-lille/IRIS_MEL_PROFILS_SOCIAUX_PLAT_2019.csv",
        "systems/schools-lille/LISTE_COMMUNES_MEL.csv",
    ),
    "gtfs": ("open-data/gtfs/gtfs-20240704-090655.zip", ""),
}
UNITS = {"ma-cantine": "part", "montpellier": "m²", "rivers": "°C", "schools": "élèves", "gtfs": "arrêts"}
_DROP = """async ([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.querySelector("main").dispatchEvent(
      new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""


class Walk:
    """A page, what was done on it and what it asked."""

    def __init__(self, page: Page) -> None:
        self.page, self.done, self.doubts = page, list[str](), list[str]()
        page.set_default_timeout(WAIT)

    def pour(self, file: Path, shot: str) -> None:
        self.done.append(f"déposer {file.name}")
        self.page.evaluate(_DROP, [file.name, base64.b64encode(file.read_bytes()).decode()])
        self.page.wait_for_url("**/livraisons/*/", wait_until="load")
        self.doubts += [
            one.split("\n")[0] for one in self.page.locator(".guess.unsure:visible").all_inner_texts()
        ]
        screenshot(self.page, shot)
        button = self.page.get_by_role("button", name="Verser", exact=True)
        box = button.bounding_box()
        assert box and box["y"] + box["height"] <= self.page.viewport_size["height"], (
            f"« Verser » is at {box}"
        )  # type: ignore[index]
        self.done.append("Verser")
        button.click()
        self.page.wait_for_url(re.compile(r"/(jeux/|livraisons/\d+/$|donnees/$)"), wait_until="load")

    def click(self, name: str | re.Pattern[str], arrive: str) -> None:
        self.done.append(f"« {name} »")
        self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first.click()
        self.page.wait_for_url(arrive, wait_until="load")
        self.doubts += self.page.locator(
            "main .alert.warn:visible h2, main .alert.danger:visible h2"
        ).all_inner_texts()

    def answer_unit(self, unit: str) -> None:
        """The question that the page asks where neither header nor values say the unit of the measure."""
        self.doubts.append("quelle unité ?")
        self.done.append(f"écrire « {unit} »")
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.locator("#id_unit").fill(unit)
            self.page.locator("#id_unit").press("Tab")
        expect(self.page.get_by_text("L'aperçu est à jour.")).to_be_attached()

    def join(self) -> None:
        """To the question on both files: by the button that names the other one, else by choosing it."""
        if self.page.get_by_role("link", name="Graphiques, questions, rapprochements").count():
            # A dataset that was not poured just now measures its proposals when it is asked to.
            self.click("Graphiques, questions, rapprochements", "**graphiques=1**")
        offered = self.page.get_by_role("link", name=re.compile("^Rapprocher de «"))
        # The page's proposals are measured after it is shown: one of the two buttons comes with them.
        offered.or_(self.page.get_by_role("link", name="Rapprocher d'un autre fichier")).first.wait_for()
        if offered.count():
            self.click(re.compile("^Rapprocher de «"), "**jeu=**")
            return
        self.click("Rapprocher d'un autre fichier", "**choisir=1**")
        self.done.append("choisir l'autre fichier")
        self.page.locator("#id_avec").select_option(index=1)
        self.click("Changer de jeux", "**avec=**")


@pytest.fixture(scope="module")
def empty(towns: Iterator[Town]) -> dict[str, Town]:
    return {name: next(towns) for name in PAIRS}


@pytest.mark.parametrize("name", PAIRS)
def test_two_files_never_used_before_become_a_shared_board(
    name: str, empty: dict[str, Town], visit: Any, real_data: Path, record_property: Any
) -> None:
    town = empty[name]
    walk = Walk(visit(town.url, cookies=town.cookies).page)
    for rank, path in enumerate(path for path in PAIRS[name] if path):
        if rank:
            walk.click("Données", "**/donnees/")
        walk.pour(real_data / path, f"pairs-{name}-{rank}")
    if "/jeux/" not in walk.page.url:
        walk.click("Stop times", "**/jeux/**")
    screenshot(walk.page, f"pairs-{name}-dataset")
    walk.join()
    screenshot(walk.page, f"pairs-{name}-question")
    if walk.page.get_by_role("button", name="Rapprocher ainsi").count():
        walk.doubts.append("quelle colonne ?")
        walk.click("Rapprocher ainsi", "**cle=**")
    if walk.page.locator("#unite #id_unit").count():
        walk.answer_unit(UNITS[name])
    walk.click("Mettre sur le tableau", "**/tableaux/**")
    walk.click("Partager", "**/partager/")
    walk.click("Faire le lien", "**/partager/")
    link = walk.page.locator("#lien").inner_text(timeout=15_000)
    assert link.startswith("http"), walk.page.locator("main").inner_text()
    expect(visit(link).page.locator("main figure")).to_have_count(1)  # as somebody who is not signed in
    record_property("actions", len(walk.done))
    record_property("doubts", len(walk.doubts))
    print(f"{name}: {len(walk.done)} actions {walk.done}; {len(walk.doubts)} doubts {walk.doubts}")
    assert len(walk.done) <= MOST_ACTIONS, walk.done
    assert len(walk.doubts) <= MOST_DOUBTS, walk.doubts
