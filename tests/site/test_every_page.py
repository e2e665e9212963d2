"""Every page of the site in the real browser: accessible, narrow, readable without JavaScript, silent to the outside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from plain_pages import Plain, covering, read
from playwright.sync_api import Browser, BrowserContext, Response, expect

from browser import PATIENCE, SCREENS, Visit, screens
from isolation import continuing
from rings import LONG, representatives

NOT_PAGES = {"account_logout", "access-journal-export", "ledger-export", "dataset-export", "recipe-export", "recipe-python", "recipe-yaml", "board-export", "run-csv", "run-certificate", "decisions-csv", "decisions-sheet-csv", "contestation-affected",
             "ledger-proof", "portal-ledger-root", "portal-ledger-key", "portal-ledger-keys", "portal-ledger-proof", "portal-dataset-csv", "snapshot-aside", "portal-figure", "board-figure", "recipe-figure", "job-state",
             "host-register", "metrics", "api-description", "late-deliveries-csv", "trust-register-csv", "trust-register-json",
             "trust-register-nl-csv", "trust-register-nl-json", "portal-register-csv", "portal-register-json",
             "portal-register-nl-json"}  # fmt: skip
MUST_BE_SEEN = {
    "help", "help-guide", "portal", "portal-territory", "portal-datasets", "portal-dataset", "portal-system", "portal-board", "territory", "catalogue",
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
    "trust-register-nl-json", "mail-letter-text",
}  # fmt: skip
MUST_BE_SEEN |= {
    "portal-systems", "portal-sign", "portal-words", "portal-committee", "portal-recommendations", "portal-reports",
    "portal-report", "reports", "report", "recommendations", "recommendation", "sites", "site-declare", "site-fallback",
    "cyber", "devices", "device", "register", "register-entry", "response", "host-cyber", "host-cyber-town",
}  # fmt: skip


# Files of the registers and plans.
NOT_PAGES |= {
    "register-export", "plan-export", "guide-evidence", "response-export", "response-blank", "cyber-call-html",
    "cyber-call-pdf", "register-calendar", "cyber-script", "paper-odt", "paper-pdf", "paper-txt", "paper-eml", "paper-zip",
}  # fmt: skip

NOT_PAGES |= continuing.EXPORTS | {"paper-form-preview"}
# The residents' page is a document of its own, read in tests/continuity/test_restoration_site_browser.py.
NOT_PAGES |= {"restoration-preview", "restoration-exercise-preview"}


@dataclass(frozen=True)
class Drawn:
    """What the browser made of a page: its faults, whom it called, where the first Tab leads and where Enter goes from there."""

    address: str
    faults: list[str]
    hosts: set[str]
    titles: int
    first_stop: str
    then: str


class Screen:
    """One window of the guide's browser, in which page after page is opened."""

    def __init__(self, context: BrowserContext, badge: list[Any]) -> None:
        context.set_default_timeout(PATIENCE)
        context.add_cookies(badge)
        self._page = context.new_page()
        self._visit, self._hosts = Visit(self._page), set[str]()
        self._visit.listen()
        self._page.on("request", lambda request: self._hosts.add(urlsplit(request.url).netloc))
        self._answer: Response | None = None

    def open(self, address: str) -> None:
        self._visit.complaints.clear()
        self._hosts.clear()
        self._answer = self._page.goto(address)

    def examine(self) -> Drawn:
        assert self._answer is not None
        page = self._page
        if LONG:
            page.wait_for_load_state("networkidle")
        faults = self._visit.faults()
        titles = page.locator("h1").count()
        page.keyboard.press("Tab")
        first_stop = page.evaluate("document.activeElement.getAttribute('href')")
        page.keyboard.press("Enter")
        then = page.evaluate("location.hash")
        return Drawn(self._answer.url, faults, {*self._hosts}, titles, first_stop, then)


@dataclass
class Crawl:
    """One address for each named page that is reached by following links from the home and the portal."""

    plain: dict[str, Plain] = field(default_factory=dict)
    drawn: dict[tuple[int, bool], dict[str, Drawn]] = field(default_factory=lambda: {s: {} for s in SCREENS})

    def pages(self) -> Iterator[tuple[str, Drawn]]:
        for drawn in self.drawn.values():
            yield from drawn.items()


@pytest.fixture(scope="session")
def crawl(served: Any, badge: list[Any], chromium: Browser) -> Crawl:
    """Every page is read; all are drawn on each screen in the long ring, in the quick one those that show every part between them."""
    served.wait_until_complete()
    found = Crawl()
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
        if name in found.plain or name in NOT_PAGES:
            continue
        page = read(address, badge)
        assert page.status == 200, f"{path}: {page.status}"
        found.plain[name] = page
        waiting += page.links
    drawn = representatives(found.plain, covering(found.plain))
    for screen in SCREENS:
        width, dark = screen
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        window = Screen(context, badge)
        for name in drawn:
            if screen in screens(name):
                window.open(found.plain[name].address)
                found.drawn[screen][name] = window.examine()
        context.close()
    return found


def _faults(drawn: dict[str, Drawn]) -> dict[str, list[str]]:
    return {f"{name} {page.address}": page.faults[:5] for name, page in drawn.items() if page.faults}


def test_every_page_of_this_slice_is_reached_by_following_links(crawl: Crawl):
    assert crawl.plain.keys() >= MUST_BE_SEEN, MUST_BE_SEEN - crawl.plain.keys()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.requirement("R95")
def test_no_page_has_a_fault_for_axe(crawl: Crawl, screen: tuple[int, bool]):
    assert crawl.drawn[screen]
    assert _faults(crawl.drawn[screen]) == {}


def test_every_page_of_the_invented_town_says_so_and_is_never_indexed(crawl: Crawl):
    for name, page in crawl.plain.items():
        if re.search(r":\d+/[tp]/", page.address):
            assert "Ville fictive — données simulées" in page.text, name
            assert "noindex" in page.robots, name


def test_no_page_calls_any_outside_host_and_all_carry_a_strict_policy(crawl: Crawl, served: Any):
    for _, drawn in crawl.pages():
        assert drawn.hosts <= {urlsplit(served.url).netloc, ""}, drawn.address
    for page in crawl.plain.values():
        assert "unsafe" not in page.policy, page.address
        assert "default-src 'self'" in page.policy, page.address


def test_every_page_has_one_title_and_can_skip_to_its_content(crawl: Crawl):
    for name, page in crawl.plain.items():
        assert (page.titles, page.first_link) == (1, "#contenu"), name
    for name, drawn in crawl.pages():
        assert (drawn.titles, drawn.first_stop, drawn.then) == (1, "#contenu", "#contenu"), name


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
