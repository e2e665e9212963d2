"""Debian's Firefox ESR for tests, spoken to by WebDriver BiDi without a driver program.

In: addresses, `file://` included. Out: what scripts answer, requests that left, errors of the console, files that were downloaded. The browser may be killed
and started again on the same profile: what it had kept on the disk is there.
"""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("firefox-esr", "firefox")
PATIENCE = 60.0  # seconds, on a machine that does other things
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.helperApps.neverAsk.saveToDisk": "application/json,application/zip",
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "intl.accept_languages": "fr-FR, fr",
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """One running browser with one page."""

    def __init__(self, profile: Path) -> None:
        self.profile = profile
        self.downloads = profile / "downloads"
        self.downloads.mkdir(parents=True, exist_ok=True)
        preferences = {**PREFERENCES, "browser.download.dir": str(self.downloads)}
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()
        ]
        (profile / "user.js").write_text("\n".join(lines), "utf-8")
        self._ids = itertools.count(1)
        self._connections = ExitStack()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._loads = 0
        self._process, self._socket = self._start()
        self.command("session.new", {"capabilities": {}})
        self.command(
            "session.subscribe",
            {
                "events": [
                    "network.beforeRequestSent",
                    "log.entryAdded",
                    "browsingContext.load",
                    "browsingContext.userPromptOpened",
                ]
            },
        )
        self.page = self.command("browsingContext.getTree", {})["contexts"][0]["context"]

    def _start(self) -> tuple[subprocess.Popen[bytes], ClientConnection]:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if not program:
            pytest.skip(f"no Firefox on this machine (apt install {PROGRAMS[0]})")
        command = [
            program,
            "--headless",
            "--no-remote",
            "--profile",
            self.profile,
            "--remote-debugging-port=0",
            "about:blank",
        ]
        log = self.profile / "firefox.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdout=out,
                stderr=out,
                env={**os.environ, "HOME": str(self.profile), "TZ": "Europe/Paris"},
            )
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text("utf-8", "replace"))
            if found:
                break
            assert process.poll() is None and time.monotonic() < end, log.read_text("utf-8", "replace")
            time.sleep(0.1)
        opened = connect(f"{found[1]}/session", max_size=None, open_timeout=PATIENCE)
        return process, self._connections.enter_context(opened)

    def command(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of one command; events that arrive before it are noted."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]
            self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "network.beforeRequestSent":
                self.requests.append(params["request"]["url"])
            case "log.entryAdded" if params["level"] == "error":
                self.errors.append(str(params["text"]))
            case "browsingContext.load" if params["context"] == self.page:
                self._loads += 1

    def open(self, address: str) -> None:
        self.command("browsingContext.navigate", {"context": self.page, "url": address, "wait": "complete"})

    def follow(self, selector: str) -> None:
        """Click a link with the mouse, wait for the page that it leads to."""
        element = self._locate(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        before, end = self._loads, time.monotonic() + PATIENCE
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}}
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        source = {"type": "pointer", "id": "mouse", "actions": [move, *press]}
        self.command("input.performActions", {"context": self.page, "actions": [source]})
        while self._loads == before:
            assert time.monotonic() < end, f"{selector} leads nowhere"
            self._note(json.loads(self._socket.recv(timeout=PATIENCE)))

    def new_tab(self) -> str:
        return str(self.command("browsingContext.create", {"type": "tab"})["context"])

    def evaluate(self, script: str) -> Any:
        """The value of an expression, which may be a promise; plain data only."""
        wrapped = f"(async () => JSON.stringify((await ({script})) ?? null))()"
        answer = self.command(
            "script.evaluate",
            {
                "expression": wrapped,
                "target": {"context": self.page},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def until(self, condition: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < end, (
                condition,
                self.evaluate("document.body.innerText.slice(0, 1500)"),
            )
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Real keys, one after the other: letters, or WebDriver's codes (\\ue004 is Tab, \\ue007 Enter)."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self.command("input.performActions", {"context": self.page, "actions": [source]})

    def give_files(self, selector: str, *files: Path) -> None:
        """Choose files in a field."""
        params = {"element": self._locate(selector), "files": [str(file) for file in files]}
        self.command("input.setFiles", {"context": self.page, **params})

    def _locate(self, selector: str) -> dict[str, str]:
        found = self.command(
            "browsingContext.locateNodes",
            {"context": self.page, "locator": {"type": "css", "value": selector}},
        )
        return {"sharedId": found["nodes"][0]["sharedId"]}

    def downloaded(self, pattern: str) -> Path:
        """Wait for a whole file of this name."""
        end = time.monotonic() + PATIENCE
        while True:
            found = [file for file in self.downloads.glob(pattern) if file.stat().st_size]
            if found and not list(self.downloads.glob("*.part")):
                return max(found, key=lambda file: file.stat().st_mtime_ns)
            assert time.monotonic() < end, sorted(self.downloads.iterdir())
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would: no goodbye."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._connections.close()

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
