"""An exercise of two hours in the real browser, sixty times faster: each inject comes at its moment, a killed browser loses nothing.

Real server and browser: long ring only. `BEFFROI_EXERCISE_SPEED=1` plays its first thirty minutes at real speed.
"""

import os
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from beffroi.web.continuity.exercises.presenting import short_title
from beffroi.web.continuity.exercises.services import scenario
from house import SeededHome, seeded
from support.walks import Walk

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("exercise_walk")]
SPEED = int(os.environ.get("BEFFROI_EXERCISE_SPEED", "60"))
PLAYED = 118 if SPEED > 1 else 30  # minutes of the scenario
LATEST = 2.0  # seconds by which an inject may come late
SEED = """
import sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])), base_url=sys.argv[2])
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T00", name="Valbruyère", kind="CC", population=18000, is_fictional=True,
                                    contact="Siège d'essai"))
for name in ("animateur", "joueur"):
    print(make_link(admit(town, f"{name}@example.org", name.capitalize(), ["administrator"], by=None, simulated=True), "signin"))
"""
# When each inject appears on the screen, in milliseconds of the page's clock.
WATCH = """() => {
  window.appeared = {};
  const look = () => document.querySelectorAll("article.inject").forEach((one) => {
    window.appeared[one.id.replace("message-", "")] ??= Date.now();
  });
  look();
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true});
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("exercise") / "home", SEED, "facilitator", "player") as home:
        yield home


def player_page(chromium: Browser, served: SeededHome, address: str, hosts: set[str]) -> Page:
    context = chromium.new_context()
    context.add_cookies(served.badges["player"])
    page = context.new_page()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(address)
    return page


def test_two_hours_and_thirty_injects(
    served: SeededHome, visit: Any, chromium: Browser, record_property: Any
) -> None:
    found = scenario("exercise_ransomware_epci")
    assert found is not None
    me = Walk(visit("about:blank", cookies=served.badges["facilitator"]).page, "exercise")
    me.open(f"{served.url}/t/valbruyere/continuite/exercices/")
    me.click("link", short_title(found.title))
    me.click("button", "Ouvrir l'exercice")
    me.choose(me.page.get_by_label("Vitesse"), "réelle" if SPEED == 1 else f"{SPEED} fois plus vite")
    me.click("button", "Changer")
    hosts: set[str] = set()
    address = re.sub(r"/$", "/joueurs/", me.page.url)
    player = player_page(chromium, served, address, hosts)
    player.evaluate(WATCH)
    me.click("button", "Commencer")
    begun = me.page.evaluate("Date.now()")
    expected = [each for each in found.injects if each.minute <= PLAYED]
    half = expected[len(expected) // 2]
    expect(player.locator(f"#message-{half.key}")).to_be_visible(timeout=PLAYED * 60_000 / SPEED + 60_000)
    appeared = player.evaluate("window.appeared")
    player.context.close()  # the browser of the players dies
    time.sleep(3)
    player = player_page(chromium, served, address, hosts)
    expect(player.locator(f"#message-{half.key}")).to_be_visible()
    player.evaluate(WATCH)
    last = expected[-1]
    expect(player.locator(f"#message-{last.key}")).to_be_visible(timeout=PLAYED * 60_000 / SPEED + 60_000)
    appeared = player.evaluate("window.appeared") | appeared
    assert set(appeared) == {each.key for each in expected}, "a killed browser loses nothing"
    # While the browser was down nothing could appear: what came meanwhile is not counted.
    dead = [each for each in expected if half.minute < each.minute <= half.minute + 8 * SPEED / 60]
    late = {
        each.key: (appeared[each.key] - begun) / 1000 - each.minute * 60 / SPEED
        for each in expected
        if each not in dead
    }
    worst = max(late.values())
    record_property("drift", f"{worst:.2f} s at most over {len(late)} injects, {SPEED} times as fast")
    print(f"\ndrift: {worst:.2f} s at most over {len(late)} injects, {SPEED} times as fast")
    assert worst <= LATEST
    assert hosts == {urlsplit(served.url).netloc}
    assert "EXERCICE" in player.title()
    me.unfold("Terminer l'exercice")
    me.click("button", "Oui, terminer")
    expect(me.page.get_by_role("heading", name="Bilan de l'exercice")).to_be_visible()
    me.report(record_property, "exercice, animateur")
    assert me.faults == []
