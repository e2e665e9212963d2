"""The page that plays an exercise, opened from `file://` in Chromium: one short walk. Its clock is the wall's, moved by the test."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from beffroi.web.continuity.exercises import exercise_file
from browser import page_faults
from support import clock
from support.played_exercises import ANY_TOWN, page

pytestmark = pytest.mark.browser
BEGAN = datetime(2026, 12, 7, 9, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture
def laptop(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """Its clock is moved by the test, as that of a tab that is hidden, or of a lid that is closed."""
    asked: list[str] = []
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: asked.append(str(error.error)))
    context.clock.install(time=BEGAN)
    yield context
    context.close()
    assert [each for each in asked if not each.startswith(("file:///", "blob:"))] == []


def opened(laptop: BrowserContext, tmp_path: Path, screen: str = "") -> Page:
    file = tmp_path / "exercice.html"
    if not file.exists():
        with clock.at(BEGAN):  # the page warns of a computer whose clock is behind the file's date
            file.write_text(page(), "utf-8")
    shown = laptop.new_page()
    shown.goto(f"{file.as_uri()}#{screen}")
    expect(shown.locator("html[data-ready=yes]")).to_be_attached()
    return shown


def below_the_clock(shown: Page, selector: str) -> bool:
    """Whether the clock, which stays above, leaves this in sight."""
    place, above = (shown.locator(each).bounding_box() for each in (selector, "#clock-part"))
    assert place is not None and above is not None
    return place["y"] >= above["y"] + above["height"]


def test_an_exercise_is_played_on_one_laptop_and_saved(laptop: BrowserContext, tmp_path: Path) -> None:
    board = opened(laptop, tmp_path)
    assert board.title().startswith("EXERCICE") and page_faults(board) == []
    laptop.clock.pause_at(BEGAN + timedelta(minutes=5))
    players = opened(laptop, tmp_path, "joueurs/mayor")
    expect(players.get_by_text("Personne n'est noté")).to_be_visible()
    board.get_by_role("button", name="Commencer").click()
    laptop.clock.fast_forward("12:30")  # timers run once at most: nothing is counted by them
    expect(board.locator("#clock")).to_have_text("00:12")
    expect(board.locator("#received > li")).to_have_count(4)
    expect(players.locator("#clock")).to_have_text("00:12")
    expect(players.locator("article.inject")).to_have_count(1)
    expect(players.locator("article.inject.call")).to_contain_text("EXERCICE Appel téléphonique")

    board.get_by_role("button", name="Mettre en pause").click()
    expect(board.get_by_role("button", name="Reprendre")).to_be_focused()
    laptop.clock.fast_forward("20:00")
    expect(board.locator("#clock")).to_have_text("00:12")
    board.get_by_label("Noter une réaction").fill("On débranche le réseau.")
    board.get_by_label("À propos de").first.select_option(label="00:00 Un écran inhabituel")
    board.keyboard.press("Tab")
    board.locator("#react").get_by_role("button", name="Noter").click()
    board.get_by_role("button", name="Fait : Un écran inhabituel", exact=True).click()
    expect(board.get_by_role("button", name="Fait : Un écran inhabituel", exact=True)).to_be_focused()
    board.get_by_text("Improviser un message").click()
    board.get_by_role("button", name="Envoyer aux joueurs").click()
    expect(board.get_by_label("Titre")).to_be_focused()
    expect(board.locator("label[for=improvise-title] + #fault")).to_contain_text("titre")
    board.get_by_label("Titre").fill("Le facteur")
    board.get_by_label("Message", exact=True).fill("Le bourg est au courant.")
    board.get_by_role("button", name="Envoyer aux joueurs").click()
    laptop.clock.run_for(1_000)
    expect(players.locator("article.inject").first).to_contain_text("Le facteur")
    players.set_viewport_size({"width": 1280, "height": 720})
    newest, note = (
        players.locator(each).bounding_box() for each in ("article.inject >> nth=0", "#play-part")
    )
    assert newest is not None and note is not None
    assert newest["width"] > 1100 and note["y"] < newest["y"] < 450
    players.close()

    board.get_by_role("button", name="Écarter : Les repas de midi").click()
    board.get_by_label("Vitesse").select_option("60")
    board.get_by_role("button", name="Changer").click()
    board.get_by_role("button", name="Reprendre").click()
    laptop.clock.fast_forward(30_000)
    expect(board.locator("#clock")).to_have_text("00:42")
    board.close()
    board = opened(laptop, tmp_path)  # what was written is there, and the clock went on
    expect(board.locator("#clock")).to_have_text("00:42")
    expect(board.locator("#received > li")).to_have_count(10)
    board.set_viewport_size({"width": 400, "height": 600})
    board.get_by_text("Terminer l'exercice").click()
    board.get_by_role("button", name="Oui, terminer").click()
    expect(board.locator("#debrief-title")).to_be_focused()
    assert below_the_clock(board, "#debrief-title")
    expect(board.locator("#bilan thead")).to_contain_text("Réaction")
    board.get_by_role("link", name="Animateur").click()
    expect(board.get_by_text("Ne le montrez pas")).to_be_hidden()
    board.get_by_role("link", name="faites le bilan").click()
    expect(board.locator("#counts")).to_contain_text("1 fait")
    board.get_by_label("Ce qu'il faut corriger").fill("Afficher la liste d'appel")
    board.get_by_role("button", name="Ajouter").click()
    expect(board.locator("label[for=owner] + #fault")).to_contain_text("sans nom")
    expect(board.locator("#fault")).to_be_in_viewport()
    board.get_by_label("Qui s'en occupe").fill("Mme Petit")
    board.get_by_label("Pour le").fill("2026-12-01")
    board.get_by_role("button", name="Ajouter").click()
    expect(board.locator("label[for=due_on] + #fault")).to_contain_text("Ce jour est passé")
    expect(board.locator("[aria-describedby=fault]")).to_have_count(1)
    board.get_by_label("Pour le").fill("2026-12-15")
    board.get_by_role("button", name="Ajouter").click()
    expect(board.locator("#fault")).to_be_hidden()
    expect(board.locator("#corrections")).to_contain_text("Mme Petit, pour le 15/12/2026")
    expect(board.locator("#table")).to_contain_text(re.compile(r"00:12 \(09:37\).*On débranche le réseau\."))
    laptop.clock.resume()  # the checker of faults has timers of its own
    assert page_faults(board) == []
    board.emulate_media(media="print")
    assert board.locator(".wide").evaluate("(place) => getComputedStyle(place).overflowX") == "visible"
    assert board.locator("tbody tr").first.evaluate("(row) => getComputedStyle(row).breakInside") == "avoid"
    board.emulate_media(media="screen")
    sheets = pypdfium2.PdfDocument(board.pdf())
    texts = [sheet.get_textpage().get_text_range() for sheet in sheets]
    assert len(texts) > 1 and all("EXERCICE – EXERCICE" in text for text in texts)
    with board.expect_download() as saved:
        board.get_by_role("button", name="Enregistrer l'exercice").click()
    expect(board.locator("#message")).to_contain_text("enregistré dans les téléchargements")
    board.get_by_text("Ouvrir un exercice enregistré").click()
    expect(board.get_by_text("Celui-ci doit être enregistré d'abord")).to_be_hidden()
    board.emulate_media(media="print")
    expect(board.locator("#message")).to_be_hidden()
    assert saved.value.suggested_filename.startswith("EXERCICE-rancongiciel-")
    played = exercise_file.parse(Path(saved.value.path()).read_bytes(), ANY_TOWN.code, BEGAN)
    acts = [event.act for event in played.events]
    assert acts == [
        "start",
        "pause",
        "reaction",
        "observation",
        "improvise",
        "skip",
        "speed",
        "resume",
        "end",
    ]
    assert played.events[1].at - played.began_at == timedelta(minutes=12, seconds=30)
    assert played.corrections[0].owner == "Mme Petit" and not played.clock_was_wrong


def test_whoever_comes_back_may_go_back_to_when_every_window_closed(
    laptop: BrowserContext, tmp_path: Path
) -> None:
    board = opened(laptop, tmp_path)
    laptop.clock.pause_at(BEGAN + timedelta(minutes=5))
    board.get_by_role("button", name="Commencer").click()
    laptop.clock.fast_forward("09:00")
    expect(board.locator("#received > li")).to_have_count(3)
    board.close()
    laptop.clock.fast_forward("30:00")
    board = opened(laptop, tmp_path)
    expect(board.locator("#received > li")).to_have_count(9)
    board.get_by_role("button", name="Revenir à ce moment").click()
    expect(board.locator("#clock")).to_have_text("00:09")
    expect(board.locator("#received > li")).to_have_count(3)
