"""The night of an invented town, walked once: prepared, everything ended, the kit opened, residents told, the journal kept, then back.

Real processes (ended by their numbers), a real worker, Chromium on `file://`, nginx as the independent host, `beffroi backup` and
`beffroi restore`. `pytest -s` prints the stopwatch; `BEFFROI_TEST_PICTURES=1` keeps the film in test-results/. Long ring only.
"""

import json
import re
import time
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Playwright, expect

from beffroi.web.continuity.offline_pages import journal_lines
from commands import beffroi
from servers import NotHere, nginx
from support.served import Instance
from support.stick_browsers import StickChromium

from .night import (
    MAYOR,
    PHONES,
    SCREEN,
    SECRETARY,
    SLUG,
    Film,
    Night,
    Step,
    Stopwatch,
    assert_signed,
    borrowed,
    end_platform,
    fetched,
    founded,
    only_files,
)

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("night_walk")]
MOST_MINUTES_OF_PAGE, MOST_MINUTES_OF_RESTORE, MOST_ACTIONS_OF_CELL = 10, 60, 10
READY = "document.documentElement.dataset.ready === 'yes'"


@pytest.fixture
def night(tmp_path: Path, chromium: Browser) -> Iterator[Night]:
    town = founded(tmp_path / "home")
    town.start("--workers", "1")
    film = Film("night-walk")
    found = Night(tmp_path, chromium, town, Stopwatch(film))
    yield found
    for context in found.contexts:
        context.close()
    found.town.stop()
    film.keep()


def test_the_night(night: Night, record_property: Any) -> None:
    try:
        prepare(night)
        open_the_kit(night)
        tell_residents(night)
        keep_the_journal(night)
        come_back(night)
        type_again_and_bill(night)
        learn(night)
    finally:
        night.watch.report(record_property)
    assert night.watch.faults == []


def room(me: Step, name: str) -> None:
    """From any page of the room to another one, by its home."""
    me.click("link", "Continuité", exact=True)
    me.click("link", name, exact=True)


def prepare(night: Night) -> None:
    """Before: services, a sheet, the phrase of the safe, the page of residents, numbers of paper forms, the kit on a stick."""
    me = night.watch.step("1. prepare, before the night", night.page(person=SECRETARY))
    me.open(f"{night.town.url}/t/{SLUG}/")
    me.click("link", "Sécurité")
    room(me, "Conséquences d'un arrêt")
    me.click("button", "Prendre cette liste")
    expect(me.page.locator("main")).to_contain_text("Cantine")
    room(me, "Fiches du mode dégradé")
    me.click("button", "Commencer mes fiches")
    me.click("link", "Cantine")
    me.fill(me.page.get_by_label("J'approuve cette fiche en qualité de"), "secrétaire de mairie")
    me.click("button", "Approuver", exact=True)
    expect(me.page.locator("main")).to_contain_text("Elle est approuvée telle quelle")
    room(me, "Page des habitants")
    me.click("link", "Préparer la page")
    for name in ("Cantine", "État civil"):
        me.check(me.page.get_by_label(name, exact=True))
    me.click("button", "Enregistrer")
    expect(me.page.locator("main")).to_contain_text("Rien n'est encore publié")
    me.click("link", "Clé et empreinte")
    night.fingerprint = me.page.locator("main code").inner_text()
    room(me, "Formulaires papier")
    me.click("link", "Relevé d'eau")
    me.fill(me.page.get_by_label("Lettre du guichet"), "A")
    me.fill(me.page.get_by_label("Nom du guichet"), "Mairie")
    me.fill(me.page.get_by_label("Nombre de feuilles"), "5")
    me.click("button", "Attribuer")
    sheets = me.download_to(night.folder, "page de EAU-A")
    night.numbers = sorted(set(re.findall(r"EAU-A-\d{4}-[0-9A-Z]", sheets.read_text("utf-8"))))
    assert len(night.numbers) == 5
    room(me, "Kit hors ligne")
    me.click("link", "Faire la phrase")
    me.click("button", "Faire la phrase")
    night.phrase = me.page.locator("main .big code").inner_text()
    me.click("link", "C'est imprimé")
    me.click("button", "Fabriquer maintenant")
    me.job("Kit hors ligne")
    expect(me.page.locator("main")).to_contain_text("avec la partie scellée")
    stick = night.folder / "stick"
    with zipfile.ZipFile(me.download_to(night.folder, "Télécharger")) as archive:
        archive.extractall(stick)
    (night.kit,) = (path.parent for path in stick.rglob("OUVRIR-MOI.html"))
    done = beffroi("backup", night.folder / "offline.tar.gz", "--home", night.town.home, real=True)
    assert done.returncode == 0, done.stderr
    night.backup = night.folder / "offline.tar.gz"


