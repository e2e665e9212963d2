"""A kit of thirty services, unpacked on a stick, in the two browsers of a borrowed computer: every page is reached by its links from
`OUVRIR-MOI.html`, without a request nor an error; what is sealed opens; the journal and the editor save their files.

In the long ring: two real browsers and some eighty pages.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Playwright

from beffroi.web.continuity.models import KitBuild
from beffroi.web.continuity.offline_kit import builder, lists, passphrase, services
from beffroi.web.continuity.offline_kit import personal_values as people
from beffroi.web.continuity.offline_pages import journal_lines, site_render
from beffroi.web.continuity.restoration_site import document_signing, page_setup, reading
from beffroi.web.platform.models import Person, Territory
from browser import shared_playwright
from own_home import home  # noqa: F401  a fixture
from places import a_person
from support.stick_browsers import StickBrowser, start_browser

from . import kits

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.long, pytest.mark.usefixtures("home")]

READY = "document.documentElement.dataset.ready === 'yes'"
LINKS = "[...document.querySelectorAll('a[href]')].map((each) => [each.getAttribute('href'), each.href])"


@pytest.fixture
def town(territory: Territory, secretary: Person) -> Territory:
    """Thirty services, a list about people, a page for residents."""
    kits.thirty_services(territory, secretary)
    kits.join_lists(territory, a_person(territory, "data_officer", "agent"), personal=1, plain=1)
    page_setup.set_up(territory, secretary, title="Nos services", languages=["en"], names=["Cantine", "Eau"])
    return territory


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Of the module: started after the town, it would forget in whose scope the test reads."""
    with shared_playwright() as started:
        yield started


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest, playwright: Playwright, tmp_path: Path) -> Iterator[StickBrowser]:
    """In the end it has asked nothing of any network, and its console is empty."""
    started = start_browser(request.param, tmp_path / "profile", lambda: playwright)
    yield started
    started.close()
    assert started.asked == []
    assert started.errors == []


def test_a_kit_of_thirty_services_is_used_from_its_first_page_to_its_last(
    town: Territory, secretary: Person, browser: StickBrowser, tmp_path: Path, record_property: Any
):
    phrase = passphrase.renew(town, secretary)
    build = builder.build(town, secretary)
    assert build.is_sealed and build.missing == []
    folder = kits.written(build, tmp_path / "stick")
    record_property("pages", follow_every_link(browser, folder))
    press_the_three_buttons(browser, folder)
    read_the_code(browser, folder, build, secretary)
    open_the_safe(browser, folder, phrase, town)
    write_in_the_journal(browser, folder)
    tell_the_residents(browser, folder, phrase, town)


def follow_every_link(browser: StickBrowser, folder: Path) -> int:
    """Walk by clicks from the first page; nothing is dead, nothing out of reach. Returns how many pages."""
    first = (folder / "OUVRIR-MOI.html").as_uri()
    browser.open(first)
    seen, waiting, anchors = {first}, [first], set()
    while waiting:
        page = waiting.pop()
        browser.open(page)
        for href, address in browser.evaluate(LINKS):
            target, _, anchor = address.partition("#")
            if not target.startswith("file:"):
                assert re.match("https://|tel:", target), (page, href)
                continue
            if anchor:
                anchors.add((target, unquote(anchor)))
            if target in seen:
                continue
            seen.add(target)
            if not target.endswith(".html"):
                assert (folder / target.rpartition(f"/{folder.name}/")[2]).is_file(), (page, href)
                continue
            browser.open(page)
            browser.follow(f"a[href={json.dumps(href)}]")
            assert browser.evaluate("location.href.split('#')[0]") == target
            assert browser.evaluate("document.title && document.querySelector('h1').textContent")
            waiting.append(target)
    for target, anchor in sorted(anchors):
        browser.open(target)
        assert browser.evaluate(f"document.getElementById({json.dumps(anchor)})?.tagName"), (target, anchor)
    written = {path.as_uri() for path in folder.rglob("*") if path.name != "SHA256SUMS" and path.is_file()}
    assert seen == written
    return sum(each.endswith(".html") for each in seen)


