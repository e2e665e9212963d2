"""ZIPs that the real page of the stick saved, in the real browser, given to a real site: whole, checked, chosen, published.

Two borrowed computers write on their side while the platform writes too. A real site and a browser: long ring.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser import page_faults, settle
from house import SeededHome, seeded
from support.offline_pages import PASSPHRASE

pytestmark = [pytest.mark.browser, pytest.mark.long]
EDITOR = "informer-les-habitants.html"
SEED = """
import json, sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
home = Path(sys.argv[1])
setup_django(Home(home), base_url=sys.argv[2])
from beffroi.web.continuity.models import SiteService
from beffroi.web.continuity.offline_pages.pages import site_editor_page
from beffroi.web.continuity.offline_pages.passphrase_box import sealed_key
from beffroi.web.continuity.restoration_site import kit_part, page_setup, reading, services
from beffroi.web.continuity.restoration_site.document import canonical
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T00", name="Saint-Aubin", kind="commune", population=1800, is_fictional=True,
                                    contact="Mairie d'essai"))
mayor = admit(town, "maire@example.org", "Maire", ["decider"], by=None, simulated=True,
              legal_act=LegalAct("Procès-verbal d'essai", date(2026, 3, 22)))
with scope.inside(town):
    site = page_setup.set_up(town, mayor, title="Vos services", languages=["en"], names=["Cantine", "Piscine"])
    def write(text):
        canteen = SiteService.objects.of(town).select_related("site__territory").get(key="cantine")
        after = [each.id for each in services.followed_heads(site, canteen)]
        services.announce(canteen, mayor, state="stopped", texts={"fr": text}, alternatives={}, after=after)
    write("La cantine est fermée.")
    services.publish(site, mayor, reading.digest(reading.draft(site)))
    key = sealed_key(kit_part.signing_pair(town)[0], "%s")
    document = json.loads(canonical(kit_part.document_for_kit(town)))
    (home.parent / "%s").write_text(site_editor_page(document, sealed_key=key), "utf-8")
    write("La cantine sert des repas froids.")
print(make_link(mayor, "signin"))
""" % (PASSPHRASE, EDITOR)  # noqa: UP031  the seed has braces


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("stick") / "home", SEED, "mayor") as home:
        yield home


def borrowed(chromium: Browser, editor: Path) -> Page:
    """The page of the stick on another computer, without network."""
    page = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris", offline=True).new_page()
    page.goto(editor.as_uri())
    return page


def announce(page: Page, state: str, text: str, english: str = "") -> None:
    page.get_by_label("Service", exact=True).select_option("cantine")
    page.get_by_label(state, exact=True).check()
    page.get_by_label("Ce qui se passe (Français)").fill(text)
    if english:
        page.locator("details:has(#text-en)").evaluate("(each) => { each.open = true; }")
        page.locator("#text-en").fill(english)
    page.get_by_role("button", name="Ajouter au site").click()
    expect(page.locator("#news-message")).to_contain_text("gardée")


def save(page: Page, folder: Path, phrase: str) -> Path:
    folder.mkdir(exist_ok=True)
    page.get_by_label("Phrase de passe").fill(phrase)
    with page.expect_download() as got:
        page.get_by_role("button", name="Enregistrer le site").click()
    file = folder / got.value.suggested_filename
    got.value.save_as(file)
    page.context.close()
    return file


def read(page: Page, address: str, file: Path) -> None:
    page.goto(address)
    page.get_by_label("Le ZIP enregistré").set_input_files(file)
    page.get_by_role("button", name="Lire le fichier").click()


def sound(page: Page, width: int = 360) -> None:
    for size in (width, 1280):
        page.set_viewport_size({"width": size, "height": 800})
        settle(page)
        assert page_faults(page) == []


@pytest.mark.requirement("R79")
def test_two_sticks_and_the_platform_wrote_and_all_is_taken_back(
    served: SeededHome, chromium: Browser, tmp_path: Path
):
    editor = served.home.parent / EDITOR
    first = borrowed(chromium, editor)
    announce(first, "Arrêté", "Fermée à trois heures.", "Closed at three.")
    announce(first, "Fonctionne autrement", "Pique-nique à six heures.", "Picnic at six.")
    signed = save(first, tmp_path / "one", PASSPHRASE)
    second = borrowed(chromium, editor)
    announce(second, "Fonctionne", "Ouverte, dit l'autre clé.")
    unsigned = save(second, tmp_path / "two", "")

    context: BrowserContext = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    context.add_cookies(served.badges["mayor"])
    page = context.new_page()
    room = f"{served.url}/t/saint-aubin/continuite/page-des-habitants/"
    read(page, f"{room}reprendre/", signed)
    main = page.locator("main")
    for words in (
        "2 nouvelles annonces, 1 déjà là",
        "Signature vérifiée",
        "Closed at three.",
        "Picnic at six.",
        "repas froids",
    ):
        expect(main).to_contain_text(words)
    sound(page)
    page.get_by_role("button", name="Reprendre ces annonces").click()
    expect(main).to_contain_text("2 annonces reprises")
    read(page, f"{room}reprendre/", unsigned)
    expect(main).to_contain_text("Sans signature")
    page.get_by_role("button", name="Reprendre ces annonces").click()
    expect(main).to_contain_text("Cochez la case")
    sound(page)
    page.get_by_label("Je sais qui a écrit ce fichier").check()
    page.get_by_role("button", name="Reprendre ces annonces").click()
    expect(main).to_contain_text("1 annonce reprise")
    expect(page.get_by_role("button", name="Publier")).to_have_count(0)

    page.get_by_role("link", name="Choisir").click()
    expect(page.get_by_role("button", name="Garder celle-ci")).to_have_count(3)
    page.set_viewport_size({"width": 360, "height": 800})
    for n in range(3):  # one below the other, none off to the side
        box = page.get_by_role("button", name="Garder celle-ci").nth(n).bounding_box()
        assert box is not None and box["x"] + box["width"] <= 360
    sound(page)
    page.get_by_role("button", name="Garder celle-ci").last.focus()
    page.keyboard.press("Enter")
    expect(main).to_contain_text("C'est choisi")
    page.get_by_role("button", name="Publier").click()
    page.goto(room)
    expect(main).to_contain_text("Publication 2")
    page.goto(f"{room}publications/")
    expect(main).to_contain_text("signature vérifiée")
    expect(main).to_contain_text("sans signature")
    sound(page)
    page.get_by_role("link", name="2 annonces nouvelles").click()
    expect(main).to_contain_text("Picnic at six.")
    sound(page)
    context.close()
