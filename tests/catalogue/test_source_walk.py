"""The wizard, the record and the late list in the real browser, on a served instance, with a real folder and a real server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from real_instance import Instance, link_of, served
from source_helpers import FEBRUARY, JANUARY, Site, put
from source_helpers import served as site_served

from browser import ALL_SCREENS, examine, page_faults, says, screenshot
from support.load import come_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("sources")]
WAIT = 60_000
LATE = """
from datetime import timedelta
from django.utils import timezone
from beffroi.lake.sources import Secret
from beffroi.web.catalogue.sources.promises import Promise
from beffroi.web.catalogue.sources.fetch_schedules import Schedule
person = Person.objects.get()
clause = source_registry.Clause("delegatee", "Eaux du Val", "donnees@eaux-du-val.example", "DSP eau 2024-03", "article 31")
promise = Promise("quarter", 1, 10, first=timezone.localdate() - timedelta(days=120))
settings = source_registry.Settings("Factures d'eau", None, "Factures d'eau", "append", Schedule(), person, promise, clause)
source_registry.add(town, person, {}, Secret(), settings)
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with site_served() as site:
        site.files["/collectes.csv"] = (
            "Tournée;Jour;Tonnes\nNord;05/01/2026;3,4\nSud;05/01/2026;2,9\nNord;12/01/2026;3,1\n".encode()
        )
        yield site


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("partage") / "depots"
    put(folder, "cantines_janvier.csv", JANUARY)
    return folder


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, site: Site, folder: Path) -> Iterator[Instance]:
    home = tmp_path_factory.mktemp("sources")
    more = {
        "BEFFROI_ALLOWED_HOSTS_OUT": f"127.0.0.1:{site.port}",
        "BEFFROI_SOURCE_FOLDERS": f"valbruyere={folder}",
    }
    with served(home, **more) as instance:
        yield instance


@pytest.fixture(scope="module")
def badge(instance: Instance) -> list[Any]:
    """The session cookies of the data officer."""
    return come_in(link_of(instance)).for_browser()


class Wizard:
    """One walk: each screen is answered, looked at, and left by its button. Without script, axe has nothing to run in."""

    def __init__(self, page: Page, name: str = "") -> None:
        self.page, self.name = page, name
        self.wrong: list[str] = []
        self.shots = 0

    def next(self, button: str = "Continuer") -> None:
        if self.name:
            self.shots += 1
            screenshot(self.page, f"source-{self.name}-{self.shots:02d}")
            self.wrong += [f"{self.page.url}: {fault}" for fault in page_faults(self.page)]
        named = self.page.get_by_role("button", name=button, exact=True)
        with self.page.expect_navigation():
            named.or_(self.page.get_by_role("link", name=button, exact=True)).first.click()


@pytest.mark.long
def test_a_folder_is_added_without_javascript_and_read(
    visit: Any, instance: Instance, badge: list[Any], folder: Path
):
    page = visit(f"{instance.url}/t/valbruyere/donnees/", script=False, cookies=badge, width=320).page
    page.get_by_role("link", name="Sources", exact=True).click()
    page.get_by_role("link", name="Ajouter une première source").click()
    walk = Wizard(page)
    page.get_by_label("Un dossier partagé de cette machine").check()
    walk.next()
    says(page, str(folder))
    page.get_by_label("Dossier ou fichier").fill(str(folder))
    walk.next()
    walk.next("Essayer")
    says(page, "L'essai est réussi")
    walk.next()
    page.get_by_label("Tous les fichiers").check()
    walk.next()
    page.get_by_label("Titre du nouveau jeu").fill("Repas servis")
    walk.next()
    page.get_by_label("Ajouter : chaque arrivée").check()
    walk.next()
    page.get_by_label("Relever").select_option(label="Toutes les heures")
    walk.next()
    walk.next()  # the owner proposed is whoever adds
    page.get_by_label("Du nouveau").select_option(label="Chaque mois")
    walk.next()
    # Back twice: what was said is still there.
    page.get_by_role("link", name="Précédent").click()
    expect(page.get_by_label("Du nouveau")).to_have_value("month-1")
    page.get_by_role("link", name="Précédent").click()
    page.get_by_role("link", name="Précédent").click()
    expect(page.get_by_label("Relever")).to_have_value("hour-1")
    for _ in range(4):
        walk.next()
    text = page.inner_text("main")
    for words in ("Repas servis", "Toutes les heures", "Chaque mois", "Dominique Données"):
        assert words in text
    page.get_by_label("Nom de la source").fill("Exports de la cantine")
    walk.next("Créer la source")
    expect(page.locator("h1")).to_have_text("Exports de la cantine", use_inner_text=True)
    with page.expect_navigation():
        page.get_by_role("button", name="Relever maintenant").click()
    for _ in range(120):
        page.goto(f"{instance.url}/t/valbruyere/donnees/sources/")
        if "en service" in page.inner_text("main") and "jamais" not in page.inner_text("main"):
            break
        page.wait_for_timeout(500)
    page.get_by_role("link", name="Exports de la cantine").click()
    says(page, "versé")
    page.get_by_role("link", name="Repas servis").first.click()
    says(page, "4 lignes")
    says(page, "à jour", where="aside.aside")


