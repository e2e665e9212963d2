"""The page of an exercise in the two browsers of a borrowed laptop (`file://`): two hours and thirty messages, sixty times faster.

Real browsers, killed half-way: long ring only. Each message comes at its moment, nothing is lost, nothing is asked of a network.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from beffroi.web.continuity.exercises import exercise_file
from browser import shared_playwright
from support.played_exercises import ANY_TOWN, page, scenario
from support.stick_browsers import StickBrowser, start_browser

pytestmark = [pytest.mark.browser, pytest.mark.long]
LONG = "exercise_ransomware_epci"
SPEED = 60
LATEST = 2.0  # seconds by which a message may come late
READY = "document.documentElement.dataset.ready === 'yes'"
# When each message appears on the screen, in milliseconds of the page's clock.
WATCH = """(window.appeared = {}, window.look = () => document.querySelectorAll("article.inject").forEach((one) => {
  window.appeared[one.id.replace("message-", "")] ??= Date.now();
}), window.look(), new MutationObserver(window.look).observe(document.body, {subtree: true, childList: true}), 0)"""
type Starter = Callable[[Path], StickBrowser]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with shared_playwright() as started:
        yield started


@pytest.fixture(params=["chromium", "firefox"])
def start(request: pytest.FixtureRequest) -> Iterator[Starter]:
    running: list[StickBrowser] = []

    def start_one(profile: Path) -> StickBrowser:
        running.append(start_browser(request.param, profile, lambda: request.getfixturevalue("playwright")))
        return running[-1]

    yield start_one
    asked = [address for browser in running for address in browser.asked]
    for browser in running:
        browser.close()
    assert asked == []


def click(browser: StickBrowser, selector: str) -> None:
    browser.evaluate(f"(document.querySelector({selector!r}).click(), 0)")


def players(browser: StickBrowser, address: str) -> None:
    """Their screen in a tab of its own: the board's is hidden behind it."""
    browser.other_tab()
    browser.open(f"{address}#joueurs")
    browser.until(READY)
    browser.evaluate(WATCH)


def test_two_hours_and_thirty_messages_with_a_killed_browser(
    start: Starter, tmp_path: Path, record_property: Any
) -> None:
    (tmp_path / "exercice.html").write_text(page(LONG), "utf-8")
    address = (tmp_path / "exercice.html").as_uri()
    injects = scenario(LONG).injects
    half = injects[len(injects) // 2]
    browser = start(tmp_path / "profile")
    browser.open(address)
    browser.until(READY)
    browser.evaluate(
        f"(document.getElementById('speed').value = '{SPEED}', document.getElementById('speed-part').requestSubmit(), 0)"
    )
    browser.until("document.getElementById('state').textContent.includes('60 fois')")
    begun = browser.evaluate("(document.getElementById('start').click(), Date.now())")
    browser.until("document.body.dataset.state === 'running'")
    browser.evaluate(
        "(document.getElementById('react-text').value = 'On débranche', document.getElementById('react').requestSubmit(), 0)"
    )
    browser.until("document.getElementById('received').textContent.includes('On débranche')")
    players(browser, address)
    watched = time.time()
    time.sleep(max(0, begun / 1000 + half.minute * 60 / SPEED + 1 - time.time()))
    browser.until(f"window.appeared[{half.key!r}]")
    appeared = browser.evaluate("window.appeared")
    browser.kill()  # as a power cut would
    died = time.time()
    browser = start(tmp_path / "profile")
    browser.open(address)
    browser.until(READY)
    browser.until("document.getElementById('received').textContent.includes('On débranche')")
    players(browser, address)
    back = time.time()
    last = injects[-1]
    time.sleep(max(0, begun / 1000 + last.minute * 60 / SPEED + 1 - time.time()))
    browser.until(f"window.appeared[{last.key!r}]")
    appeared = browser.evaluate("window.appeared") | appeared
    assert set(appeared) == {inject.key for inject in injects}, "a killed browser loses nothing"
    moments = {inject.key: begun / 1000 + inject.minute * 60 / SPEED for inject in injects}
    # While no screen of the players was there nothing could appear.
    shown = {key: at for key, at in moments.items() if watched < at < died - LATEST or back < at}
    late = [appeared[key] / 1000 - at for key, at in shown.items()]
    worst = max(late)
    record_property("drift", f"{worst:.2f} s at most over {len(late)} messages, {SPEED} times as fast")
    print(f"\ndrift: {worst:.2f} s at most over {len(late)} messages, {SPEED} times as fast")
    assert min(late) >= -0.1 and worst <= LATEST
    browser.open(f"{address}#animateur")
    browser.until(READY)
    click(browser, "#end")
    browser.until("location.hash === '#bilan' && document.body.dataset.state === 'ended'")
    click(browser, "#save")
    played = exercise_file.parse(
        browser.downloaded("EXERCICE-*.json").read_bytes(), ANY_TOWN.code, datetime.now(UTC)
    )
    assert [event.act for event in played.events] == ["speed", "start", "reaction", "end"]
