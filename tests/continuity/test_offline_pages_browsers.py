"""The stick in the two browsers of a borrowed computer, by double click (`file://`): what is written is never lost, nothing is asked for."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from playwright.sync_api import Playwright

from beffroi.web.continuity.offline_pages import journal_lines, pages, site_render
from beffroi.web.continuity.offline_pages.journal_lines import Journal, Line, new_line
from browser import shared_playwright
from support.offline_pages import PASSPHRASE, journal_seed, signing_key, site_document
from support.stick_browsers import StickBrowser, start_browser

pytestmark = [pytest.mark.browser, pytest.mark.long]

READY = "document.documentElement.dataset.ready === 'yes'"
type Starter = Callable[[Path], StickBrowser]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with shared_playwright() as started:
        yield started


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def start(request: pytest.FixtureRequest) -> Iterator[Starter]:
    """Starts a browser on a profile; those that are still there are closed at the end."""
    running: list[StickBrowser] = []

    def start_one(profile: Path) -> StickBrowser:
        running.append(start_browser(request.param, profile, lambda: request.getfixturevalue("playwright")))
        return running[-1]

    yield start_one
    for browser in running:
        browser.close()


@pytest.fixture(scope="module")
def browser(start: Starter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StickBrowser]:
    """One for the module; in the end it has asked nothing of any network."""
    started = start(tmp_path_factory.mktemp("profile"))
    yield started
    assert started.asked == []


@pytest.fixture
def stick(tmp_path: Path) -> Callable[[str, str], str]:
    def write(name: str, document: str) -> str:
        (tmp_path / name).write_text(document, "utf-8")
        return (tmp_path / name).as_uri()

    return write


def fill(browser: StickBrowser, form: str, **values: str) -> None:
    """Type and send; the fields are by identifier."""
    parts = [
        f"document.getElementById({json.dumps(name)}).value = {json.dumps(value)}"
        for name, value in values.items()
    ]
    browser.evaluate(f"({', '.join(parts)}, document.getElementById({json.dumps(form)}).requestSubmit(), 0)")


def count(browser: StickBrowser, lines: int) -> None:
    browser.until(f"document.querySelectorAll('#lines > li').length === {lines}")


def texts(browser: StickBrowser) -> list[str]:
    """Newest first, as the page lists them."""
    return list(
        browser.evaluate("[...document.querySelectorAll('#lines .words')].map((each) => each.textContent)")
    )


def test_a_sealed_page_opens_with_its_passphrase_and_not_with_another(
    browser: StickBrowser, stick: Any
) -> None:
    browser.open(
        stick("sealed.html", pages.sealed_page("Contacts", "<p>Mme Exemple, 06 00 00 00 00</p>", PASSPHRASE))
    )
    fill(browser, "open", passphrase=PASSPHRASE[:-1] + "x")
    browser.until("document.getElementById('message').textContent.includes('ouvre pas cette page')")
    fill(browser, "open", passphrase=PASSPHRASE.upper().replace("-", " "))
    browser.until("document.getElementById('content').textContent.includes('06 00 00 00 00')")
    browser.evaluate("(document.getElementById('close').click(), 0)")
    assert "06 00" not in browser.evaluate("document.documentElement.outerHTML")


@pytest.mark.parametrize("part", ["cipher", "nonce", "salt"])
def test_a_changed_byte_is_refused(browser: StickBrowser, stick: Any, part: str) -> None:
    page = pages.sealed_page("Contacts", "<p>secret</p>", PASSPHRASE)
    start = page.index(f'"{part}": "') + len(part) + 5
    end = page.index('"', start)
    raw = bytearray(base64.b64decode(page[start:end]))
    raw[0] ^= 1
    browser.open(stick("sealed.html", page[:start] + base64.b64encode(raw).decode() + page[end:]))
    fill(browser, "open", passphrase=PASSPHRASE)
    browser.until("document.getElementById('message').textContent.includes('abîmé')")
    assert browser.evaluate("document.getElementById('content').textContent") == ""


def test_a_changed_script_does_not_run(browser: StickBrowser, stick: Any) -> None:
    """Whoever adds code to the page of a stick has it refused by the page's own policy."""
    page = pages.sealed_page("Contacts", "<p>secret</p>", PASSPHRASE)
    browser.open(
        stick("sealed.html", page.replace("</body>", "<script>document.title = 'run'</script></body>"))
    )
    assert browser.evaluate("document.title") == "Contacts"


