"""A small town set up by its preset, from the link that `beffroi init` prints to a chart that anyone may open.

The whole product of a browser, a real file and real processes: long ring only.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from blank import founded
from browser import PATIENCE, axe, no_horizontal_scroll, screenshot
from coming_in import PASSWORD
from commands import free_address, serving
from reference_data import require_reference
from support.walks import Walk

pytestmark = [pytest.mark.long, pytest.mark.browser]
MOST = 12
_DROP = """async ([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name, { type: "text/csv" }));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.querySelector("main").dispatchEvent(
      new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An instance that `beffroi init` has just made by the preset, in service; its first person's link."""
    require_reference()
    home, url = tmp_path_factory.mktemp("village") / "home", free_address()
    printed = founded(
        home,
        "--territory",
        "28325",
        "--email",
        "secretaire@example.org",
        "--preset",
        "petite-commune",
        url=url,
    )
    with serving(home, url):
        yield printed.strip()


def test_the_secretary_of_a_small_town_shares_a_first_chart(
    link: str, visit: Any, real_data: Path, record_property: Any
) -> None:
    meals = real_data / "open-data/nantes-canteens/raw/frequentation.csv"
    me = Walk(visit("about:blank").page, "preset-chart")
    me.open(link)
    me.click("button", "Entrer")
    for field in ("#id_password1", "#id_password2"):
        me.fill(me.page.locator(field), PASSWORD)
    me.click("button", "Choisir ce mot de passe")
    me.click("button", "Plus tard")
    expect(me.page.locator("nav.places li")).to_have_text(
        ["Accueil", "Déposer", "Demander", "Sécurité", "Réglages"]
    )
    me.done.append(f"déposer {meals.name}")
    me.page.evaluate(_DROP, [meals.name, meals.read_text("utf-8")])
    me.page.wait_for_url("**/livraisons/*/", timeout=PATIENCE, wait_until="load")
    me.click("button", "Verser")
    me.page.wait_for_url("**/donnees/jeux/**", timeout=PATIENCE, wait_until="load")
    me.fill(me.page.locator("input[name=unite]").first, "repas")  # nothing in the file says it
    me.click("button", "Garder et partager")
    me.click("button", "Faire le lien")
    for width in (360, 1280):
        me.page.set_viewport_size({"width": width, "height": 900})
        assert no_horizontal_scroll(me.page) == []
        screenshot(me.page, f"preset-shared-{width}")

    outside = Walk(visit("about:blank").page, "preset-outside")
    outside.open(me.page.locator("#lien").inner_text())
    page = outside.page
    page.wait_for_selector('[data-island="chart"][data-awake="yes"] svg')
    assert axe(page) == []

    actions = me.done + outside.done
    record_property("actions", len(actions))
    record_property("words", me.words + outside.words)
    assert len(actions) <= MOST, "\n".join(actions)
