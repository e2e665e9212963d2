"""A person's walk in the browser, with what it cost them: screens, actions, words read, characters typed, minutes.

A minute is computed: three seconds an action, 200 words read a minute, 150 characters typed a minute, and what the machine took.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from browser import PATIENCE, page_faults, screenshot, settle, words_in_sight

SECONDS_PER_ACTION, WORDS_PER_MINUTE, CHARACTERS_PER_MINUTE = 3, 200, 150


class Walk:
    """A person on a page, and what they did so far. Each screen is read whole, without what is folded."""

    def __init__(self, page: Page, name: str = "") -> None:
        self.page, self.name = page, name
        self.screens = self.words = self.typed = 0
        self.machine = 0.0
        self.done: list[str] = []
        self.faults: list[str] = []
        self._looked: set[str] = set()

    @property
    def minutes(self) -> float:
        return (
            len(self.done) * SECONDS_PER_ACTION / 60
            + self.words / WORDS_PER_MINUTE
            + self.typed / CHARACTERS_PER_MINUTE
            + self.machine / 60
        )

    def _arrive(self, since: float) -> None:
        self.page.wait_for_load_state()
        self.machine += time.monotonic() - since
        self.screens += 1
        self.words += words_in_sight(self.page)
        kind = re.sub(r"/(t|p)/[\w-]+/|\d+|/question/.*", "", self.page.url.partition("?")[0])
        if kind not in self._looked:
            self._looked.add(kind)
            settle(self.page)
            self.faults += [f"{self.page.url}: {fault}" for fault in page_faults(self.page)]
            screenshot(self.page, f"{self.name}-{len(self._looked):02}")

    def open(self, address: str) -> None:
        self.done.append("ouvrir")
        since = time.monotonic()
        self.page.goto(address)
        self._arrive(since)

    def click(self, kind: Any, name: str, *, exact: bool = False, within: Locator | None = None) -> None:
        """Click on what leads to another screen."""
        self.done.append(f"« {name} »")
        since = time.monotonic()
        with self.page.expect_navigation(wait_until="load", timeout=PATIENCE):
            (within or self.page).get_by_role(kind, name=name, exact=exact).first.click()
        self._arrive(since)

    def unfold(self, words: str, within: Locator | None = None) -> None:
        self.done.append(f"ouvrir « {words} »")
        before = words_in_sight(self.page)
        (within or self.page).locator("summary", has_text=words).first.click()
        self.words += words_in_sight(self.page) - before

    def fill(self, field: Locator, text: str) -> None:
        self.done.append(f"écrire {text[:20]}")
        self.typed += len(text)
        field.fill(text)

    def choose(self, field: Locator, label: str) -> None:
        self.done.append(f"choisir {label}")
        field.select_option(label=label)

    def check(self, field: Locator) -> None:
        self.done.append("cocher")
        field.check()

    def download(self, name: str) -> bytes:
        """A file by its link."""
        self.done.append(f"« {name} »")
        with self.page.expect_download() as found:
            self.page.get_by_role("link", name=name).first.click()
        return Path(found.value.path()).read_bytes()

    def answer(self) -> None:
        """The question of this screen: its second choice, or what it asks for."""
        form = self.page.locator("main form").first
        radios, boxes = form.locator("input[type=radio]"), form.locator("input[type=checkbox]")
        if radios.count():
            self.check(radios.nth(min(1, radios.count() - 1)))
        elif boxes.count():
            self.check(boxes.first)
        else:
            self.fill(form.locator("input:not([type=hidden]):not([type=file]), textarea").first, "1800")
        self.click("button", "Enregistrer et continuer")

    def answer_all(self) -> int:
        """Answer each question until the result; how many there were."""
        count = 0
        while "/question/" in self.page.url:
            count += 1
            self.answer()
        return count

    def report(self, record: Any, title: str) -> dict[str, Any]:
        row = {
            "walk": title,
            "screens": self.screens,
            "actions": len(self.done),
            "words": self.words,
            "characters": self.typed,
            "machine_seconds": round(self.machine, 1),
            "minutes": round(self.minutes, 1),
        }
        record(title, json.dumps(row, ensure_ascii=False))
        print(f"\n{title}: " + ", ".join(f"{key} {value}" for key, value in row.items() if key != "walk"))
        return row