def test_a_killed_browser_loses_no_line(start: Starter, stick: Any, tmp_path: Path) -> None:
    seed = journal_seed()
    address = stick("journal.html", pages.journal_page(seed, [{"title": "Cellule", "holder": "Mme Exemple"}]))
    browser = start(tmp_path / "profile")
    browser.open(address)
    browser.until(READY)
    for rank in range(5):
        fill(browser, "write", text=f"Ligne {rank} <b>é</b>", author="Mme Exemple", role="Cellule")
        count(browser, rank + 1)
    browser.kill()
    again = start(tmp_path / "profile")
    again.open(address)
    again.until(READY)
    count(again, 5)
    assert texts(again) == [f"Ligne {rank} <b>é</b>" for rank in range(4, -1, -1)]
    fill(again, "write", text="Après la coupure")
    count(again, 6)
    again.evaluate("(document.getElementById('save').click(), 0)")
    file = again.downloaded("journal-*.json")
    read = journal_lines.parse(file.read_bytes(), crisis=seed["crisis"], exercise=True)
    assert journal_lines.merge(read.lines).faults == () and len({line.device for line in read.lines}) == 1
    assert [line.author for line in read.lines] == ["Mme Exemple"] * 6
    assert again.asked == []
    again.close()


def test_two_tabs_at_once_do_not_fork_the_chain(start: Starter, stick: Any, tmp_path: Path) -> None:
    """Each tab writes thirty lines without waiting for the other."""
    seed = journal_seed()
    address = stick("journal.html", pages.journal_page(seed, []))
    browser = start(tmp_path / "profile")
    burst = """(async () => {
      for (let rank = 0; rank < 30; rank += 1) {
        const before = document.getElementById('message').textContent;
        document.getElementById('message').textContent = '';
        document.getElementById('text').value = `${rank}`;
        document.getElementById('write').requestSubmit();
        while (!document.getElementById('message').textContent) await new Promise((go) => setTimeout(go, 1));
      }
      document.documentElement.dataset.done = 'yes';
    })(), 0"""
    browser.open(address)
    browser.until(READY)
    browser.evaluate(f"({burst})")
    browser.other_tab()
    browser.open(address)
    browser.until(READY)
    browser.evaluate(f"({burst})")
    browser.until("document.documentElement.dataset.done")
    count(browser, 60)
    assert "vérifiées" in browser.evaluate("document.getElementById('chain').textContent")
    browser.evaluate("(document.getElementById('save').click(), 0)")
    read = journal_lines.parse(browser.downloaded("journal-*.json").read_bytes())
    assert sorted(line.n for line in read.lines) == list(range(1, 61))
    assert journal_lines.merge(read.lines).faults == ()
    browser.close()


def chain(device: str, count: int, start: datetime) -> list[Line]:
    found: list[Line] = []
    for rank in range(count):
        moment = (start + timedelta(minutes=5 * rank)).isoformat()
        found.append(
            new_line(
                found[-1] if found else None,
                device=device,
                fact_at=moment,
                entered_at=moment,
                author="É. Exemple",
                role="Cellule",
                kind="decision",
                text=f"{device} {rank}",
            )
        )
    return found


def test_three_devices_are_merged_in_the_page_as_on_the_platform(
    browser: StickBrowser, stick: Any, tmp_path: Path
) -> None:
    seed = journal_seed()
    browser.open(stick("journal.html", pages.journal_page(seed, [])))
    browser.until(READY)
    fill(browser, "write", text="De ce poste", author="M. Exemple")
    count(browser, 1)
    right = datetime.fromisoformat("2026-11-29T03:00:00+01:00")
    chains = [chain("0000000b", 40, right), chain("0000000c", 40, right - timedelta(days=4_000))]
    files = []
    for lines in chains:
        files.append(tmp_path / f"journal-{lines[0].device}.json")
        files[-1].write_bytes(
            journal_lines.dump(Journal(seed["crisis"], True, lines[0].device, tuple(lines)))
        )
    browser.give_files("#files", *files)
    count(browser, 81)
    browser.give_files("#files", files[0])  # twice the same file
    browser.until("document.getElementById('message').textContent.includes('tout était déjà là')")
    count(browser, 81)
    browser.evaluate("(document.getElementById('save').click(), 0)")
    read = journal_lines.parse(browser.downloaded("journal-*.json").read_bytes(), crisis=seed["crisis"])
    merged = journal_lines.merge(read.lines)
    assert merged.lines == read.lines and merged.faults == () and len(read.lines) == 81
    for lines in chains:
        assert [line for line in read.lines if line.device == lines[0].device] == lines
    assert read.lines[0].entered_at.startswith("2015-12-1")  # the wrong clock, kept

    altered = [replace(chains[0][3], text="réécrite après coup")]
    bad = tmp_path / "journal-bad.json"
    bad.write_bytes(journal_lines.dump(Journal(seed["crisis"], True, "0000000b", tuple(altered))))
    browser.give_files("#files", bad)
    browser.until("document.getElementById('faults').textContent.includes('Deux contenus pour la ligne 4')")
    count(browser, 81)
    real = tmp_path / "journal-real.json"
    real.write_bytes(journal_lines.dump(Journal(seed["crisis"], False, "0000000b", tuple(chains[0]))))
    browser.give_files("#files", real)
    browser.until("document.getElementById('message').textContent.includes('ne se mélangent jamais')")
    browser.open(stick("journal.html", pages.journal_page(seed, [])))
    count(browser, 81)