def open_the_kit(night: Night) -> None:
    """Everything is off. Whom to call, my service, the names that the safe keeps."""
    assert end_platform(night.town) >= 3
    asked: list[str] = []
    me = night.watch.step("2. everything ended: open the kit", borrowed(night, asked))
    me.by_hand("brancher la clé")
    me.open((night.kit / "OUVRIR-MOI.html").as_uri())
    night.code = me.page.locator("main .code").inner_text()
    me.click("link", "Qui appeler", exact=True)
    for phone in PHONES:
        expect(me.page.locator("main")).to_contain_text(phone)
    height = me.page.evaluate("document.documentElement.scrollHeight")
    assert height <= SCREEN["height"], f"« Qui appeler » is {height} pixels high"
    me.open((night.kit / "OUVRIR-MOI.html").as_uri())
    me.click("link", "Mon service aujourd'hui")
    me.click("link", "Cantine", exact=True)
    expect(me.page.locator("main")).to_contain_text("secrétaire de mairie")
    me.open((night.kit / "OUVRIR-MOI.html").as_uri())
    me.click("link", "Listes avec des noms")
    assert "Bruno Essai" not in me.page.content()
    me.fill(me.page.get_by_label("Phrase de passe"), night.phrase)
    me.press("Ouvrir", me.page.locator("#content"), "Bruno Essai")
    assert only_files(asked), asked


def tell_residents(night: Night) -> None:
    """From the stick to an independent host, from a cold start."""
    asked: list[str] = []
    me = night.watch.step("3. tell residents, from the stick alone", borrowed(night, asked))
    me.by_hand("brancher la clé")
    me.open((night.kit / "OUVRIR-MOI.html").as_uri())
    me.click("link", "Informer les habitants", exact=True)
    me.click("link", "sans la plateforme")
    me.choose(me.page.get_by_label("Service", exact=True), "Cantine (rien de dit)")
    me.check(me.page.get_by_label("Arrêté"))
    me.fill(
        me.page.get_by_label("Ce qui se passe (Français)"),
        "La cantine n'a plus sa liste. Elle est fermée lundi.",
    )
    me.fill(me.page.locator("#alternative-fr"), "Apportez un pique-nique.")
    me.fill(me.page.get_by_label("Votre nom"), "Claire Roussel")
    me.press("Ajouter au site", me.page.locator("#news-message"), "gardée")
    me.fill(me.page.get_by_label("Phrase de passe"), night.phrase)
    night.site = me.download_to(night.folder, "Enregistrer le site", role="button")
    expect(me.page.locator("#publish-message")).to_contain_text("Il est signé")
    assert only_files(asked), asked
    try:
        with nginx.serving(night.folder / "host", 1) as host:
            for act in (
                "ouvrir l'espace de l'hébergeur",
                "ouvrir le ZIP",
                "tout choisir",
                "glisser",
                "ouvrir la page",
            ):
                me.by_hand(act)
            with me.timed(), zipfile.ZipFile(night.site) as archive:
                archive.extractall(host.sites[0].folder)
            resident = night.page()
            with me.timed():
                resident.goto(host.sites[0].address)
            me.film.take(resident)
            me.words += len(resident.locator("main").inner_text().split())
            expect(resident.locator("main")).to_contain_text("Elle est fermée lundi")
            files = {
                name: fetched(f"{host.sites[0].address}/{name}")
                for name in ("etat.json", "etat.json.sig", "cle.pem")
            }
    except NotHere as missing:
        pytest.skip(f"not on this machine: {missing}")
    assert_signed(night, files)
    assert me.minutes <= MOST_MINUTES_OF_PAGE


