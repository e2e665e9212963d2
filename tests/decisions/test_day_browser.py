"""In the real browser on a served instance, which no quicker test replaces: an ordinary day of forty sites takes six actions at most.

By mouse and by keyboard alone, without JavaScript too; and the page says little around its table.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import page_faults, says, screens, screenshot, settle, tab_to
from house import SeededHome, seeded

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("decisions")]
SEED = """
import sys
from datetime import date, time, timedelta
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.conf import settings
settings.BASE_URL = sys.argv[2]
from beffroi.systems.contract import ProposedAct
from beffroi.web.decisions.models import Deadline
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
    Deadline.objects.create(territory=town, system="canteen", at=time(10), by=decider)
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


ON_A_TELEPHONE = """() => {
  const lines = [...document.querySelectorAll("tr.ordinary")].map(row => row.offsetHeight);
  const bar = document.querySelector(".decide-bar").getBoundingClientRect();
  return [document.documentElement.scrollHeight, Math.max(...lines), innerHeight - bar.bottom];
}"""


def test_a_day_of_forty_sites_is_short_on_a_telephone_with_its_total_and_its_button_in_sight(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    for dark in (False, True):
        page = visit(
            f"{served.url}/t/valbruyere/decisions/", cookies=served.badges["decider"], width=360, dark=dark
        ).page
        waits(page, 40)
        screenshot(page, f"day-360-{'dark' if dark else 'light'}")
        height, line, below = page.evaluate(ON_A_TELEPHONE)
        assert height <= 4000 and line <= 64, (height, line)
        assert below == 0  # before any scrolling
        bar = page.locator(".decide-bar")
        assert bar.bounding_box()["height"] <= 120
        says(page, "4 870 repas", "avant : ", "10 h", "Valider les 39 lignes ordinaires", where=".decide-bar")
        page.get_by_label("À retenir, École n° 30").fill("121")
        expect(bar.locator("[data-total]")).to_have_text("4\u202f871")
        assert page_faults(page) == []


def test_the_header_of_a_member_is_low_on_a_telephone_and_opens_its_menu_by_keyboard_without_javascript(
    served: SeededHome, visit: Callable[..., Any]
) -> None:
    page = visit(
        f"{served.url}/t/valbruyere/", cookies=served.badges["decider"], width=360, script=False
    ).page
    assert page.locator(".masthead").bounding_box()["height"] <= 96
    place = page.get_by_role("navigation", name="Navigation principale").get_by_role("link").first
    expect(place).to_be_hidden()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(place).to_be_visible()
    page.keyboard.press("Tab")
    expect(place).to_be_focused()
    wide = visit(f"{served.url}/t/valbruyere/", cookies=served.badges["decider"]).page
    expect(wide.get_by_role("button", name="Menu")).to_be_hidden()
    expect(
        wide.get_by_role("navigation", name="Navigation principale").get_by_role("link").first
    ).to_be_visible()


@pytest.mark.long
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


@pytest.mark.long
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
    total = page.locator(".big-value[data-total]")
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
