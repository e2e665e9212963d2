"""Every page of the site in the real browser: accessible, narrow, readable without JavaScript, silent to the outside."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page, expect

from browser import PATIENCE, Visit, axe, no_horizontal_scroll, small_targets

NOT_PAGES = {"account_logout", "ledger-export", "dataset-export", "recipe-export", "recipe-python", "recipe-yaml", "board-export", "run-csv", "run-certificate", "decisions-csv", "decisions-sheet-csv", "contestation-affected",
             "ledger-proof", "portal-ledger-root", "portal-ledger-key", "portal-ledger-proof", "portal-dataset-csv", "snapshot-aside", "portal-figure", "board-figure", "recipe-figure", "job-state",
             "host-register", "api-description", "late-deliveries-csv", "trust-register-csv", "trust-register-json",
             "trust-register-nl-csv", "trust-register-nl-json", "portal-register-csv", "portal-register-json",
             "portal-register-nl-json"}  # fmt: skip
MUST_BE_SEEN = {
    "portal", "portal-territory", "portal-dataset", "portal-system", "portal-board", "territory", "catalogue",
    "upload", "deliveries", "sources", "late-deliveries", "dataset", "dataset-card", "snapshot", "boards", "board", "recipe", "new-analysis", "drafts",
    "systems", "system", "system-life", "system-sheet", "system-options", "system-declare", "system-declaration", "system-quality", "trainings",
    "system-bind", "system-run", "system-record", "run", "decisions-sheet", "decisions", "proposal", "decisions-history", "contestations", "contestation-write", "decisions-to-read", "decisions-usage",
    "portal-contest", "portal-contest-follow", "portal-contest-letter", "ledger",
    "ledger-line", "trust-register", "trust-law", "committee", "committee-system", "portal-ledger", "people", "tokens", "dataset-notebook", "api", "place", "competence-end", "host", "host-settings", "host-add", "host-add-by-hand",
    "host-territory", "mfa_index", "usersessions_list", "account_change_password",
}  # fmt: skip

# What citizens see of AI, and how it is kept.
NOT_PAGES |= {
    "recommendations-csv", "report-json", "report-pdf", "portal-report-json", "portal-report-pdf", "portal-register-csv",
    "portal-register-json", "portal-register-nl-json", "trust-register-csv", "trust-register-json", "trust-register-nl-csv",
    "trust-register-nl-json",
}  # fmt: skip
MUST_BE_SEEN |= {
    "portal-systems", "portal-sign", "portal-words", "portal-committee", "portal-recommendations", "portal-reports",
    "portal-report", "reports", "report", "recommendations", "recommendation",
}  # fmt: skip


@dataclass(frozen=True)
class Plain:
    """A page as it comes without JavaScript."""

    address: str
    text: str
    robots: str


@dataclass(frozen=True)
class Drawn:
    """What the browser made of a page: its faults, whom it called, where the first Tab leads and where Enter goes from there."""

    address: str
    faults: list[str]
    hosts: set[str]
    policy: str
    titles: int
    first_stop: str
    then: str


@pytest.fixture(scope="session")
def pages(served: Any, badge: list[Any], chromium: Browser) -> dict[str, Plain]:
    """One address for each named page that can be reached by following links from the home and the portal."""
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(badge)
    page = context.new_page()
    found: dict[str, Plain] = {}
    waiting, seen = [served.at(), f"{served.url}/", served.public()], set()
    while waiting:
        address = waiting.pop(0).split("#")[0]
        path = urlsplit(address).path
        if path in seen or not address.startswith(served.url) or path.startswith("/static/"):
            continue
        seen.add(path)
        try:
            name = resolve(path).url_name
        except Resolver404:
            pytest.fail(f"a link leads nowhere: {path}")
        if name in found or name in NOT_PAGES:
            continue
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        found[name] = Plain(address, page.inner_text("body"), answer.headers.get("x-robots-tag", ""))
        waiting += [
            urljoin(address, href)
            for href in page.eval_on_selector_all("a[href]", "a => a.map(e => e.getAttribute('href'))")
        ]
    context.close()
    return found


def _drawn(
    pages: dict[str, Plain], chromium: Browser, badge: list[Any], *, width: int, dark: bool
) -> dict[str, Drawn]:
    """Every page opened once, in one browser's session."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        locale="fr-FR",
        timezone_id="Europe/Paris",
    )
    context.set_default_timeout(PATIENCE)
    context.add_cookies(badge)
    drawn = {name: _looked_at(plain.address, context.new_page()) for name, plain in pages.items()}
    context.close()
    return drawn


