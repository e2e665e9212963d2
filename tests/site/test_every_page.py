"""Every page of the site in the real browser: accessible, narrow, readable without JavaScript, silent to the outside."""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from browser import axe, no_horizontal_scroll, small_targets

NOT_PAGES = {"account_logout", "ledger-export", "dataset-export", "recipe-export", "recipe-python", "recipe-yaml", "board-export", "run-csv", "run-certificate", "decisions-csv", "contestation-affected",
             "ledger-proof", "portal-ledger-root", "portal-ledger-key", "portal-ledger-proof", "portal-dataset-csv", "snapshot-aside", "portal-figure", "board-figure", "recipe-figure", "job-state",
             "host-register", "api-description", "late-deliveries-csv", "trust-register-csv", "trust-register-json",
             "trust-register-nl-csv", "trust-register-nl-json", "portal-register-csv", "portal-register-json",
             "portal-register-nl-json"}  # fmt: skip
MUST_BE_SEEN = {
    "portal", "portal-territory", "portal-dataset", "portal-system", "portal-board", "territory", "catalogue",
    "upload", "deliveries", "sources", "late-deliveries", "dataset", "dataset-card", "snapshot", "boards", "board", "recipe", "new-analysis", "drafts",
    "systems", "system", "system-life", "system-sheet", "system-options", "system-declare", "system-declaration", "system-quality", "trainings",
    "system-bind", "system-run", "run", "decisions", "proposal", "decisions-history", "contestations", "contestation-write", "decisions-to-read", "decisions-usage",
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


@pytest.fixture(scope="session")
def pages(served: Any, badge: list[Any], chromium: Any) -> dict[str, str]:
    """One address for each named page that can be reached by following links from the home and the portal."""
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(badge)
    page = context.new_page()
    found: dict[str, str] = {}
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
        found[name] = address
        waiting += [
            urljoin(address, href)
            for href in page.eval_on_selector_all("a[href]", "a => a.map(e => e.getAttribute('href'))")
        ]
    context.close()
    return found


def test_every_page_of_this_slice_is_reached_by_following_links(pages: dict[str, str]):
    assert pages.keys() >= MUST_BE_SEEN, MUST_BE_SEEN - pages.keys()


def test_no_page_has_a_fault_for_axe_at_1280_in_light(pages: dict[str, str], visit: Any, badge: list[Any]):
    assert _faults(pages, visit, badge, width=1280, dark=False) == {}


def test_no_page_has_a_fault_for_axe_at_320_in_dark(pages: dict[str, str], visit: Any, badge: list[Any]):
    assert _faults(pages, visit, badge, width=320, dark=True) == {}


def _faults(
    pages: dict[str, str], visit: Any, badge: list[Any], *, width: int, dark: bool
) -> dict[str, list[str]]:
    faults = {}
    for name, address in pages.items():
        opened = visit(address, cookies=badge, width=width, dark=dark)
        opened.page.wait_for_load_state("networkidle")
        found = (
            axe(opened.page)
            + no_horizontal_scroll(opened.page)
            + small_targets(opened.page)
            + opened.complaints
        )
        if found:
            faults[f"{name} {address}"] = found[:5]
        opened.page.context.close()
    return faults


def test_every_page_of_the_invented_town_says_so_and_is_never_indexed(
    pages: dict[str, str], visit: Any, badge: list[Any]
):
    for name, address in pages.items():
        if not re.search(r":\d+/[tp]/", address):
            continue
        opened = visit(address, cookies=badge, script=False)
        text = opened.page.inner_text("body")
        assert "Ville fictive — données simulées" in text, name
        assert "noindex" in opened.page.request.get(address).headers["x-robots-tag"], name
        opened.page.context.close()


def test_no_page_calls_any_outside_host_and_all_carry_a_strict_policy(
    pages: dict[str, str], served: Any, visit: Any, badge: list[Any]
):
    for address in pages.values():
        opened = visit("about:blank", cookies=badge)
        hosts: set[str] = set()
        opened.page.on("request", lambda request, hosts=hosts: hosts.add(urlsplit(request.url).netloc))
        answer = opened.page.goto(address)
        opened.page.wait_for_load_state("networkidle")
        policy = answer.headers["content-security-policy"]
        assert hosts <= {urlsplit(served.url).netloc, ""}, address
        assert "unsafe" not in policy, address
        assert "default-src 'self'" in policy, address
        opened.page.context.close()


def test_every_page_has_one_title_and_can_skip_to_its_content(
    pages: dict[str, str], visit: Any, badge: list[Any]
):
    for name, address in pages.items():
        opened = visit(address, cookies=badge)
        page = opened.page
        assert page.locator("h1").count() == 1, name
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#contenu", name
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#contenu", name
        page.context.close()


def test_a_board_draws_its_charts_and_its_map_in_the_browser(inside: Any):
    for board, kinds in (("un-matin-a-la-cantine", ("chart",)), ("dechets-et-energie", ("chart", "map"))):
        opened = inside(f"analyses/tableaux/{board}/")
        for kind in kinds:
            drawn = "svg.marks" if kind == "chart" else "canvas"
            opened.page.locator(f"[data-island={kind}] {drawn}").first.wait_for(timeout=60_000)
        assert opened.complaints == []


def test_a_board_is_readable_without_javascript(inside: Any):
    page = inside("analyses/tableaux/un-matin-a-la-cantine/", script=False).page
    assert page.locator("table").count() >= 2
    assert re.search(r"\d,\d", page.inner_text("main"))
