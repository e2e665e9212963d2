"""What the walk of the night stands on: an invented town of two people, its real processes, a stopwatch by step, a film of the screens."""

import io
import json
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from beffroi.web.continuity.restoration_site import document_signing
from blank import blank
from browser import PATIENCE, PICTURES, words_in_sight
from commands import python
from support.load import come_in
from support.served import Instance, children, until
from support.walks import Walk

SLUG = "saint-aubin"
SCREEN: Any = {"width": 1366, "height": 768}
SECRETARY, MAYOR = "secretaire@example.org", "maire@example.org"
PHONES = ("01 99 00 11 22", "01 99 00 33 44", "01 99 00 55 66")
SEED = f"""
import sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])), base_url=sys.argv[2])
from django.utils import timezone
from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
town = found_territory(NewTerritory(code="99T22", name="Saint-Aubin", kind="commune", population=900, is_fictional=True,
                                    contact="Mairie d'essai"))
secretary = admit(town, "{SECRETARY}", "Claire Roussel", ["administrator"], by=None, simulated=True)
admit(town, "{MAYOR}", "Denis Lenoir", ["decider"], by=None, simulated=True, legal_act=LegalAct("Procès-verbal d'essai", date(2026, 3, 22)))
with scope.inside(town):
    register, today = guide(Register, "who_to_call"), timezone.localdate().isoformat()
    registers.begin_with_rows(town, secretary, register)
    rows = [("Maire ou son adjoint", "Denis Lenoir", "décider"), ("Prestataire informatique", "Bruno Essai", "isoler"), ("Assurance", "", "déclarer")]
    known = dict(source="contrat de la commune", verified_on=today, verified_by="secrétaire")
    registers.add_entries(town, secretary, register, [
        dict(name=name, person=person, why=why, phone=phone, order=at) | known
        for at, ((name, person, why), phone) in enumerate(zip(rows, {PHONES!r}), 1)])
"""


def founded(home: Path) -> Instance:
    """The town on the evening before: two people, and whom to call."""
    instance = Instance(blank(home, demo=True).path, [SLUG])
    done = python(SEED, home, instance.url)
    assert done.returncode == 0, done.stderr
    return instance


def descendants(pid: int) -> list[int]:
    return [pid, *(each for child in children(pid) for each in descendants(child))]


def end_platform(instance: Instance) -> int:
    """End every process of the platform, each by its number; how many. Nothing answers at its address then."""
    assert instance.server is not None
    pids = descendants(instance.server.pid)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    instance.server.wait(60)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 60, "every process ended")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", instance.port)) != 0, "something still answers"
    return len(pids)


class Film:
    """The screens of the walk one after the other, a moving WebP in test-results/ where somebody asked for pictures."""

    def __init__(self, name: str) -> None:
        self.name, self.frames = name, list[bytes]()
        self.is_on = bool(os.environ.get("BEFFROI_TEST_PICTURES"))

    def take(self, page: Page) -> None:
        if self.is_on:
            self.frames.append(page.screenshot(type="jpeg", quality=60))

    def keep(self) -> None:
        if not self.frames:
            return
        images = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in self.frames]
        size = images[0].size
        PICTURES.mkdir(exist_ok=True)
        first, *others = [image.resize(size) for image in images]
        first.save(PICTURES / f"{self.name}.webp", save_all=True, append_images=others, duration=1200, method=0, quality=50)  # fmt: skip