def keep_the_journal(night: Night) -> None:
    """Three lines and a correction; the browser dies; nothing is lost."""
    address = (night.kit / "pages" / "journal.html").as_uri()
    browsers = cast("Playwright", SimpleNamespace(chromium=night.chromium.browser_type))
    browser = StickChromium(night.folder / "profile", browsers)
    try:
        me = night.watch.step("4. keep the journal off line", browser.page)
        me.by_hand("brancher la clé")
        me.open((night.kit / "OUVRIR-MOI.html").as_uri())
        me.click("link", "Le journal de crise")
        assert me.page.url == address
        me.fill(me.page.get_by_label("Votre nom"), "Claire Roussel")
        for at, text in enumerate(("Les postes affichent une demande de rançon.", "Réseau débranché au tableau.", "Prestataire appelé."), 1):  # fmt: skip
            me.fill(me.page.get_by_label("Que s'est-il passé"), text)
            me.press("Noter", me.page.locator("#message"), f"Ligne {at} gardée")
        me.press("Corriger la ligne", me.page.locator("#correcting"), "Vous corrigez")
        me.fill(me.page.get_by_label("Que s'est-il passé"), "Prestataire appelé deux fois, sans réponse.")
        me.press("Noter", me.page.locator("#message"), "Ligne 4 gardée")
        browser.kill()
        assert browser.asked == []
        browser = StickChromium(night.folder / "profile", browsers)
        me.page = browser.page
        me.open(address)
        browser.until(READY)
        expect(me.page.locator("#lines > li")).to_have_count(4)
        me.press("Enregistrer le journal", me.page.locator("#message"), "enregistré")
        night.journal = browser.downloaded("journal-*.json")
        assert browser.asked == []
    finally:
        browser.close()
    read = journal_lines.parse(night.journal.read_bytes())
    assert journal_lines.merge(read.lines).faults == () and [line.n for line in read.lines] == [1, 2, 3, 4]


