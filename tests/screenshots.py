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

from tests import browser, commands

PICTURES = commands.ROOT / "docs/pictures"
HEAVIEST = 200_000  # bytes
LONGEST = 900.0  # seconds until the demonstration answers


@dataclass(frozen=True)
class Shot:
    """One picture: its file, the words of the links that lead there from the territory's home, and its height."""

    name: str
    steps: tuple[str, ...]
    height: int = 800
    dark: bool = False


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
        sign_in(page, link)
        for shot in SHOTS:
            take(page, shot)
    return 0


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