class Step(Walk):
    """One step of the night. Offline pages answer without another screen: `press` waits for what the act shows."""

    def __init__(self, page: Page, film: Film, name: str) -> None:
        super().__init__(page, f"night-{name}")
        self.film = film

    def _arrive(self, since: float) -> None:
        super()._arrive(since)
        self.film.take(self.page)

    def arrive(self, since: float) -> None:
        self._arrive(since)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """What the person waits for."""
        since = time.monotonic()
        yield
        self.machine += time.monotonic() - since

    def press(self, name: str, shown: Locator, words: str) -> None:
        """A button of the page, then its answer beside it, which is read."""
        self.done.append(f"« {name} »")
        with self.timed():
            self.page.get_by_role("button", name=name).first.click()
            expect(shown).to_contain_text(words)
        self.words += len(shown.inner_text().split()) if shown.count() == 1 else 0
        self.film.take(self.page)

    def type(self, text: str) -> None:
        """At the keyboard, where the focus is."""
        self.done.append(f"taper {text[:20]}")
        self.typed += len(text)
        self.page.keyboard.type(text)

    def by_hand(self, what: str) -> None:
        """An act outside of the browser: plug the stick, double click, drag a file."""
        self.done.append(what)

    def job(self, title: str) -> None:
        """Wait until the work that this page follows is over."""
        with self.timed():
            self.page.wait_for_url(lambda address: "/travaux/" not in address, timeout=180_000)
            expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible()
        self.words += words_in_sight(self.page)
        self.film.take(self.page)

    def download_to(self, folder: Path, name: str, *, role: Any = "link") -> Path:
        """A file, saved in a folder."""
        self.done.append(f"« {name} »")
        with self.timed(), self.page.expect_download() as found:
            self.page.get_by_role(role, name=name).first.click()
        path = folder / found.value.suggested_filename
        found.value.save_as(path)
        return path


class Stopwatch:
    """The steps that were walked; their table."""

    def __init__(self, film: Film) -> None:
        self.film, self.steps = film, list[tuple[str, Step]]()

    def step(self, title: str, page: Page) -> Step:
        self.steps.append((title, Step(page, self.film, f"{len(self.steps) + 1}")))
        print(f"… {title}", file=sys.stderr)
        return self.steps[-1][1]

    def report(self, record: Callable[[str, str], None]) -> None:
        print(f"\n{'step':52} actions  words  typed  machine s  minutes")
        for title, step in self.steps:
            print(f"{title:52} {len(step.done):7} {step.words:6} {step.typed:6} {step.machine:10.1f} {step.minutes:8.1f}")  # fmt: skip
            record(title, json.dumps({"actions": len(step.done), "words": step.words, "typed": step.typed,
                                      "machine_seconds": round(step.machine, 1), "minutes": round(step.minutes, 1)}))  # fmt: skip

    @property
    def faults(self) -> list[str]:
        return [fault for _, step in self.steps for fault in step.faults]


@dataclass
class Night:
    """What passes from one step to the next."""

    folder: Path
    chromium: Browser
    town: Instance
    watch: Stopwatch
    contexts: list[BrowserContext] = field(default_factory=list)
    phrase: str = ""
    fingerprint: str = ""
    numbers: list[str] = field(default_factory=list)
    kit: Path = Path()
    backup: Path = Path()
    site: Path = Path()
    journal: Path = Path()
    code: str = ""

    @property
    def room(self) -> str:
        return f"{self.town.url}/t/{SLUG}/continuite/"

    def page(self, *, person: str = "", **options: Any) -> Page:
        """A browser of its own; `person` has come in with a link of `beffroi signin`."""
        context = self.chromium.new_context(
            viewport=SCREEN, locale="fr-FR", timezone_id="Europe/Paris", **options
        )
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        if person:
            context.add_cookies(cast("Any", come_in(self.town.link(person)).for_browser()))
        return context.new_page()


def borrowed(night: Night, asked: list[str]) -> Page:
    """Another computer, without network. `asked`: every address that its browser asked for."""
    page = night.page(offline=True)
    page.context.on("request", lambda request: asked.append(request.url))
    return page


def only_files(asked: list[str]) -> bool:
    return bool(asked) and all(address.startswith(("file:", "blob:")) for address in asked)


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return bytes(answer.read())


def assert_signed(night: Night, files: dict[str, bytes]) -> None:
    """By the key whose fingerprint the town printed before."""
    key = files["cle.pem"].decode()
    assert document_signing.fingerprint(key) == night.fingerprint
    assert document_signing.verify(files["etat.json"], files["etat.json.sig"], key)
    assert not document_signing.verify(files["etat.json"] + b" ", files["etat.json.sig"], key)