def come_back(night: Night) -> None:
    """A bare machine, the offline copy, the cell, the journal and the page's history taken back, a new state."""
    since = time.monotonic()
    home = night.folder / "restored"
    done = beffroi("restore", night.backup, "--home", home, real=True)
    assert done.returncode == 0, done.stderr
    night.town = Instance(home, [SLUG])
    night.town.start("--workers", "1")
    restored = time.monotonic() - since
    me = night.watch.step("5a. restore, activate the cell", night.page(person=SECRETARY))
    me.by_hand("beffroi restore")
    me.by_hand("beffroi serve")
    me.machine += restored
    assert restored <= MOST_MINUTES_OF_RESTORE * 60
    before = len(me.done)
    me.open(f"{night.town.url}/t/{SLUG}/")
    me.click("link", "Continuité")
    me.click("link", "Cellule de crise")
    me.check(me.page.get_by_label("C'est une vraie crise", exact=True))
    me.check(me.page.get_by_label("Informatique : attaque, panne, données volées", exact=True))
    me.check(me.page.get_by_label("Peut-être", exact=True))
    me.click("button", "Activer maintenant")
    me.click("link", "Prendre ou passer un rôle")
    me.click("button", "Prendre ces rôles")
    assert len(me.done) - before <= MOST_ACTIONS_OF_CELL
    expect(me.page.locator(".badge", has_text="en cours").first).to_be_visible()
    me = night.watch.step("5b. take back journal and page", me.page)
    me.click("link", "Reprendre un journal hors ligne")
    me.by_hand("choisir le fichier")
    me.page.locator("input[type=file]").set_input_files(night.journal)
    me.click("button", "Lire le fichier")
    expect(me.page.locator("main")).to_contain_text("4 nouvelles")
    me.click("button", "Reprendre ces lignes")
    expect(me.page.locator("body")).to_contain_text("4 lignes reprises")
    for text in ("demande de rançon", "Réseau débranché", "Prestataire appelé.", "deux fois, sans réponse"):
        expect(me.page.locator("main")).to_contain_text(text)
    room(me, "Page des habitants")
    me.click("link", "Reprendre ce qui a été écrit sur la clé")
    me.by_hand("choisir le fichier")
    me.page.locator("input[name=file]").set_input_files(night.site)
    me.click("button", "Lire le fichier")
    expect(me.page.locator("main")).to_contain_text("Signature vérifiée")
    me.click("button", "Reprendre ces annonces")
    expect(me.page.locator("main")).to_contain_text("sur la clé USB")
    me.click("link", "Cantine", exact=True)
    me.check(me.page.get_by_label("Fonctionne autrement"))
    me.fill(me.page.locator("#id_text_fr"), "La cantine rouvre avec un menu unique.")
    me.click("button", "Enregistrer")
    me.click("button", "Publier", exact=True)
    expect(me.page.locator("main")).to_contain_text("Publication 1")
    with zipfile.ZipFile(me.download_to(night.folder, "Télécharger le ZIP")) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert_signed(night, files)
    updates = json.loads(files["etat.json"])["updates"]
    assert [(each["origin"], each["state"]) for each in updates] == [
        ("stick", "stopped"),
        ("platform", "degraded"),
    ]
    assert updates[1]["after"] == [updates[0]["id"]]


def type_again_and_bill(night: Night) -> None:
    """Three sheets typed by keyboard, then again; one twice; a canteen statement that the mayor checks."""
    me = night.watch.step("6a. type three sheets again", night.page(person=SECRETARY))
    me.open(night.room)
    me.click("link", "Ressaisie", exact=True)
    me.choose(me.page.get_by_label("Formulaire"), "Relevé d'eau")
    me.fill(me.page.get_by_label("Lettre du guichet"), "A")
    me.fill(me.page.get_by_label("Jour des feuilles"), (date.today() - timedelta(days=1)).isoformat())
    me.fill(me.page.get_by_label("Nombre de feuilles"), "3")
    me.click("button", "Ouvrir et saisir")
    for at, number in enumerate(night.numbers[:3]):
        type_sheet(me, number, at)
        expect(me.page.locator("body")).to_contain_text(f"{number} : saisie")
    type_sheet(me, night.numbers[1], 1)
    expect(me.page.locator("main")).to_contain_text("a déjà été saisie dans ce lot")
    me.click("link", "Revenir au lot")
    me.click("button", "Écarter")
    me.click("link", "Commencer par")
    for at in range(3):
        type_fields(me, at)
    expect(me.page.locator("main")).to_contain_text("3 feuilles saisies sur 3")
    me.click("button", "Fermer", exact=True)
    expect(me.page.locator("main")).to_contain_text("Lot fermé")
    rows = me.download_to(night.folder, "CSV").read_text("utf-8-sig")
    assert all(number in rows for number in night.numbers[:3]) and night.numbers[3] not in rows
    bill(night)


def type_sheet(me: Step, number: str, at: int) -> None:
    """By keyboard: the end of the number, then the values."""
    expect(me.page.locator("form[data-awake=yes]")).to_be_attached()
    expect(me.page.locator("#id_number")).to_be_focused()
    me.type(number[-6:-2] + number[-1])
    type_fields(me, at)


