"""Remakes the pictures of the documentation: `make screenshots`.

In: nothing. A demonstration is made and served by the real command in a folder of its own, entered by its sign-in
link, and walked in the distribution's Chromium. Out: a few light PNG files in docs/pictures/.
"""

import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

import browser
import commands

PICTURES = commands.ROOT / "docs/pictures"
HEAVIEST = 200_000  # bytes
TALLEST = 810  # pixels
LONGEST = 900.0  # seconds until the demonstration answers


@dataclass(frozen=True)
class Shot:
    """One picture: its file, the page under the territory's own address (or the portal's), and what must be drawn.

    `around`: the element, among those that hold what is ready, to cut out; otherwise the top of the page.
    """

    name: str
    page: str
    ready: str = "main"
    around: str = ""
    height: int = 800
    portal: bool = False
    dark: bool = False


SHOTS = (
    Shot("tableau", "analyses/tableaux/un-matin-a-la-cantine/", ready="[data-island=chart] svg", height=1240),
    Shot(
        "carte", "analyses/tableaux/le-territoire/", ready=".island-view.map[data-idle=yes]", around="figure"
    ),
    Shot("service-ia", "services-ia/canteen/"),
    Shot("decisions", "decisions/"),
    Shot("portail", "", portal=True, dark=True),
)


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="beffroi-pictures-") as folder,
        demonstration(Path(folder) / "home") as link,
        browser.launch() as chromium,
    ):
        context = chromium.new_context(
            viewport={"width": 1200, "height": 800}, locale="fr-FR", timezone_id="Europe/Paris"
        )
        page = context.new_page()
        territory = sign_in(page, link)
        for shot in SHOTS:
            sys.stderr.write(f"{take(page, territory, shot)}\n")
    return 0


def sign_in(page: Page, link: str) -> str:
    """Enter by the single-use link; the address of the territory's home."""
    page.goto(link)
    page.get_by_role("button", name="Entrer").click()
    page.wait_for_url(re.compile(r"/t/[a-z0-9-]+/$"))
    return page.url


def take(page: Page, territory: str, shot: Shot) -> str:
    """Write one picture, light enough for a page of documentation."""
    page.emulate_media(color_scheme="dark" if shot.dark else "light", reduced_motion="reduce")
    home = territory.replace("/t/", "/p/") if shot.portal else territory
    page.goto(home + shot.page, wait_until="networkidle")
    ready = page.locator(shot.ready).first
    ready.scroll_into_view_if_needed()
    ready.wait_for()
    target = PICTURES / f"{shot.name}.png"
    if shot.around:
        box = ready.locator(f"xpath=ancestor::{shot.around}").bounding_box()
        assert box is not None
        top = box["y"] + page.evaluate("scrollY")
        page.screenshot(
            path=target, full_page=True, clip={**box, "y": top, "height": min(box["height"], TALLEST)}
        )
    else:
        page.evaluate("scrollTo(0, 0)")
        width = page.evaluate("innerWidth")
        page.screenshot(
            path=target, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": shot.height}
        )
    size = target.stat().st_size
    if size > HEAVIEST:
        raise SystemExit(f"{target.name} weighs {size} bytes: choose a plainer part of the page")
    return f"{target.name}: {size // 1000} kB"


@contextmanager
def demonstration(home: Path) -> Iterator[str]:
    """The sign-in link of a demonstration served for real; stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = commands.start("demo", "--home", home, "--port", str(port))
    watch = threading.Timer(LONGEST, process.kill)
    watch.start()
    try:
        yield _link(process)
        watch.cancel()
    finally:
        watch.cancel()
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        sys.stderr.write(line)
        said.append(line)
        if found := re.search(r"https?://\S+/entree/\S+", line):
            # What it says later must not fill the pipe.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found[0]
    raise SystemExit(f"the demonstration did not start: {''.join(said[-5:])}")


if __name__ == "__main__":
    sys.exit(main())