def test_from_the_stick_to_a_signed_site_with_no_platform(
    start: Starter, stick: Any, tmp_path: Path, record_property: Any
) -> None:
    """A cold start on another computer: the page, a news, the signed ZIP; then a second stick wrote too, and both histories are kept."""
    key, sealed = signing_key()
    site = site_document(40, 60)
    address = stick("site.html", pages.site_editor_page(site, sealed_key=sealed))
    began = time.monotonic()
    browser = start(tmp_path / "profile")
    browser.open(address)
    browser.until(READY)
    browser.evaluate("(document.getElementById('state-stopped').checked = true, 0)")
    fill(
        browser,
        "news",
        **{"service": "s1", "text-fr": "Fermé <b>ce matin</b>", "alternative-fr": "Venez à 14 h"},
    )
    browser.until("document.getElementById('news-message').textContent.includes('gardée')")
    fill(browser, "publish", passphrase="bcde fghj knpr stuv xbcx")
    browser.until(
        "document.getElementById('publish-message').textContent.includes('Rien n\\'a été enregistré')"
    )
    fill(browser, "publish", passphrase=PASSPHRASE)
    archive = browser.downloaded("site-*.zip")
    record_property("seconds from the start of the browser to the ZIP", round(time.monotonic() - began, 1))
    files = unzipped(archive)
    document = json.loads(files["etat.json"])
    key.public_key().verify(files["etat.json.sig"], files["etat.json"], ec.ECDSA(SHA256()))
    assert files == site_render.build(
        document, public_key=sealed["public_key"], signature=files["etat.json.sig"]
    )
    assert len(document["updates"]) == 61 and b"Ferm\xc3\xa9 &lt;b&gt;ce matin" in files["index.html"]

    # Meanwhile somebody wrote about the same service on another stick.
    mine = document["updates"][-1]
    theirs = mine | {"id": "99999999-9999-4999-8999-999999999999", "text": {"fr": "Ouvert l'après-midi"}}
    other = tmp_path / "etat.json"
    other.write_bytes(site_render.canonical(document | {"updates": [*document["updates"][:-1], theirs]}))
    browser.give_files("#files", other)
    twice = "document.getElementById('conflicts').textContent.includes('Service n° 1 «')"
    browser.until(twice)
    browser.evaluate("(document.querySelector('#conflicts button').click(), 0)")
    fill(browser, "news", service="s1")
    browser.until(f"!{twice}")
    browser.evaluate("(document.getElementById('save').click(), 0)")
    saved = json.loads(browser.downloaded("etat*.json").read_bytes())
    (last,) = site_render.heads(saved, "s1")  # all three may be of the same second
    assert sorted(last["after"]) == sorted([mine["id"], theirs["id"]]) and len(saved["updates"]) == 63

    browser.give_files("#files", archive)  # its own ZIP
    browser.until("document.getElementById('files-message').textContent.includes('signature vérifiée')")
    damaged = tmp_path / "damaged.zip"
    with zipfile.ZipFile(damaged, "w") as out:
        for name, content in files.items():
            out.writestr(name, content.replace(b"ce matin", b"ce soir!") if name == "etat.json" else content)
    browser.give_files("#files", damaged)
    browser.until(
        "document.getElementById('files-message').textContent.includes('signature de ce ZIP est fausse')"
    )
    browser.kill()
    again = start(tmp_path / "profile")
    again.open(address)
    again.until(READY)
    again.until("document.querySelectorAll('#history > li').length === 63")
    assert browser.asked == again.asked == []
    again.close()


def unzipped(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
