"""In the real browser on a served instance, which no quicker test replaces: an ordinary day of forty sites takes six actions at most.

By mouse and by keyboard alone, without JavaScript too; and the page says little around its table.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import page_faults, says, screens, screenshot, settle, tab_to
from house import SeededHome, seeded

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("decisions")]
SEED = """
import sys
from datetime import date, timedelta
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.conf import settings
settings.BASE_URL = sys.argv[2]
from beffroi.systems.contract import ProposedAct
from beffroi.web.decisions.services import propose
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=48000, is_fictional=True))
legal_act = LegalAct("Procès-verbal d'essai", date(2026, 3, 22))
decider = admit(town, "decider@example.org", "Camille Élue", ["decider"], by=None, simulated=True, legal_act=legal_act)
today = date.today()

def order(place, day, value=120.0, habit=(118, 121, 117, 122)):
    past = {(day - timedelta(weeks=n + 1)).isoformat(): meals for n, meals in enumerate(habit)}
    return ProposedAct(f"{place}, {day}", value, "repas", value - 12, value + 12, ("Les derniers jours.",), {"last_comparable": past},
                       key=f"{day}/{place}", day=day, place=place)

with scope.inside(town):
    for ahead in (1, 2):
        day = today + timedelta(days=ahead)
        acts = [order(f"École n° {n:02}", day) for n in range(1, 40)] + [order("Zola", day, 190.0)]
        propose(town, system="canteen", system_version="1.0", run=f"run-{ahead}", acts=acts)
print(make_link(decider, "signin"))
"""
AROUND_THE_TABLE = """() => {
  const words = (e) => e.innerText.split(/\\s+/).filter(Boolean).length;
  const main = document.querySelector("main"), table = document.querySelector(".table-wrap");
  return [words(main) - words(table), document.documentElement.scrollHeight - table.offsetHeight];
}"""

BEYOND_ITS_BOX = """() => {
  const box = document.querySelector(".table-wrap");
  return [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight];
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("day") / "home", SEED, "decider") as home:
        yield home


class Counted:
    """What a person does, one action each: a click, a choice in a list, a key that acts."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def click(self, role: Any, name: str) -> None:
        self.count += 1
        self.page.get_by_role(role, name=name).first.click()

    def choose(self, label: str, option: str) -> None:
        self.count += 1
        self.page.get_by_label(label, exact=True).select_option(option)

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)


def waits(page: Page, count: int) -> None:
    expect(page.locator("tbody tr")).to_have_count(count)


def test_a_day_of_forty_sites_takes_six_actions_by_mouse_without_javascript(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    page = visit(f"{served.url}/t/valbruyere/", cookies=served.badges["decider"], script=False).page
    person = Counted(page)
    person.click("link", "À valider")
    waits(page, 40)
    person.choose("Motif, Zola", "Une information récente manque dans les données")
    person.click("button", "Retenir Zola")
    waits(page, 39)
    person.choose("Motif", "Cohérent avec ce que nous savons")
    person.click("button", "Valider les 39 lignes ordinaires")
    says(page, "39 lignes validées", "Rien n'attend pour ce jour")
    assert person.count <= 6


def test_a_day_of_forty_sites_takes_six_actions_by_keyboard_alone(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    found: list[str] = []
    for width, dark in screens("day"):
        page = visit(
            f"{served.url}/t/valbruyere/decisions/", cookies=served.badges["decider"], width=width, dark=dark
        ).page
        settle(page)
        screenshot(page, f"day-{width}")
        assert page.evaluate(BEYOND_ITS_BOX) == [0, 0], width
        found += page_faults(page)
    page = visit(f"{served.url}/t/valbruyere/", cookies=served.badges["decider"]).page
    person = Counted(page)
    tab_to(page, "À valider")
    person.press("Enter")
    waits(page, 40)
    words, height = page.evaluate(AROUND_THE_TABLE)
    assert words <= 350 and height <= 2 * 800, (words, height)
    total = page.locator("[data-total]")
    assert total.inner_text().split() == ["4", "870"]
    page.get_by_label("À retenir, Zola").fill("150,5")
    assert total.inner_text().split() == ["4", "830,5"]
    page.get_by_label("À retenir, Zola").fill("190")
    assert total.inner_text().split() == ["4", "870"]
    tab_to(page, "Motif, Zola")
    person.press("u")  # « Une information récente… »
    tab_to(page, "Retenir Zola")
    person.press("Enter")
    waits(page, 39)
    settle(page)
    person.press("v")
    person.press("c")  # « Cohérent avec ce que nous savons »
    tab_to(page, "Valider les 39 lignes ordinaires")
    person.press("Enter")
    says(page, "39 lignes validées", "Rien n'attend pour ce jour")
    assert person.count <= 6
    assert found == []