def press_the_three_buttons(browser: StickBrowser, folder: Path) -> None:
    for rank, title in enumerate(("Qui appeler", "Mon service aujourd'hui", "Informer les habitants"), 1):
        browser.open((folder / "OUVRIR-MOI.html").as_uri())
        browser.follow(f".buttons li:nth-child({rank}) a")
        assert browser.evaluate("document.querySelector('h1').innerText") == title
        browser.follow(".way a")
        assert browser.evaluate("location.pathname").endswith("/OUVRIR-MOI.html")


def read_the_code(browser: StickBrowser, folder: Path, build: KitBuild, secretary: Person) -> None:
    browser.open((folder / "OUVRIR-MOI.html").as_uri())
    code = browser.evaluate("document.querySelector('.code').innerText")
    assert re.fullmatch("[2-9A-Z]{6}", code)
    assert services.note_opening(build.territory, secretary, code).build == build


def open_the_safe(browser: StickBrowser, folder: Path, phrase: str, town: Territory) -> None:
    """Every personal value of the list is in what opens, and none before."""
    table = next(lists.refresh(row) for row in lists.lists_of(town) if row.is_personal)
    values = people.values_of_lists([table])
    browser.open((folder / "COFFRE.html").as_uri())
    assert people.search(values, people.Pages({"fermé": _html(browser)})) == []
    browser.evaluate(
        f"(document.getElementById('passphrase').value = {json.dumps(phrase)}, document.getElementById('open').requestSubmit(), 0)"
    )
    browser.until("document.querySelector('#content h2')")
    opened = people.Pages({"ouvert": _html(browser)})
    missed = [one for one in values if not opened.with_value(one) and not kits.is_pair(one, [table])]
    assert len(values) >= kits.ROWS * 3 and missed == []
    for href, _ in browser.evaluate(LINKS):
        assert browser.evaluate(f"document.getElementById({json.dumps(href[1:])})?.tagName"), href
    browser.evaluate("(document.getElementById('close').click(), 0)")
    assert people.search(values, people.Pages({"refermé": _html(browser)})) == []


def _html(browser: StickBrowser) -> str:
    return str(browser.evaluate("document.documentElement.outerHTML"))


def write_in_the_journal(browser: StickBrowser, folder: Path) -> None:
    browser.open((folder / "pages/journal.html").as_uri())
    browser.until(READY)
    browser.evaluate(
        "(document.getElementById('text').value = 'Serveur débranché', document.getElementById('author').value = 'Mme Exemple',"
        " document.getElementById('write').requestSubmit(), 0)"
    )
    browser.until("document.querySelectorAll('#lines > li').length === 1")
    browser.evaluate("(document.getElementById('save').click(), 0)")
    saved = journal_lines.parse(browser.downloaded("journal-*.json").read_bytes())
    assert [line.text for line in saved.lines] == ["Serveur débranché"]


def tell_the_residents(browser: StickBrowser, folder: Path, phrase: str, town: Territory) -> None:
    """A news signed with the town's key, in a ZIP for any host."""
    browser.open((folder / "pages/informer-les-habitants.html").as_uri())
    browser.until(READY)
    browser.evaluate(
        "(document.getElementById('state-stopped').checked = true, document.getElementById('text-fr').value = 'Fermé ce matin',"
        " document.getElementById('news').requestSubmit(), 0)"
    )
    browser.until("document.getElementById('news-message').textContent.includes('gardée')")
    browser.evaluate(
        f"(document.getElementById('passphrase').value = {json.dumps(phrase)}, document.getElementById('publish').requestSubmit(), 0)"
    )
    with zipfile.ZipFile(io.BytesIO(browser.downloaded("site-*.zip").read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    key = reading.key_in_use(town)
    assert key is not None
    assert document_signing.verify(files["etat.json"], files["etat.json.sig"], key.public)
    assert b"Ferm\xc3\xa9 ce matin" in files["index.html"]
    assert files == site_render.build(
        json.loads(files["etat.json"]), public_key=key.public, signature=files["etat.json.sig"]
    )
