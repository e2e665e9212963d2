"""A borrowed computer's browser for tests of the stick: Chromium or Firefox on a profile of its own, which may be killed and started again.

Both have the same few verbs: `open`, `follow`, `evaluate`, `until`, `give_files`, `downloaded`, `kill`, `close`; `asked` says what was
requested, `errors` what the console complained of.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import ConsoleMessage, Playwright, Request

from browser import ARGUMENTS, PROGRAMS
from firefox import PATIENCE, Firefox


class StickBrowser(Protocol):
    downloads: Path
    errors: list[str]

    @property
    def asked(self) -> list[str]: ...
    def open(self, address: str) -> None: ...
    def follow(self, selector: str) -> None: ...
    def evaluate(self, script: str) -> Any: ...
    def until(self, condition: str) -> None: ...
    def give_files(self, selector: str, *files: Path) -> None: ...
    def downloaded(self, pattern: str) -> Path: ...
    def other_tab(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


class StickFirefox(Firefox):
    @property
    def asked(self) -> list[str]:
        """Firefox draws its own date fields with a font of its own, inside a data: address."""
        return [address for address in self.requests if not address.startswith("data:")]

    def other_tab(self) -> None:
        self.page = self.new_tab()


class StickChromium:
    def __init__(self, profile: Path, playwright: Playwright) -> None:
        self.downloads = profile / "downloads"
        self.downloads.mkdir(parents=True, exist_ok=True)
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if not program:
            pytest.skip(f"no browser on this machine (apt install {PROGRAMS[0]})")
        port = profile / "DevToolsActivePort"
        port.unlink(missing_ok=True)
        command = [
            program,
            *ARGUMENTS,
            f"--user-data-dir={profile}",
            "--remote-debugging-port=0",
            "about:blank",
        ]
        with (profile / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env={**os.environ, "TZ": "Europe/Paris"},
                start_new_session=True,  # Debian's program is a shell script: its children end with it
            )
        end = time.monotonic() + PATIENCE
        while not (port.is_file() and len(port.read_text().splitlines()) == 2):
            assert self._process.poll() is None and time.monotonic() < end, (
                profile / "chromium.log"
            ).read_text()
            time.sleep(0.05)
        self._browser = playwright.chromium.connect_over_cdp(
            f"http://127.0.0.1:{port.read_text().splitlines()[0]}"
        )
        session = self._browser.new_browser_cdp_session()
        session.send(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(self.downloads)}
        )
        self._requests: list[str] = []
        self.errors: list[str] = []
        self._context = self._browser.contexts[0]
        self._context.on("request", self._hear)
        self._context.on("weberror", lambda each: self.errors.append(str(each.error)))
        self._context.on("console", self._complain)
        self.page = self._context.pages[0]

    def _hear(self, request: Request) -> None:
        self._requests.append(request.url)

    def _complain(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    @property
    def asked(self) -> list[str]:
        return [address for address in self._requests if not address.startswith(("file:", "blob:", "about:"))]

    def open(self, address: str) -> None:
        self.page.goto(address)

    def follow(self, selector: str) -> None:
        with self.page.expect_event("load"):
            self.page.click(selector)

    def other_tab(self) -> None:
        self.page = self._context.new_page()

    def evaluate(self, script: str) -> Any:
        return json.loads(self.page.evaluate(f"(async () => JSON.stringify((await ({script})) ?? null))()"))

    def until(self, condition: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < end, (
                condition,
                self.evaluate("document.body.innerText.slice(0, 1500)"),
            )
            time.sleep(0.05)

    def give_files(self, selector: str, *files: Path) -> None:
        self.page.set_input_files(selector, list(files))

    def downloaded(self, pattern: str) -> Path:
        end = time.monotonic() + PATIENCE
        while not (found := [file for file in self.downloads.glob(pattern) if file.stat().st_size]):
            assert time.monotonic() < end, sorted(self.downloads.iterdir())
            self.page.wait_for_timeout(50)
        return max(found, key=lambda file: file.stat().st_mtime_ns)

    def kill(self) -> None:
        """As a power cut would: no goodbye."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def start_browser(kind: str, profile: Path, playwright: Callable[[], Playwright]) -> StickBrowser:
    """« chromium » or « firefox » on this profile; Playwright, which Firefox does without, is asked for when it is needed."""
    profile.mkdir(exist_ok=True)
    return StickFirefox(profile) if kind == "firefox" else StickChromium(profile, playwright())