def _looked_at(address: str, page: Page) -> Drawn:
    seen, hosts = Visit(page), set[str]()
    seen.listen()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    answer = page.goto(address)
    assert answer is not None
    page.wait_for_load_state("networkidle")
    faults = axe(page) + no_horizontal_scroll(page) + small_targets(page) + seen.complaints
    titles = page.locator("h1").count()
    page.keyboard.press("Tab")
    first_stop = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    then = page.evaluate("location.hash")
    page.close()
    policy = answer.headers["content-security-policy"]
    return Drawn(address, faults, hosts, policy, titles, first_stop, then)


@pytest.fixture(scope="session")
def wide(pages: dict[str, Plain], chromium: Browser, badge: list[Any]) -> dict[str, Drawn]:
    return _drawn(pages, chromium, badge, width=1280, dark=False)


@pytest.fixture(scope="session")
def narrow(pages: dict[str, Plain], chromium: Browser, badge: list[Any]) -> dict[str, Drawn]:
    return _drawn(pages, chromium, badge, width=320, dark=True)


def _faults(drawn: dict[str, Drawn]) -> dict[str, list[str]]:
    return {f"{name} {page.address}": page.faults[:5] for name, page in drawn.items() if page.faults}


def test_every_page_of_this_slice_is_reached_by_following_links(pages: dict[str, Plain]):
    assert pages.keys() >= MUST_BE_SEEN, MUST_BE_SEEN - pages.keys()


def test_no_page_has_a_fault_for_axe_at_1280_in_light(wide: dict[str, Drawn]):
    assert _faults(wide) == {}


def test_no_page_has_a_fault_for_axe_at_320_in_dark(narrow: dict[str, Drawn]):
    assert _faults(narrow) == {}


def test_every_page_of_the_invented_town_says_so_and_is_never_indexed(pages: dict[str, Plain]):
    for name, page in pages.items():
        if re.search(r":\d+/[tp]/", page.address):
            assert "Ville fictive — données simulées" in page.text, name
            assert "noindex" in page.robots, name


def test_no_page_calls_any_outside_host_and_all_carry_a_strict_policy(wide: dict[str, Drawn], served: Any):
    for page in wide.values():
        assert page.hosts <= {urlsplit(served.url).netloc, ""}, page.address
        assert "unsafe" not in page.policy, page.address
        assert "default-src 'self'" in page.policy, page.address


def test_every_page_has_one_title_and_can_skip_to_its_content(wide: dict[str, Drawn]):
    for name, page in wide.items():
        assert (page.titles, page.first_stop, page.then) == (1, "#contenu", "#contenu"), name


def test_a_board_draws_its_charts_and_its_map_in_the_browser(inside: Any):
    for board, kinds in (("un-matin-a-la-cantine", ("chart",)), ("dechets-et-energie", ("chart", "map"))):
        opened = inside(f"analyses/tableaux/{board}/")
        for kind in kinds:
            drawn = "svg.marks" if kind == "chart" else "canvas"
            opened.page.locator(f"[data-island={kind}] {drawn}").first.wait_for(timeout=60_000)
        assert opened.complaints == []


def test_a_board_is_readable_without_javascript(inside: Any):
    page = inside("analyses/tableaux/un-matin-a-la-cantine/", script=False).page
    expect(page.locator("table").nth(1)).to_be_attached()
    assert re.search(r"\d,\d", page.inner_text("main"))
