"""The distribution's Chromium for tests: open a page, ask axe what is wrong, look for sideways scrolling.

In: addresses of a live server. Out: violations and pictures. `tests/conftest.py` names this module as a plugin: its
fixtures `chromium` and `visit` are everywhere, one browser a process.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
PICTURES = ROOT / "test-results"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4"]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=fr-FR",
    # Maps draw with WebGL: the software renderer, on machines without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]

# Playwright's own loop lives in this thread; Django would refuse the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A click returns when the next page is on its way, not read: after an act, what is there is waited for (`expect`, `says`).
PATIENCE = 60_000  # milliseconds, on a machine that does other things
expect.set_options(timeout=PATIENCE)


@contextmanager
def launch() -> Iterator[Browser]:
    """A browser, or a skip that says which one is missing."""
    program = (
        os.environ.get("BEFFROI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if not program:
        pytest.skip("no chromium on this machine (apt install chromium, or set BEFFROI_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


def badges(browser: Browser, links: dict[str, str]) -> dict[str, list[Any]]:
    """What each person's browser keeps after coming in by a link: cookies by the name of the person."""
    kept: dict[str, list[Any]] = {}
    for name, link in links.items():
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name="Entrer").click()
        page.wait_for_url("**/t/valbruyere/**")
        kept[name] = context.cookies()
        context.close()
    return kept


def says(page: Page, *words: str, where: str = "main") -> None:
    """Wait until the text in sight holds each of these words, whatever spaces are between them."""
    for each in words:
        expect(page.locator(where)).to_contain_text(each, use_inner_text=True)


def tab_to(page: Page, words: str) -> None:
    """Walk with the Tab key until the control of this name has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => { const e = document.activeElement;
               return e.matches('[role=region]') ? '' : [e.textContent, e.labels?.[0]?.textContent, e.closest('fieldset')?.querySelector('legend')?.textContent]
                 .filter(Boolean).join(' '); }"""
        )
        if words in " ".join(told.split()):
            return
    raise AssertionError(f"the keyboard never reaches: {words}")


def axe(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1/2.2 AA and RGAA 4, one readable line a violation; empty when nothing."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: python hatch_build.py")
    # Through the debugger: the site's policy forbids a script added to the page.
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{v['id']} ({v['impact']}): {node['target']} {node['html'][:160]} — {node['failureSummary'][:300]}"
        for v in result["violations"]
        for node in v["nodes"]
    ]


def no_horizontal_scroll(page: Page) -> list[str]:
    """The elements that push the page wider than its window; empty when it fits."""
    return page.evaluate(
        """() => {
        const wide = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= wide) return [];
        const inside = (e) => e.closest('.table-wrap, .island-view, pre, .visually-hidden, .skip') !== null;
        return [...document.body.querySelectorAll('*')]
          .filter((e) => e.getBoundingClientRect().right > wide + 1 && !inside(e))
          .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)} > ${wide}`);
      }"""
    )


def small_targets(page: Page) -> list[str]:
    """Controls under 24 by 24 px that are not words inside a sentence."""
    return page.evaluate(
        """() => [...document.querySelectorAll('button, .button, summary, select, nav a, input:not([type=hidden])')]
          .filter((e) => e.getClientRects().length)
          .filter((e) => { const b = e.getBoundingClientRect();
             const label = e.matches('[type=checkbox], [type=radio]') ? e.labels?.[0]?.getBoundingClientRect() : null;
             return Math.min(b.height, b.width) < 24 && !(label && label.height >= 24); })
          .map((e) => e.outerHTML.slice(0, 120))"""
    )


def screenshot(page: Page, name: str, *, whole: bool = True) -> None:
    """A picture in test-results/ (ignored by git) where somebody asked for them: `BEFFROI_TEST_PICTURES=1`.

    With or without, the page has its letters: what follows measures it.
    """
    for _ in range(100):
        if page.evaluate("document.fonts.status") == "loaded":
            break
        page.wait_for_timeout(50)
    if os.environ.get("BEFFROI_TEST_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


@dataclass
class Visit:
    """One open page, and what its console complained of (policy refusals included)."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        def on_console(message: Any) -> None:
            if message.type == "error" or "Content Security Policy" in message.text:
                self.complaints.append(message.text)

        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launch() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """`visit(url, width=1280, dark=False, script=True, cookies=[…])` opens a page in a context of its own."""
    contexts: list[BrowserContext] = []

    def open_page(
        url: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        script: bool = True,
        cookies: list[Any] | None = None,
    ) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if cookies:
            context.add_cookies(cookies)
        opened = Visit(context.new_page())
        opened.listen()
        opened.page.goto(url)
        return opened

    yield open_page
    for context in contexts:
        context.close()
