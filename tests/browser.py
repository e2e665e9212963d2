"""The distribution's Chromium for tests: open a page, ask axe what is wrong, look for sideways scrolling.

In: addresses of a live server. Out: violations and pictures. `tests/conftest.py` names this module as a plugin: its
fixtures `chromium` and `visit` are everywhere, one browser a process.
"""

import os
import shutil
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from rings import representatives

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
PICTURES = ROOT / "test-results"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4"]
# Of axe's best practices: who jumps from region to region tells them apart by their names.
ALSO = ["landmark-unique"]
# The same engine without its windows: a third less work.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=fr-FR",
    # One process for the pages of a context: each new one costs half a second, and the pages visited are all the site's.
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
    # Maps draw with WebGL: the software renderer, on machines without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]

# Widths and themes at which pages are examined: (pixels, dark).
NARROW_DARK, WIDE_LIGHT = (320, True), (1280, False)
SCREENS = [NARROW_DARK, WIDE_LIGHT]
ALL_SCREENS = [NARROW_DARK, (320, False), (1280, True), WIDE_LIGHT]

# Playwright's own loop lives in this thread; Django would refuse the database there.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# A click returns when the next page is on its way, not read: after an act, what is there is waited for (`expect`, `says`).
PATIENCE = 120_000  # milliseconds, on a machine that does other things
expect.set_options(timeout=PATIENCE)


class _Started:
    """The one Playwright of this process, which refuses a second, and how many use it."""

    playwright: Playwright | None = None
    users = 0


@contextmanager
def shared_playwright() -> Iterator[Playwright]:
    """Playwright, started by its first user and stopped after its last."""
    if _Started.playwright is None:
        _Started.playwright = sync_playwright().start()
    _Started.users += 1
    try:
        yield _Started.playwright
    finally:
        _Started.users -= 1
        if not _Started.users:
            _Started.playwright.stop()
            _Started.playwright = None


@contextmanager
def launch() -> Iterator[Browser]:
    """A browser, or a skip that says which one is missing."""
    program = os.environ.get("BEFFROI_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not program:
        pytest.skip(f"no browser on this machine (apt install {PROGRAMS[0]}, or set BEFFROI_CHROMIUM)")
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


def says(page: Page, *words: str, where: str = "main") -> None:
    """Wait until the text in sight holds each of these words, whatever spaces are between them."""
    for each in words:
        expect(page.locator(where)).to_contain_text(each, use_inner_text=True)


# Neither what a closed fold holds, nor what only a screen reader says, nor the labels of a drawing.
_WORDS = """() => {
  const seen = element => element.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})
    && !element.closest('svg, script, template, .visually-hidden, .island-view');
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  let words = 0;
  while (walker.nextNode())
    if (seen(walker.currentNode.parentElement))
      words += walker.currentNode.data.split(/\\s+/).filter(word => /[\\p{L}\\p{N}]/u.test(word)).length;
  return words;
}"""


def words_in_sight(page: Page) -> int:
    """How many words a reader sees of the page itself before unfolding anything."""
    return int(page.evaluate(_WORDS))


def unfold(page: Page) -> None:
    """Open every fold of the page."""
    page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true; })")


def tab_to(page: Page, words: str) -> None:
    """Walk with the Tab key until the control of this name has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => { const e = document.activeElement;
               return e.matches('.table-wrap') ? '' : [e.textContent, e.labels?.[0]?.textContent, e.closest('fieldset')?.querySelector('legend')?.textContent]
                 .filter(Boolean).join(' '); }"""
        )
        if words in " ".join(told.split()):
            return
    raise AssertionError(f"the keyboard never reaches: {words}")


def screens(kind: str, everywhere: list[tuple[int, bool]] = SCREENS) -> list[tuple[int, bool]]:
    """Where a kind of page is examined: everywhere in the long ring; in the quick one narrow and dark or wide and light, by its name."""
    return representatives(everywhere, [SCREENS[zlib.crc32(kind.encode()) % 2]])


_AXE_RUN = """async ([tags, also, selectors]) => {
  if (!window.axe) loadAxe();
  const rules = Object.fromEntries(also.map(rule => [rule, {enabled: true}]));
  const only = {runOnly: {type: 'tag', values: tags}, rules, resultTypes: ['violations'], selectors};
  return (await axe.run(document, only)).violations;
}"""


def axe(page: Page) -> list[str]:
    """Violations of WCAG 2.1/2.2 AA, RGAA 4 and `ALSO` that axe finds, one readable line each; empty when nothing."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: python hatch_build.py")
    if not page.evaluate("Boolean(window.loadAxe || window.axe)"):
        # Through the debugger: the site's policy forbids a script added to the page.
        page.evaluate(AXE.read_text("utf-8"))
    # Selectors are long to compute: only for what is reported.
    if not page.evaluate(_AXE_RUN, [TAGS, ALSO, False]):
        return []
    return [
        f"{v['id']} ({v['impact']}): {node['target']} {node['html'][:160]} — {node['failureSummary'][:300]}"
        for v in page.evaluate(_AXE_RUN, [TAGS, ALSO, True])
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


def until(page: Page, condition: str) -> None:
    """Wait for a condition on the page, in JavaScript. Asked from here: the site's policy forbids a page to read code by itself."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(50)