def type_fields(me: Step, at: int) -> None:
    expect(me.page.locator("form[data-awake=yes]")).to_be_attached()
    day = f"{date.today() - timedelta(days=1):%d%m%Y}"  # typed in the second typing only: the first one carries it
    values = {
        "v_day": day,
        "v_meter": f"C260000{at}",
        "v_index": f"{1200 + at}",
        "v_state": "1",
        "v_remark": "",
    }
    while (name := me.page.evaluate("document.activeElement.name")) in values:
        me.type(values[name])
        if me.page.evaluate("document.activeElement.name") == name:
            me.page.keyboard.press("Enter")
    since = time.monotonic()
    with me.page.expect_navigation():
        me.page.keyboard.press("Enter")
    me.arrive(since)


CANTEEN = {
    "rates": "Tranche;QF mini;QF maxi;Prix\nA;0;500;1,05\nB;500;;3,40\n",
    "subscribers": "N°;Enfant;Payeur;QF\n1;Léa;M. Un;420\n2;Tom;Mme Deux;900\n",
    "quantities": "N°;Date;Repas\n1;05/10/2026;1\n2;05/10/2026;1\n2;06/10/2026;1\n",
}


def bill(night: Night) -> None:
    """The secretary prepares, the mayor checks, the file leaves for the financial software."""
    me = night.watch.step("6b. canteen bills, checked by the mayor", night.page(person=SECRETARY))
    me.open(night.room)
    me.click("link", "États de facturation")
    me.click("link", "Cantine")
    me.fill(me.page.get_by_label("Du", exact=True), "2026-10-01")
    me.fill(me.page.get_by_label("Au", exact=True), "2026-10-31")
    for part, content in CANTEEN.items():
        file = night.folder / f"{part}.csv"
        file.write_text(content, "utf-8")
        me.by_hand("choisir le fichier")
        me.page.locator(f"input[name={part}]").set_input_files(file)
    me.click("button", "Préparer l'état")
    expect(me.page.locator("main")).to_contain_text("une deuxième personne le contrôle")
    mayor = night.page(person=MAYOR)
    me.page = mayor
    me.open(night.room)
    me.click("link", "États de facturation")
    me.click("link", "Cantine", within=me.page.locator("tbody"))
    expect(me.page.locator("main")).to_contain_text("7,85")
    me.fill(me.page.get_by_label("Ce que vous avez contrôlé"), "Les trois repas, relus sur la feuille.")
    me.click("button", "C'est contrôlé")
    exported = me.download_to(night.folder, "CSV").read_text("utf-8-sig")
    assert "Mme Deux" in exported and "6,8" in exported and "contrôlé" in exported


def learn(night: Night) -> None:
    """The end, what it teaches, put in the plan; the kit that was opened."""
    me = night.watch.step("7. close, learn, note the kit", night.page(person=SECRETARY))
    me.open(night.room)
    me.click("link", "Crise du")
    me.click("link", "Clore la crise")
    me.check(me.page.get_by_label("Je le sais"))  # persons' data may be touched: 72 hours run
    me.click("button", "Clore la crise")
    me.click("link", "Répondre aux questions")
    me.click("link", "Commencer")
    assert me.answer_all() >= 6
    me.click("link", "Revenir : Retour d'expérience")
    me.click("button", "Mettre au plan de continuité")
    me.click("link", "Tout le plan")
    assert "continuity_plan" in me.page.url
    expect(me.page.get_by_role("button", name="Retenir :").first).to_be_visible()
    room(me, "Kit hors ligne")
    me.fill(me.page.locator("main input[name=code]"), night.code.lower())
    me.click("button", "Noter l'ouverture")
    expect(me.page.locator("body")).to_contain_text("L'ouverture est notée. C'est le dernier kit.")
    expect(me.page.locator("main")).not_to_contain_text("jamais ouvert")
