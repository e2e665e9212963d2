"""The paths that people walk: hand a file over, add next month's, undo; decide by keyboard; verify; the citizen's door."""

from typing import Any

from playwright.sync_api import expect

from browser import PATIENCE, says


def hand_over(page: Any, file: Any) -> None:
    """From the upload page to the dataset, with what the page proposes."""
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Déposer et lire").click()
    page.get_by_role("button", name="Verser", exact=True).click(timeout=PATIENCE)
    page.wait_for_url("**/donnees/jeux/**", timeout=PATIENCE)


def test_a_file_is_handed_over_next_month_joins_it_and_the_delivery_is_undone(inside: Any, export: Any):
    page = inside("donnees/deposer/").page
    hand_over(page, export("2026-09"))
    says(page, "12 lignes", "Médiathèque Élise")

    page.get_by_role("link", name="Déposer le fichier suivant").click()
    hand_over(page, export("2026-10"))
    says(page, "24 lignes")

    page.get_by_role("button", name="Annuler la livraison n° 2").click()
    expect(page.locator("main")).to_contain_text("La livraison n° 2 est annulée")
    page.get_by_role("link", name="Revenir au jeu").click()
    expect(page.locator("main")).to_contain_text("12 lignes")


def test_a_file_is_handed_over_without_javascript(inside: Any, export: Any):
    page = inside("donnees/deposer/", script=False).page
    page.set_input_files("input[type=file]", export("2025-03", rows=7))
    page.get_by_role("button", name="Déposer et lire").click()
    _reload_until(page, "button:has-text('Verser')")
    page.get_by_role("button", name="Verser", exact=True).click()
    _reload_until(page, "h1:text-is('Prêts médiathèque')")
    says(page, "7 lignes")


def _reload_until(page: Any, selector: str) -> None:
    for _ in range(120):
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"never there: {selector}\n{page.inner_text('main')}")


def test_a_file_that_is_no_table_is_refused_with_advice_and_kept_from_the_data(inside: Any, tmp_path: Any):
    photo = tmp_path / "photo.csv"
    photo.write_bytes(bytes(range(256)) * 40)
    page = inside("donnees/deposer/").page
    page.set_input_files("input[type=file]", photo)
    page.get_by_role("button", name="Déposer et lire").click()
    expect(page.locator("main")).to_contain_text("photo.csv", timeout=60_000)
    expect(page.locator("main")).to_contain_text("n'a pas pu être lu", timeout=60_000)
    says(page, "exportez-le en CSV, ODS ou XLSX")
    expect(page.get_by_role("button", name="Verser", exact=True)).to_have_count(0)


def test_a_proposal_is_decided_with_the_keyboard_alone(inside: Any):
    page = inside("decisions/").page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ce qui est proposé")).to_be_visible()
    subject = page.get_by_role("heading", level=1).inner_text()
    page.keyboard.press("a")
    page.keyboard.press("Space")
    expect(page.locator("input[name=verdict]:checked")).to_have_attribute("value", "accept")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    page.keyboard.type("Effectifs confirmés par les écoles")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    history = inside("decisions/historique/").page.inner_text("main")
    assert subject in history
    assert "Effectifs confirmés par les écoles" in history


def test_a_decision_without_a_reason_is_refused_and_nothing_is_chosen_beforehand(inside: Any):
    page = inside("decisions/toutes/").page
    page.locator("main h2 a").first.click()
    expect(page.locator("input[name=verdict][value=accept]")).to_be_visible()
    page.wait_for_load_state()
    expect(page.locator("input[name=verdict]:checked")).to_have_count(0)
    page.locator("input[name=verdict][value=accept]").check()
    page.get_by_role("button", name="Enregistrer ma décision").click()
    page.wait_for_url("**/decider/")
    expect(page.locator("main")).to_contain_text("motif", ignore_case=True)


def test_the_ledger_is_verified_by_a_button_and_each_line_proves_itself(inside: Any):
    page = inside("registre/").page
    page.get_by_role("button", name="Vérifier le registre").click()
    expect(page.locator("main")).to_contain_text("aucune n'a été changée")
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="Preuve que la ligne est dans le registre")).to_be_visible()


def test_a_citizen_finds_the_data_the_ai_and_a_human_without_an_account(served: Any, visit: Any):
    page = visit(served.url).page
    page.get_by_role("link", name="Valbruyère").click()
    says(page, "Une question ? Parler à un humain", where="body")
    page.get_by_role("link", name="Repas de cantine").click()
    says(page, "Ce qu'il vaut", "Contester")
    page.wait_for_load_state()
    assert "Lou Superviseur" not in page.inner_text("main")
    page = visit(served.public("donnees/")).page
    page.get_by_role("link", name="Fréquentation cantines").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger").click()
    body = download.value.path().read_text("utf-8-sig")
    assert "simul" in (download.value.suggested_filename + body[:2000]).lower()
    assert body.count("\n") > 10_000


def test_personal_data_are_never_on_the_public_site(served: Any, visit: Any):
    page = visit(served.public("donnees/")).page
    says(page, "Fréquentation cantines")
    expect(page.get_by_role("link", name="Liste des élèves")).to_have_count(0)
    answer = page.request.get(served.public("donnees/liste-des-eleves/"))
    assert answer.status == 404
    # The one directory that a text opens says why, and gives neither telephone nor address.
    page.get_by_role("link", name="Associations").click()
    says(page, "un texte le permet")
    assert "@" not in page.locator("main table").inner_text()


def test_a_link_lets_in_once(served: Any, visit: Any):
    link = served.link_for("agent@demonstration.example")
    first = visit(link).page
    first.get_by_role("button", name="Entrer").click()
    first.wait_for_url(served.at())
    says(first, "À valider", where="nav")
    assert "Hébergement" not in first.inner_text("header")
    second = visit(link).page
    expect(second.get_by_role("heading", level=1)).to_have_text("Ce lien ne sert plus")


def test_the_theme_is_remembered(inside: Any):
    page = inside().page
    page.locator("[data-theme-toggle]").click()
    chosen = page.evaluate("document.documentElement.dataset.theme")
    page.reload()
    assert chosen
    assert page.evaluate("document.documentElement.dataset.theme") == chosen