def settle(page: Page) -> None:
    """Wait until the page has its letters and its drawings."""
    page.wait_for_load_state()
    until(
        page,
        """document.fonts.status === 'loaded'
             && !document.querySelector('[data-awake=loading], .island-view.map:not([data-idle=yes])')""",
    )


def page_faults(page: Page) -> list[str]:
    """What axe and the layout find wrong with a page as it stands."""
    return axe(page) + no_horizontal_scroll(page) + small_targets(page)


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
    leave: Callable[[], None] = field(default=lambda: None)
    closed: bool = False

    def close(self) -> None:
        """Give the context back, once; what was read of the page stays."""
        if not self.closed:
            self.closed = True
            self.leave()

    def faults(self, *, unfold: bool = False) -> list[str]:
        """Those of the page and of its console; with `unfold`, once every disclosure is open."""
        settle(self.page)
        folded = self.page.locator("main details:not([open]) > summary")
        while unfold and folded.count():
            folded.first.click()
        return page_faults(self.page) + self.complaints

    def listen(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._hear_error)

    def stop_listening(self) -> None:
        self.page.remove_listener("console", self._hear)
        self.page.remove_listener("pageerror", self._hear_error)

    def _hear(self, message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def _hear_error(self, error: Any) -> None:
        self.complaints.append(str(error))


@dataclass(frozen=True)
class ContextKind:
    """What a browser context is opened with and never changes."""

    width: int
    height: int
    dark: bool
    script: bool


class PagePool:
    """Pages, each in a context of its own, that serve one visit after another: a new one costs a second of CPU, and its cache is empty.

    A page that is given back is blank; its context has lost its other pages, its cookies and what its pages had stored.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[ContextKind, list[Page]] = defaultdict(list)

    def take(self, kind: ContextKind) -> Page:
        free = self._free[kind]
        return free.pop() if free else self._open(kind).new_page()

    def give_back(self, kind: ContextKind, page: Page) -> None:
        context = page.context
        for other in context.pages:
            parts = urlsplit(other.url)
            if parts.scheme in {"http", "https"}:
                stored = {
                    "origin": f"{parts.scheme}://{parts.netloc}",
                    "storageTypes": "local_storage,indexeddb",
                }
                session = context.new_cdp_session(other)
                session.send("Storage.clearDataForOrigin", stored)
                session.detach()
            if other != page:
                other.close()
        context.clear_cookies()
        page.goto("about:blank")
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": kind.width, "height": kind.height})
        page.emulate_media(media="null", color_scheme="dark" if kind.dark else "light")
        page.mouse.move(0, 0)  # nothing of the next page is under it
        self._free[kind].append(page)

    def _open(self, kind: ContextKind) -> BrowserContext:
        context = self._browser.new_context(
            viewport={"width": kind.width, "height": kind.height},
            color_scheme="dark" if kind.dark else "light",
            java_script_enabled=kind.script,
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        if AXE.is_file() and kind.script:
            # Sent once, and compiled only where axe runs.
            context.add_init_script(f"window.loadAxe = () => {{\n{AXE.read_text('utf-8')}\n}};")
        context.set_default_timeout(PATIENCE)
        return context


def examine(
    visit: Callable[..., Visit],
    address: str,
    name: str,
    *,
    cookies: list[Any],
    everywhere: list[tuple[int, bool]] = SCREENS,
    unfold: bool = False,
) -> list[str]:
    """Faults of one page on the screens of its kind (`screens`); the pictures are for people."""
    found: list[str] = []
    for width, dark in screens(name, everywhere):
        opened = visit(address, width=width, dark=dark, cookies=cookies)
        shown = f"{name}-{width}-{'dark' if dark else 'light'}"
        found += [f"{shown}: {fault}" for fault in opened.faults(unfold=unfold)]
        screenshot(opened.page, shown)
        opened.close()
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launch() as browser:
        yield browser


@pytest.fixture(scope="session")
def page_pool(chromium: Browser) -> PagePool:
    return PagePool(chromium)


@pytest.fixture
def visit(page_pool: PagePool) -> Iterator[Callable[..., Visit]]:
    """`visit(url, width=1280, dark=False, script=True, cookies=[…])` opens a page in a context of its own.

    `once`: what the test does to the page cannot be undone (a virtual authenticator): no other visit is given it.
    """
    opened: list[Visit] = []

    def open_page(
        url: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        script: bool = True,
        cookies: list[Any] | None = None,
        once: bool = False,
    ) -> Visit:
        kind = ContextKind(width, height, dark, script)
        page = page_pool.take(kind)
        if cookies:
            page.context.add_cookies(cookies)

        def leave() -> None:
            visited.stop_listening()
            if once or page.is_closed():
                page.context.close()
            else:
                page_pool.give_back(kind, page)

        visited = Visit(page, leave=leave)
        opened.append(visited)
        visited.listen()
        visited.page.goto(url)
        return visited

    yield open_page
    for visited in opened:
        visited.close()