@pytest.mark.long
def test_a_server_that_fails_is_reported_then_corrected_and_the_new_file_of_the_folder_follows(
    visit: Any, instance: Instance, badge: list[Any], site: Site, folder: Path
):
    opened = visit(
        f"{instance.url}/t/valbruyere/donnees/sources/ajouter/", cookies=badge, dark=True, width=320
    )
    page, walk = opened.page, Wizard(opened.page, "serveur")
    page.get_by_label("Un fichier à une adresse web").check()
    walk.next()
    page.get_by_label("Adresse").fill(site.url("/absent.csv"))
    walk.next()
    page.get_by_label("Jeton").fill("jeton-du-logiciel")
    walk.next()
    walk.next("Essayer")
    says(page, "L'essai n'a pas abouti")
    walk.next("Précédent")
    walk.next("Précédent")
    expect(page.get_by_label("Adresse")).to_have_value(site.url("/absent.csv"))
    page.get_by_label("Adresse").fill(site.url("/collectes.csv"))
    walk.next()
    says(page, "Déjà donné")
    walk.next()
    walk.next("Essayer")
    assert "jeton-du-logiciel" in site.requests[-1][1]
    for _ in range(3):  # what answered, the only file there, the title proposed
        walk.next()
    page.get_by_label("Tout remplacer").check()
    for _ in range(5):
        walk.next()
    says(page, "secret chiffré")
    assert "jeton-du-logiciel" not in page.content()
    walk.next("Créer la source")
    says(page, "est créée")
    assert walk.wrong == []
    assert [
        complaint for complaint in opened.complaints if "422" not in complaint
    ] == []  # the test that failed answers so
    put(folder, "cantines_fevrier.csv", FEBRUARY)
    page.goto(f"{instance.url}/t/valbruyere/donnees/sources/")
    page.get_by_role("link", name="Exports de la cantine").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Relever maintenant").click()
    for _ in range(120):
        page.goto(f"{instance.url}/t/valbruyere/donnees/jeux/repas-servis/")
        if "7 lignes" in page.inner_text("main").replace("\u00a0", " "):
            break
        page.wait_for_timeout(500)
    says(page, "7 lignes")


@pytest.mark.long
def test_every_page_of_the_sources_reads_well_wide_and_narrow_in_both_lights(
    visit: Any, instance: Instance, badge: list[Any]
):
    instance.do(LATE)
    root = f"{instance.url}/t/valbruyere/donnees/sources/"
    late = visit(f"{root}retards/", cookies=badge)
    says(late.page, "Eaux du Val", "120 jours")
    late.page.get_by_role("link", name="Factures d'eau").click()
    expect(late.page.locator("h1")).to_have_text("Factures d'eau")
    owed = late.page.url
    pages = {
        "liste": root,
        "retards": f"{root}retards/",
        "fiche": f"{root}1/",
        "due": owed,
        "modifier": f"{root}1/modifier/",
        "secret": f"{root}2/secret/",
        "supprimer": f"{root}1/supprimer/",
        "deposer": f"{owed}deposer/",
        "accueil": f"{instance.url}/t/valbruyere/",
        "jeu": f"{instance.url}/t/valbruyere/donnees/jeux/repas-servis/",
    }
    wrong = [
        fault
        for name, address in pages.items()
        for fault in examine(visit, address, f"source-{name}", cookies=badge, everywhere=ALL_SCREENS)
    ]
    assert wrong == []
