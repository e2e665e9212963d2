"""Offline pages opened from `file://` in Chromium, as from a stick: what each one is for, once. The rest is in the long ring."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from playwright.sync_api import Browser, BrowserContext, Page, expect

from beffroi.web.continuity.offline_pages import journal_lines, pages, site_render
from browser import page_faults
from support.offline_pages import PASSPHRASE, journal_seed, signing_key, site_document

pytestmark = pytest.mark.browser

CONTENT = """<h2>Agents</h2><p style="color:inherit">Mme Exemple, 06 00 00 00 00</p>
<script>document.title = "run"</script><img src="x" alt="" onerror="document.title='run'"><a href="javascript:document.title='run'">x</a>"""


@pytest.fixture(scope="module")
def stick(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, locale="fr-FR", timezone_id="Europe/Paris"
    )
    yield context
    context.close()


@pytest.fixture
def opened(stick: BrowserContext, tmp_path: Path) -> Iterator[Any]:
    """`opened(document)` writes the page to a file and opens it; nothing else may be asked for, and the console stays silent."""
    asked: list[str] = []
    complaints: list[str] = []
    made: list[Page] = []

    def open_page(document: str, name: str = "page.html", *, quiet: bool = True, before: str = "") -> Page:
        file = tmp_path / name
        file.write_text(document, "utf-8")
        page = stick.new_page()
        made.append(page)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if quiet:
            page.on(
                "console",
                lambda message: complaints.append(message.text) if message.type == "error" else None,
            )
        if before:
            page.add_init_script(before)
        page.goto(file.as_uri())
        return page

    yield open_page
    for page in made:
        page.close()
    assert [address for address in asked if not address.startswith(("file:///", "blob:"))] == []
    assert {address for address in asked if address.startswith("file:")} <= {
        file.as_uri() for file in tmp_path.iterdir()
    }
    assert complaints == []


def test_a_sealed_page_opens_with_its_passphrase_only_and_runs_nothing(opened: Any) -> None:
    page = opened(pages.sealed_page("Contacts", CONTENT, PASSPHRASE), quiet=False)
    assert "06 00 00 00 00" not in page.content()
    assert page_faults(page) == []
    page.get_by_label("Phrase de passe").fill("bcde fghj knpr stuv xbcx")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("n'ouvre pas cette page")
    page.get_by_label("Phrase de passe").fill(PASSPHRASE.upper().replace("-", " "))
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Contenu")).to_contain_text("06 00 00 00 00")
    assert page_faults(page) == [] and page.title() == "Contacts"
    expect(page.locator("#content script, #content [onerror], #content [href^=javascript]")).to_have_count(0)
    page.get_by_role("button", name="Refermer").click()
    assert "06 00 00 00 00" not in page.content()


@pytest.mark.parametrize("kind", ["sealed", "journal", "site"])
def test_a_browser_that_cannot_encrypt_is_told_which_one_to_use(opened: Any, kind: str) -> None:
    document = {
        "sealed": lambda: pages.sealed_page("Contacts", CONTENT, PASSPHRASE),
        "journal": lambda: pages.journal_page(journal_seed(), []),
        "site": lambda: pages.site_editor_page(site_document()),
    }[kind]()
    page = opened(document, before="Object.defineProperty(globalThis, 'crypto', { value: {} })")
    expect(page.locator("#message")).to_contain_text("Utilisez Firefox, Chrome ou Edge")


def test_a_line_is_written_in_three_acts_corrected_by_another_and_found_after_a_reload(opened: Any) -> None:
    seed = journal_seed()
    page = opened(pages.journal_page(seed, [{"title": "Directrice de crise", "holder": "Mme Exemple"}]))
    expect(page.locator(".band").first).to_contain_text("EXERCICE")
    page.get_by_label("Votre nom").fill("Mme Exemple")
    page.get_by_label("Que s'est-il passé").fill("Serveur <img src=x onerror=alert(1)> arrêté")
    page.get_by_role("button", name="Noter").click()
    expect(page.locator("#lines > li")).to_have_count(1)
    page.get_by_role("button", name="Corriger la ligne").click()
    page.get_by_label("Que s'est-il passé").fill("Deux serveurs arrêtés")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#lines > li")).to_have_count(2)
    page.locator("[data-clock=cnil]").click()
    expect(page.locator("#clocks")).to_contain_text("Il reste 71 h 5")
    expect(page.locator("#lines > li")).to_have_count(3)
    page.reload()
    expect(page.locator("#lines > li")).to_have_count(3)
    expect(page.locator("#clocks")).to_contain_text("Il reste 71 h 5")
    page.get_by_label("Chercher").fill("ARRETÉ")
    expect(page.locator("#lines > li")).to_have_count(2)
    assert page_faults(page) == []
    with page.expect_download() as got:
        page.get_by_role("button", name="Enregistrer le journal").click()
    assert got.value.suggested_filename.startswith("journal-")
    read = journal_lines.parse(got.value.path().read_bytes(), crisis=seed["crisis"], exercise=True)
    merged = journal_lines.merge(read.lines)
    assert merged.faults == () and [line.n for line in merged.lines] == [1, 2, 3]
    assert read.lines[1].corrects == read.lines[0].id and "<img" in read.lines[0].text


def test_the_site_saved_from_the_stick_is_the_platforms_own_and_signed(opened: Any, tmp_path: Path) -> None:
    key, sealed = signing_key()
    page = opened(pages.site_editor_page(site_document(4, 6), sealed_key=sealed))
    page.get_by_label("Service", exact=True).select_option("s3")
    page.get_by_label("Arrêté").check()
    page.get_by_label("Ce qui se passe (Français)").fill("Guichet fermé <b>&</b> 'serveurs' arrêtés 🙂")
    page.get_by_role("button", name="Ajouter au site").click()
    expect(page.locator("#news-message")).to_contain_text("gardée")
    assert page_faults(page) == []
    page.get_by_label("Phrase de passe").fill(PASSPHRASE)
    with page.expect_download() as got:
        page.get_by_role("button", name="Enregistrer le site").click()
    with zipfile.ZipFile(io.BytesIO(got.value.path().read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(files["etat.json"])
    assert document["updates"][-1]["origin"] == "stick" and document["updates"][-1]["service"] == "s3"
    signature = files["etat.json.sig"]
    key.public_key().verify(signature, files["etat.json"], ec.ECDSA(SHA256()))
    assert site_render.build(document, public_key=sealed["public_key"], signature=signature) == files
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page.goto((tmp_path / "index.html").as_uri())
    expect(page.locator("main")).to_contain_text("Guichet fermé <b>&</b>")
    assert page_faults(page) == []
    page.get_by_role("link", name="Toute l'histoire").click()
    expect(page.locator("article")).to_have_count(7)
    assert page_faults(page) == []


def test_another_state_begins_now_and_an_old_translation_is_left_out(opened: Any) -> None:
    site = site_document(1, 1, seed=2)  # of another page than the one kept by the browser
    before = site["updates"][0] | {"service": "s0", "state": "stopped", "since": "2026-10-02T08:30:00+02:00"}
    before |= {"text": {"fr": "Fermé.", "fr-x-facile": "Fermé ici.", "en": "Closed."}, "alternative": {}}
    page = opened(pages.site_editor_page(site | {"updates": [before]}, sealed_key=signing_key()[1]))
    page.get_by_role("button", name="Modifier").click()
    since = page.get_by_label("Depuis")
    page.get_by_label("Fonctionne", exact=True).check()
    assert since.input_value() > "2026-10-02T08:30"
    page.get_by_label("Arrêté").check()
    expect(since).to_have_value("2026-10-02T08:30")
    since.fill("2026-10-03T09:00")
    page.get_by_label("Fonctionne", exact=True).check()
    expect(since).to_have_value("2026-10-03T09:00")

    old = page.locator("#old-text-en")
    expect(old).to_be_hidden()
    page.get_by_label("Ce qui se passe (Français)", exact=True).fill("Ouvert.")
    expect(old).to_contain_text("date de l'annonce précédente")
    page.locator("#text-fr-x-facile").fill("Ouvert ici.")
    expect(page.locator("#old-text-fr-x-facile")).to_be_hidden()
    assert page_faults(page) == []
    page.get_by_role("button", name="Ajouter au site").click()
    expect(page.locator("#news-message")).to_contain_text("Laissé de côté : English.")
    expect(page.locator("#news-message")).to_be_in_viewport()

    page.get_by_label("Phrase de passe").fill("bcde fghj knpr stuv xbcx")
    page.keyboard.press("Enter")
    told = page.locator("#publish-message")
    expect(told).to_contain_text("n'ouvre pas la clé")
    expect(told).to_be_in_viewport()
    expect(page.get_by_label("Phrase de passe")).to_be_focused()
    page.get_by_label("Phrase de passe").fill("")
    with page.expect_download() as got:
        page.get_by_role("button", name="Enregistrer le site").click()
    expect(told).to_contain_text("est dans les téléchargements")
    expect(told).to_be_in_viewport()
    with zipfile.ZipFile(got.value.path()) as archive:
        last = json.loads(archive.read("etat.json"))["updates"][-1]
        english = archive.read("en.html").decode()
    assert last["text"] == {"fr": "Ouvert.", "fr-x-facile": "Ouvert ici."}
    assert last["since"].startswith("2026-10-03T09:00")
    assert "Ouvert." in english and "Closed." not in english and "not translated" in english
